import lightgbm as lgb
import numpy as np
import xgboost as xgb
from sklearn.datasets import fetch_california_housing
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import train_test_split

data = fetch_california_housing()
X_temp, X_test, y_temp, y_test = train_test_split(data.data, data.target, test_size=0.2, random_state=7)
X_train, X_valid, y_train, y_valid = train_test_split(X_temp, y_temp, test_size=0.25, random_state=7)

model = xgb.XGBRegressor(
    n_estimators=2000, learning_rate=0.05, max_depth=6, subsample=0.8, colsample_bytree=0.8,
    objective="reg:squarederror", eval_metric="rmse", early_stopping_rounds=50, random_state=7,
)
model.fit(X_train, y_train, eval_set=[(X_train, y_train), (X_valid, y_valid)], verbose=100)
print("best iteration", model.best_iteration)
pred = model.predict(X_test)
print("XGBoost RMSE", np.sqrt(mean_squared_error(y_test, pred)), "R2", r2_score(y_test, pred))

dtrain = lgb.Dataset(X_train, label=y_train)
dvalid = lgb.Dataset(X_valid, label=y_valid, reference=dtrain)
params = {"objective": "regression", "metric": "rmse", "learning_rate": 0.05, "num_leaves": 31, "seed": 7, "verbosity": -1}
booster = lgb.train(
    params, dtrain, num_boost_round=2000, valid_sets=[dtrain, dvalid], valid_names=["train", "valid"],
    callbacks=[lgb.early_stopping(50), lgb.log_evaluation(100)],
)
pred = booster.predict(X_test, num_iteration=booster.best_iteration)
print("LightGBM RMSE", np.sqrt(mean_squared_error(y_test, pred)))
