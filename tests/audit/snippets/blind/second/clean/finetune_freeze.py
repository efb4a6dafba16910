import keras
import tensorflow_datasets as tfds
from keras import layers

keras.utils.set_random_seed(1)
train, val, test = tfds.load("cats_vs_dogs", split=["train[:40%]", "train[40%:50%]", "train[50%:60%]"],
                             as_supervised=True)
resize = layers.Resizing(150, 150)
train, val, test = (d.map(lambda x, y: (resize(x), y)).batch(64) for d in (train, val, test))
base = keras.applications.Xception(weights="imagenet", input_shape=(150, 150, 3), include_top=False)
base.trainable = False
inputs = keras.Input((150, 150, 3))
x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
x = base(x, training=False)
x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
model = keras.Model(inputs, layers.Dense(1)(x))
model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True), metrics=[keras.metrics.BinaryAccuracy()])
model.fit(train, epochs=2, validation_data=val)
model.evaluate(test)
