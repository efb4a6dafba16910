import keras
from keras import layers
from keras.utils import pad_sequences

keras.utils.set_random_seed(5)
(x_train, y_train), (x_test, y_test) = keras.datasets.imdb.load_data(num_words=10000)
x_train = pad_sequences(x_train, maxlen=200)
x_test = pad_sequences(x_test, maxlen=200)
x_val, y_val = x_train[:5000], y_train[:5000]
x_part, y_part = x_train[5000:], y_train[5000:]

model = keras.Sequential()
model.add(layers.Embedding(10000, 32))
model.add(layers.Bidirectional(layers.LSTM(32)))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
checkpoint = keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True)
model.fit(x_part, y_part, epochs=4, validation_data=(x_val, y_val), callbacks=[checkpoint])
best = keras.models.load_model("best.keras")
print(best.evaluate(x_test, y_test))
