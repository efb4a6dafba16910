import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

df = pd.read_csv("temperature.csv", parse_dates=["date"]).sort_values("date")
values = df["t"].to_numpy()
back = 14
X = np.stack([values[i : i + back] for i in range(len(values) - back)])
y = values[back:]
cv = TimeSeriesSplit(n_splits=5)
print(-cross_val_score(Ridge(), X, y, cv=cv, scoring="neg_mean_absolute_error").mean())
