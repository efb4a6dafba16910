import pandas as pd
import xgboost as xgb
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

df = pd.read_csv("clicks.csv")
features = [c for c in df.columns if c != "clicked"]
Xtrain, Xtest, ytrain, ytest = train_test_split(df[features], df["clicked"], test_size=0.2, random_state=0)

booster = xgb.XGBClassifier(n_estimators=2000, learning_rate=0.05, early_stopping_rounds=50, random_state=0)
booster.fit(Xtrain, ytrain, eval_set=[(Xtest, ytest)], verbose=False)
print("log loss", log_loss(ytest, booster.predict_proba(Xtest)[:, 1]))
