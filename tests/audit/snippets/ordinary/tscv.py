"""Time-related feature engineering: forecasting bike demand."""
import numpy as np
import pandas as pd
from sklearn.datasets import fetch_openml
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder
from sklearn.model_selection import TimeSeriesSplit, cross_validate

df = fetch_openml("Bike_Sharing_Demand", version=2, as_frame=True).frame
y = df["count"] / df["count"].max()
X = df.drop("count", axis="columns")
X["weather"] = X["weather"].astype(object).replace(to_replace="heavy_rain", value="rain").astype("category")

ts_cv = TimeSeriesSplit(n_splits=5, gap=48, max_train_size=10000, test_size=1000)
all_splits = list(ts_cv.split(X, y))
train_0, test_0 = all_splits[0]
print(X.iloc[test_0].head())

gbrt = HistGradientBoostingRegressor(categorical_features="from_dtype", random_state=42)


def evaluate(model, X, y, cv):
    cv_results = cross_validate(
        model, X, y, cv=cv, scoring=["neg_mean_absolute_error", "neg_root_mean_squared_error"]
    )
    mae = -cv_results["test_neg_mean_absolute_error"]
    rmse = -cv_results["test_neg_root_mean_squared_error"]
    print(f"MAE {mae.mean():.3f} +/- {mae.std():.3f}; RMSE {rmse.mean():.3f} +/- {rmse.std():.3f}")


evaluate(gbrt, X, y, cv=ts_cv)


def sin_transformer(period):
    return FunctionTransformer(lambda x: np.sin(x / period * 2 * np.pi))


def cos_transformer(period):
    return FunctionTransformer(lambda x: np.cos(x / period * 2 * np.pi))


cyclic = ColumnTransformer(
    transformers=[
        ("categorical", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["weather", "season"]),
        ("hour_sin", sin_transformer(24), ["hour"]),
        ("hour_cos", cos_transformer(24), ["hour"]),
        ("month_sin", sin_transformer(12), ["month"]),
        ("month_cos", cos_transformer(12), ["month"]),
    ],
    remainder=MinMaxScaler(),
)
linear = make_pipeline(cyclic, RidgeCV(alphas=np.logspace(-6, 6, 25)))
evaluate(linear, X, y, cv=ts_cv)
