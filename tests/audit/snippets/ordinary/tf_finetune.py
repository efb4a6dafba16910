"""Transfer learning and fine-tuning with MobileNetV2."""
import tensorflow as tf

tf.keras.utils.set_random_seed(1)
IMG_SIZE = (160, 160)
AUTOTUNE = tf.data.AUTOTUNE
train_ds = tf.keras.utils.image_dataset_from_directory("data/train", shuffle=True, batch_size=32, image_size=IMG_SIZE)
val_ds = tf.keras.utils.image_dataset_from_directory("data/validation", shuffle=False, batch_size=32, image_size=IMG_SIZE)
test_ds = tf.keras.utils.image_dataset_from_directory("data/test", shuffle=False, batch_size=32, image_size=IMG_SIZE)
train_ds = train_ds.prefetch(AUTOTUNE)
val_ds = val_ds.prefetch(AUTOTUNE)
test_ds = test_ds.prefetch(AUTOTUNE)

data_augmentation = tf.keras.Sequential([
    tf.keras.layers.RandomFlip("horizontal"),
    tf.keras.layers.RandomRotation(0.2),
])
preprocess_input = tf.keras.applications.mobilenet_v2.preprocess_input
base_model = tf.keras.applications.MobileNetV2(input_shape=IMG_SIZE + (3,), include_top=False, weights="imagenet")
base_model.trainable = False

inputs = tf.keras.Input(shape=IMG_SIZE + (3,))
x = data_augmentation(inputs)
x = preprocess_input(x)
x = base_model(x, training=False)
x = tf.keras.layers.GlobalAveragePooling2D()(x)
x = tf.keras.layers.Dropout(0.2)(x)
outputs = tf.keras.layers.Dense(1, activation="sigmoid")(x)
model = tf.keras.Model(inputs, outputs)

base_lr = 1e-4
model.compile(
    optimizer=tf.keras.optimizers.Adam(learning_rate=base_lr),
    loss=tf.keras.losses.BinaryCrossentropy(),
    metrics=[tf.keras.metrics.BinaryAccuracy(threshold=0.5, name="accuracy")],
)
history = model.fit(train_ds, epochs=10, validation_data=val_ds)

# Fine-tuning: unfreeze the top layers, compile again with a much lower learning rate
base_model.trainable = True
for layer in base_model.layers[:100]:
    layer.trainable = False
model.compile(
    optimizer=tf.keras.optimizers.RMSprop(learning_rate=base_lr / 10),
    loss=tf.keras.losses.BinaryCrossentropy(),
    metrics=[tf.keras.metrics.BinaryAccuracy(threshold=0.5, name="accuracy")],
)
callbacks = [
    tf.keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True),
    tf.keras.callbacks.ModelCheckpoint("best.keras", monitor="val_accuracy", save_best_only=True),
    tf.keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.2, patience=2),
]
model.fit(train_ds, epochs=20, initial_epoch=history.epoch[-1] + 1, validation_data=val_ds, callbacks=callbacks)
loss, accuracy = model.evaluate(test_ds)
print("Test accuracy :", accuracy)
