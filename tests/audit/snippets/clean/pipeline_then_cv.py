import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True)
pipe = make_pipeline(
    SimpleImputer(), StandardScaler(), SelectKBest(k=12), LogisticRegression(max_iter=1000)
)
print("five folds:", np.mean(cross_val_score(pipe, X, y, cv=5)))

X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
search = GridSearchCV(pipe, {"logisticregression__C": [0.01, 0.1, 1, 10]}, cv=5)
search.fit(X_train, y_train)
print(search.best_params_, search.best_score_)
print("held out:", search.score(X_test, y_test))
