"""The digits network in JAX: one step compiled and called from a Python loop, or an epoch compiled whole by `scan`."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from contest.contender import Stopwatch, serve, settings

given = settings()
data = np.load(given["data"])
x, y = data["x"], data["y"].astype(np.int32)
held_x, held_y = data["held_x"], data["held_y"]
batch, dropout, whole = given["batch"], given["dropout"], given.get("scan", False)
seed = 0
Tree = dict[str, Any]


def begin(key: jax.Array) -> Tree:
    """Weights as PyTorch draws them, so that all contenders begin alike."""
    made = {}
    for name, inputs, outputs in (("1", 784, 128), ("2", 128, 10)):
        key, one, other = jax.random.split(key, 3)
        edge = inputs**-0.5
        made[f"W{name}"] = jax.random.uniform(one, (inputs, outputs), minval=-edge, maxval=edge)
        made[f"b{name}"] = jax.random.uniform(other, (outputs,), minval=-edge, maxval=edge)
    zeros = {name: jnp.zeros_like(weight) for name, weight in made.items()}
    # buffers of their own, to be donated
    again = {name: jnp.zeros_like(weight) for name, weight in made.items()}
    return {"weights": made, "m": zeros, "v": again, "t": jnp.zeros((), jnp.int32)}


def scores(weights: Tree, x: jax.Array, kept: Any) -> jax.Array:
    h = jnp.maximum(x @ weights["W1"] + weights["b1"], 0) * kept
    return h @ weights["W2"] + weights["b2"]


def loss_of(weights: Tree, x: jax.Array, y: jax.Array, key: jax.Array) -> jax.Array:
    kept = jax.random.bernoulli(key, 1 - dropout, (len(y), 128)) / (1 - dropout)
    shares = jax.nn.log_softmax(scores(weights, x, kept))
    return -shares[jnp.arange(len(y)), y].mean()


def step(state: Tree, x: jax.Array, y: jax.Array, key: jax.Array) -> tuple[Tree, jax.Array]:
    """One step of Adam."""
    t = state["t"] + 1
    loss, slope = jax.value_and_grad(loss_of)(state["weights"], x, y, jax.random.fold_in(key, t))
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state["m"], slope)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, state["v"], slope)
    a, b = 1 - 0.9**t, 1 - 0.999**t
    weights = jax.tree.map(
        lambda w, m, v: w - 1e-3 * (m / a) / (jnp.sqrt(v / b) + 1e-8), state["weights"], m, v
    )
    return {"weights": weights, "m": m, "v": v, "t": t}, loss


one_step = jax.jit(step, donate_argnums=0)


@partial(jax.jit, donate_argnums=0)
def epoch(
    state: Tree, x: jax.Array, y: jax.Array, order: jax.Array, key: jax.Array
) -> tuple[Tree, jax.Array]:
    """All whole batches of one order, without coming back to Python."""

    def on(state: Tree, rows: jax.Array) -> tuple[Tree, jax.Array]:
        return step(state, x[rows], y[rows], key)

    state, losses = jax.lax.scan(on, state, order)
    return state, losses[-1]


def run() -> dict[str, float]:
    """Train anew, with another seed each round."""
    global seed
    rng, key = np.random.default_rng(seed), jax.random.key(seed)
    seed += 1
    state = begin(key)
    on_device = jnp.asarray(x), jnp.asarray(y)
    jax.block_until_ready((state, on_device))
    watch = Stopwatch()
    for _ in range(given["epochs"]):
        order = rng.permutation(len(y))
        ends = len(y) - len(y) % batch if whole else 0
        if whole:
            state, loss = epoch(state, *on_device, order[:ends].reshape(-1, batch), key)
        for start in range(ends, len(y), batch):
            rows = order[start : start + batch]
            state, loss = one_step(state, x[rows], y[rows], key)
    jax.block_until_ready(state)
    taken = watch.stop()
    right = np.asarray(scores(state["weights"], held_x, 1.0).argmax(1)) == held_y
    return {**taken, "loss": float(loss), "accuracy": float(np.mean(right))}


serve({"versions": f"JAX {jax.__version__}"}, run)
