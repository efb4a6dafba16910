import jax
import jax.numpy as jnp
import optax
from jax import random

key = random.PRNGKey(0)
x = random.normal(key, (200, 3))
y = (x @ jnp.array([1.0, -2.0, 0.5]) > 0).astype(jnp.int32)
params = {"w": jnp.zeros((3, 2)), "b": jnp.zeros(2)}
optimizer = optax.adam(0.1)
state = optimizer.init(params)


def loss_fn(p):
    logits = x @ p["w"] + p["b"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


for step in range(100):
    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, state = optimizer.update(grads, state)
    params = optax.apply_updates(params, updates)
print(loss, jax.nn.softmax(x[:2] @ params["w"]))
