"""The recurrent network: the same small network at every step, its own last answer among its inputs.

Sequences are (T, B, C): T steps, B sequences side by side, C channels. K is the number of hidden units; weights
stand as in the formula, W_x (K, C) and W_h (K, K), and act on the last axis.
"""

import numpy as np

from jinjie.scratch import Array


def rnn_cell(x: Array, h: Array, w_x: Array, w_h: Array, b: Array) -> Array:
    """One step (Elman 1990): from the input (B, C) and the last hidden state (B, K) the next one.

    Formula `rnn-cell`: h′ = tanh(W_x x + W_h h + b)

    >>> x, h = np.array([[1.0, 2.0]]), np.array([[0.5]])
    >>> rnn_cell(x, h, w_x=np.array([[0.3, -0.1]]), w_h=np.array([[0.8]]), b=np.array([0.1])).round(4)
    array([[0.537]])
    """
    z = x @ w_x.T + h @ w_h.T + b
    return np.tanh(z)


def rnn(x: Array, h0: Array, w_x: Array, w_h: Array, b: Array) -> Array:
    """Every hidden state (T, B, K) of a sequence (T, B, C) that starts from h₀ (B, K).

    Formula `rnn`: h_t = tanh(W_x x_t + W_h h_{t−1} + b)  for t = 1 … T

    >>> x = np.array([[[1.0]], [[0.0]], [[0.0]]])  # one stroke, and how it dies away
    >>> rnn(x, np.zeros((1, 1)), w_x=np.array([[1.0]]), w_h=np.array([[0.5]]), b=np.zeros(1)).round(4).ravel()
    array([0.7616, 0.3634, 0.1797])
    """
    if x.shape[2] != w_x.shape[1]:
        raise ValueError(f"W_x takes {w_x.shape[1]} channels, but x (T, B, C) is {x.shape}")
    h, hidden = h0, []
    for x_t in x:
        h = rnn_cell(x_t, h, w_x, w_h, b)
        hidden.append(h)
    return np.stack(hidden)


def rnn_backward(
    upstream: Array, x: Array, h0: Array, w_x: Array, w_h: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Back-propagation through time (Werbos 1990): the gradients for x, h₀, W_x, W_h and b.

    `upstream` (T, B, K) is the gradient at every hidden state. From the last step to the first, each state gets
    its own and what comes back from the next; the weights, used at every step, gather from every step.

    Formula `back-propagation-through-time`: δ_t = (g_t + δ_{t+1} W_h) ⊙ (1 − h_t²);
    ∂L/∂W_h = Σ_t δ_tᵀ h_{t−1};  ∂L/∂W_x = Σ_t δ_tᵀ x_t;  ∂L/∂b = Σ_t δ_t

    >>> x, h0, one = np.array([[[1.0]], [[0.0]]]), np.zeros((1, 1)), np.array([[1.0]])
    >>> upstream = np.array([[[0.0]], [[1.0]]])  # only the last state matters, and still the first input has a gradient
    >>> grad_x, *_ = rnn_backward(upstream, x, h0, w_x=one, w_h=0.5 * one, b=np.zeros(1))
    >>> grad_x.ravel().round(4)
    array([0.1823, 0.8679])
    """
    hidden = rnn(x, h0, w_x, w_h, b)
    before = np.concatenate([h0[None], hidden[:-1]])
    deltas, from_next = [], np.zeros_like(h0)
    for t in reversed(range(len(x))):
        deltas.append((upstream[t] + from_next) * (1 - hidden[t] ** 2))
        from_next = deltas[-1] @ w_h
    delta = np.stack(deltas[::-1])
    grad_x = delta @ w_x
    grad_w_x = np.einsum("tbk,tbc->kc", delta, x)
    grad_w_h = np.einsum("tbk,tbj->kj", delta, before)
    grad_b = delta.sum(axis=(0, 1))
    return grad_x, from_next, grad_w_x, grad_w_h, grad_b


def gradient_through_time(hidden: Array, w_h: Array) -> Array:
    """How much of the last state still depends on the first, then the second, …: norms of ∂h_T/∂h_t, (T,).

    For one sequence's states (T, K). A product of as many factors as there are steps between: it vanishes or
    explodes geometrically (Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013, equation 5).

    Formula `rnn-gradient-through-time`: ∂h_T/∂h_t = Π_{k=t+1…T} diag(1 − h_k²) W_h

    >>> gradient_through_time(np.zeros((4, 2)), w_h=np.array([[0.0, 0.5], [0.5, 0.0]]))
    array([0.125, 0.25 , 0.5  , 1.   ])
    """
    product, norms = np.eye(len(w_h)), []
    for h_k in hidden[::-1]:
        norms.append(np.linalg.norm(product, ord=2))
        product = product @ np.diag(1 - h_k**2) @ w_h
    return np.array(norms[::-1])
