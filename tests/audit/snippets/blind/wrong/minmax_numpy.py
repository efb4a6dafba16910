import numpy as np
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
from tensorflow import keras

keras.utils.set_random_seed(3)
series = pd.read_csv("airline.csv", usecols=[1]).values.astype("float32")

scaler = MinMaxScaler(feature_range=(0, 1))
series = scaler.fit_transform(series)

size = int(len(series) * 0.67)
train, test = series[:size], series[size:]


def windows(a, back=3):
    x = np.stack([a[i:i + back] for i in range(len(a) - back)])
    return x, a[back:]


x_train, y_train = windows(train)
x_test, y_test = windows(test)
model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(8), keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="adam")
model.fit(x_train, y_train, epochs=50, batch_size=1, verbose=0)
print(model.evaluate(x_test, y_test))
