"""用过去 24 小时的负荷预测下一小时。"""
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score

load = pd.read_csv("load.csv", parse_dates=["time"], index_col="time")["mw"]
hours = 24
X = np.stack([load.values[i : i + hours] for i in range(len(load) - hours)])
y = load.values[hours:]

cv = KFold(n_splits=5, shuffle=True, random_state=0)
scores = cross_val_score(Ridge(alpha=1.0), X, y, cv=cv, scoring="neg_mean_absolute_error")
print("MAE:", -scores.mean())
