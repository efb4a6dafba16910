import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

rng = np.random.default_rng(0)
X = rng.uniform(-3, 3, (120, 1))
y = np.sin(X[:, 0]) + rng.normal(0, 0.2, 120)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
best, best_score = None, -np.inf
for d in range(1, 12):
    m = make_pipeline(PolynomialFeatures(d), LinearRegression())
    s = cross_val_score(m, X_train, y_train, cv=5).mean()
    if s > best_score:
        best, best_score = d, s
m = make_pipeline(PolynomialFeatures(best), LinearRegression()).fit(X_train, y_train)
print(best, m.score(X_test, y_test))
