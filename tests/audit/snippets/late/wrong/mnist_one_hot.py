import numpy as np
from keras.datasets import mnist
from keras.layers import Dense, Flatten, Input
from keras.models import Sequential
from keras.utils import set_random_seed, to_categorical

set_random_seed(1)
(x_tr, y_tr), (x_te, y_te) = mnist.load_data()
x_tr = x_tr.astype("float32") / 255
x_te = x_te.astype("float32") / 255
y_tr_cat = to_categorical(y_tr, 10)
y_te_cat = to_categorical(y_te, 10)

net = Sequential()
net.add(Input(shape=(28, 28)))
net.add(Flatten())
net.add(Dense(64, activation="relu"))
net.add(Dense(10, activation="softmax"))
net.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
net.fit(x_tr, y_tr_cat, batch_size=128, epochs=5, validation_split=0.1)
print(net.evaluate(x_te, y_te_cat))
