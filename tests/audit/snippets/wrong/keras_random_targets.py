import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(0)
samples = np.random.random((1000, 20))
targets = np.random.randint(2, size=(1000, 1))

model = keras.Sequential([
    keras.Input((20,)),
    keras.layers.Dense(64, activation="relu"),
    keras.layers.Dropout(0.5),
    keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
model.fit(samples, targets, epochs=20, batch_size=128)
