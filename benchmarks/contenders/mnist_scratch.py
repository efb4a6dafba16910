"""The digits network of `jinjie.scratch`, clear or fast."""

import numpy as np
from contest.contender import Stopwatch, serve, settings

from jinjie.scratch.networks import mlp
from jinjie.scratch.networks.mlp_fast import FastTraining

given = settings()
data = np.load(given["data"])
x, y, held_x, held_y = data["x"], data["y"], data["held_x"].astype(np.float64), data["held_y"]
batch, epochs, p, fast = given["batch"], given["epochs"], given["dropout"], given["fast"]
seed = 0
if not fast:
    x = x.astype(np.float64)


def run() -> dict[str, float]:
    """Train anew, with another seed each round."""
    global seed
    rng = np.random.default_rng(seed)
    seed += 1
    network = mlp.new_network(rng)
    watch = Stopwatch()
    if fast:
        training = FastTraining(network, batch=batch, p=p)
        for _ in range(epochs):
            loss = training.epoch(x, y, rng)
        taken = watch.stop()
        network = training.network()
    else:
        state = mlp.new_training(network)
        for _ in range(epochs):
            state, loss = mlp.train_epoch(state, x, y, rng, batch=batch, p=p)
        taken = watch.stop()
        network = state.network
    return {**taken, "loss": loss, "accuracy": mlp.accuracy(held_x, held_y, network)}


serve({"versions": f"NumPy {np.__version__}"}, run)
