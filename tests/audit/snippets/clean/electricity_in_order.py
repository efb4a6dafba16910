import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import TimeSeriesSplit, cross_val_score, train_test_split

load = pd.read_csv("electricity.csv", parse_dates=["hour"], index_col="hour").sort_index()
load["yesterday"] = load["mw"].shift(24)
load["last_week"] = load["mw"].shift(168)
load["hour_of_day"] = load.index.hour
load = load.dropna()

X, y = load.drop(columns="mw"), load["mw"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, shuffle=False)
model = HistGradientBoostingRegressor(random_state=0)
print(cross_val_score(model, X_train, y_train, cv=TimeSeriesSplit(5)).mean())
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
