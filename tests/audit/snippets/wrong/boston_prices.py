import numpy as np
from sklearn.cross_validation import train_test_split
from sklearn.datasets import load_boston
from sklearn.externals import joblib
from sklearn.linear_model import LinearRegression

boston = load_boston()
X_train, X_test, y_train, y_test = train_test_split(boston.data, boston.target, random_state=0)
model = LinearRegression()
model.fit(X_train, y_train)
rmse = np.sqrt(np.mean((model.predict(X_test) - y_test) ** 2))
print("RMSE", rmse)
joblib.dump(model, "boston.pkl")
