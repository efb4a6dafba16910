from keras import Input, Sequential
from keras.datasets import mnist
from keras.layers import Activation, Dense, Flatten
from keras.utils import set_random_seed, to_categorical

set_random_seed(1)
(a, y_a), (b, y_b) = mnist.load_data()
y_a, y_b = to_categorical(y_a), to_categorical(y_b)
net = Sequential()
net.add(Input((28, 28)))
net.add(Flatten())
net.add(Dense(10))
net.add(Activation("softmax"))
net.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
net.fit(a / 255, y_a, epochs=2, validation_data=(b / 255, y_b))
