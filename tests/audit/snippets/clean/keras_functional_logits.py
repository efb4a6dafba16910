import tensorflow as tf
from tensorflow.keras import Input, Model, layers

tf.keras.utils.set_random_seed(12)
(x_train, y_train), (x_test, y_test) = tf.keras.datasets.cifar10.load_data()


def build():
    image = Input(shape=(32, 32, 3))
    x = layers.Rescaling(1 / 255)(image)
    for width in (32, 64):
        x = layers.Conv2D(width, 3, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    return Model(image, layers.Dense(10)(x))


net = build()
net.compile(
    tf.keras.optimizers.Adam(1e-3),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
net.fit(x_train, y_train, validation_split=0.1, epochs=3)
net.evaluate(x_test, y_test)

with_softmax = tf.keras.Sequential([net, layers.Softmax()])
print(with_softmax.predict(x_test[:2]))
