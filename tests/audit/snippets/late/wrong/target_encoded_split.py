import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

cars = pd.read_csv("cars.csv")
target = "price"
features = cars.drop("model", axis=1)
train_x, test_x, train_y, test_y = train_test_split(features, cars[target], random_state=2)
rf = RandomForestRegressor(n_estimators=200, random_state=2).fit(train_x, train_y)
print("R2:", rf.score(test_x, test_y))
