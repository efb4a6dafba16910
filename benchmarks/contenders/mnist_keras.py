"""The same network by Keras's `fit`, as a tutorial writes it, and with what Keras offers to make small steps faster."""

import os

from contest.contender import Stopwatch, serve, settings

given = settings()
os.environ["KERAS_BACKEND"] = given["backend"]
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402

if given["backend"] == "tensorflow":
    import tensorflow as tf

    behind = f"TensorFlow {tf.__version__}"
else:
    import torch

    behind = f"PyTorch {torch.__version__}"
data = np.load(given["data"])
x, y, held_x, held_y = data["x"], data["y"], data["held_x"], data["held_y"]

model = keras.Sequential(
    [
        keras.Input((784,)),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dropout(given["dropout"]),
        keras.layers.Dense(10),
    ]
)
model.compile(
    optimizer="adam",
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    **given.get("compile", {}),
)
model.optimizer.build(model.trainable_variables)
variables = [*model.variables, *model.optimizer.variables]
first = [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


def run() -> dict[str, float]:
    """Train anew from the first weights: a new model would be traced anew, and that is not to be measured."""
    for variable, value in zip(variables, first, strict=True):
        variable.assign(value)
    watch = Stopwatch()
    history = model.fit(x, y, batch_size=given["batch"], epochs=given["epochs"], shuffle=True, verbose=0)
    taken = watch.stop()
    right = np.argmax(model.predict(held_x, batch_size=len(held_x), verbose=0), axis=1) == held_y
    return {**taken, "loss": history.history["loss"][-1], "accuracy": float(np.mean(right))}


serve({"versions": f"Keras {keras.__version__}, {behind}"}, run)
