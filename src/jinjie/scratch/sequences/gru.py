"""The gated recurrent unit: an LSTM's gates without its separate memory; the state itself is kept or overwritten.

Sequences are (T, B, C): T steps, B sequences side by side, C channels. K is the number of units. The weights of reset
gate, update gate and candidate are stacked in PyTorch's order: W_x (3K, C), W_h (3K, K), b_x and b_h (3K,).
"""

import numpy as np

from jinjie.scratch import Array
from jinjie.scratch.networks.activations import sigmoid


def gru_gates(
    x: Array, h: Array, w_x: Array, w_h: Array, b_x: Array, b_h: Array
) -> tuple[Array, Array, Array, Array]:
    """Reset gate r, update gate z, candidate n, and the state's part in the candidate a, each (B, K).

    As PyTorch (and cuDNN) the reset gate acts after the weights, r ⊙ (W h); Cho et al. 2014 have W (r ⊙ h).

    Formula `gru-gates`: r, z = σ(W x + b + W_h h + b_h), each with weights of its own;
    a = W_hn h + b_hn;  n = tanh(W_xn x + b_xn + r ⊙ a)

    >>> w_x, w_h = np.array([[-4.0], [4.0], [1.0]]), np.array([[0.0], [0.0], [1.0]])
    >>> r, z, n, a = gru_gates(np.ones((1, 1)), 2 * np.ones((1, 1)), w_x, w_h, np.zeros(3), np.zeros(3))
    >>> np.hstack([r, z, n, a]).round(3)
    array([[0.018, 0.982, 0.776, 2.   ]])
    """
    x_r, x_z, x_n = np.split(x @ w_x.T + b_x, 3, axis=1)
    h_r, h_z, a = np.split(h @ w_h.T + b_h, 3, axis=1)
    r = sigmoid(x_r + h_r)
    z = sigmoid(x_z + h_z)
    n = np.tanh(x_n + r * a)
    return r, z, n, a


def gru_cell(x: Array, h: Array, w_x: Array, w_h: Array, b_x: Array, b_h: Array) -> Array:
    """One step (Cho et al. 2014, equations 5 to 8): from input (B, C) and state (B, K) the next state.

    What the update gate keeps it keeps as it is: a mean of old state and candidate, so it stays within [−1, 1].

    Formula `gru-cell`: h′ = (1 − z) ⊙ n + z ⊙ h

    >>> w_x, w_h = np.array([[-4.0], [4.0], [1.0]]), np.array([[0.0], [0.0], [1.0]])
    >>> gru_cell(np.ones((1, 1)), -np.ones((1, 1)), w_x, w_h, np.zeros(3), np.zeros(3)).round(4)
    array([[-0.9685]])
    """
    _, z, n, _ = gru_gates(x, h, w_x, w_h, b_x, b_h)
    return (1 - z) * n + z * h


def gru(x: Array, h0: Array, w_x: Array, w_h: Array, b_x: Array, b_h: Array) -> Array:
    """Every state (T, B, K) of a sequence (T, B, C) that starts from h₀ (B, K).

    >>> w_x, w_h, b = np.array([[0.0], [-40.0], [1.0]]), np.zeros((3, 1)), np.array([0.0, 20.0, 0.0])
    >>> gru(np.array([[[1.0]], [[0.0]], [[0.0]]]), np.zeros((1, 1)), w_x, w_h, b, np.zeros(3)).ravel().round(4)
    array([0.7616, 0.7616, 0.7616])
    """
    if x.shape[2] != w_x.shape[1] or len(w_x) != 3 * h0.shape[1]:
        raise ValueError(
            f"W_x must be {(3 * h0.shape[1], x.shape[2])} for {h0.shape[1]} units and x {x.shape}, but is {w_x.shape}"
        )
    h, hidden = h0, []
    for x_t in x:
        h = gru_cell(x_t, h, w_x, w_h, b_x, b_h)
        hidden.append(h)
    return np.stack(hidden)


def gru_cell_backward(
    upstream: Array, x: Array, h: Array, w_x: Array, w_h: Array, b_x: Array, b_h: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """The gradients for x, h, W_x, W_h, b_x and b_h; `upstream` (B, K) is that at the next state.

    Formula `gru-cell-gradient`: δn = g ⊙ (1 − z) ⊙ (1 − n²);  δr = δn ⊙ a ⊙ r (1 − r);
    δz = g ⊙ (h − n) ⊙ z (1 − z);  ∂L/∂h = g ⊙ z + W_hᵀ (δr, δz, δn ⊙ r)

    >>> w_x, w_h, one = np.array([[-4.0], [4.0], [1.0]]), np.array([[0.0], [0.0], [1.0]]), np.ones((1, 1))
    >>> grad_x, grad_h, *_ = gru_cell_backward(one, one, -one, w_x, w_h, np.zeros(3), np.zeros(3))
    >>> grad_h.round(4)  # nearly all by way of z, as z is nearly 1
    array([[0.9822]])
    """
    r, z, n, a = gru_gates(x, h, w_x, w_h, b_x, b_h)
    delta_n = upstream * (1 - z) * (1 - n**2)
    delta_r = delta_n * a * r * (1 - r)
    delta_z = upstream * (h - n) * z * (1 - z)
    delta_x = np.concatenate([delta_r, delta_z, delta_n], axis=1)
    delta_h = np.concatenate([delta_r, delta_z, delta_n * r], axis=1)
    grad_h = upstream * z + delta_h @ w_h
    return delta_x @ w_x, grad_h, delta_x.T @ x, delta_h.T @ h, delta_x.sum(axis=0), delta_h.sum(axis=0)


def gru_backward(
    upstream: Array, x: Array, h0: Array, w_x: Array, w_h: Array, b_x: Array, b_h: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Back-propagation through time: the gradients for x, h₀, W_x, W_h, b_x and b_h; `upstream` (T, B, K).

    >>> w_x, w_h, b = np.array([[0.0], [-40.0], [1.0]]), np.zeros((3, 1)), np.array([0.0, 20.0, 0.0])
    >>> upstream = np.zeros((100, 1, 1))
    >>> upstream[99] = 1.0
    >>> _, grad_h0, *_ = gru_backward(upstream, np.zeros((100, 1, 1)), np.ones((1, 1)), w_x, w_h, b, np.zeros(3))
    >>> grad_h0.round(4)  # with the update gate open the state and its gradient last
    array([[1.]])
    """
    hidden = gru(x, h0, w_x, w_h, b_x, b_h)
    before = np.concatenate([h0[None], hidden[:-1]])
    grads_x, grad_h = [], np.zeros_like(h0)
    grad_w_x, grad_w_h = np.zeros_like(w_x), np.zeros_like(w_h)
    grad_b_x, grad_b_h = np.zeros_like(b_x), np.zeros_like(b_h)
    for t in reversed(range(len(x))):
        grad_x, grad_h, *weights = gru_cell_backward(
            upstream[t] + grad_h, x[t], before[t], w_x, w_h, b_x, b_h
        )
        grads_x.append(grad_x)
        grad_w_x += weights[0]
        grad_w_h += weights[1]
        grad_b_x += weights[2]
        grad_b_h += weights[3]
    return np.stack(grads_x[::-1]), grad_h, grad_w_x, grad_w_h, grad_b_x, grad_b_h
