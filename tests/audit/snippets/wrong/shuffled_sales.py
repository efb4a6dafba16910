"""Forecast tomorrow's sales from the last week."""
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split

sales = pd.read_csv("sales.csv", parse_dates=["date"], index_col="date").sort_index()
for lag in range(1, 8):
    sales[f"lag_{lag}"] = sales["units"].shift(lag)
sales = sales.dropna()

features = sales.drop(columns="units")
train_x, test_x, train_y, test_y = train_test_split(
    features, sales["units"], test_size=0.2, random_state=0
)
ridge = Ridge().fit(train_x, train_y)
print("MAE:", mean_absolute_error(test_y, ridge.predict(test_x)))
