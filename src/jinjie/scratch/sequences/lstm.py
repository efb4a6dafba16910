"""Long short-term memory: a recurrent network with a memory that is added to, and gates that say when.

Sequences are (T, B, C): T steps, B sequences side by side, C channels. K is the number of units. The four gates'
weights are stacked in PyTorch's order, input, forget, candidate, output: W_x (4K, C), W_h (4K, K), b (4K,).
"""

import numpy as np

from jinjie.scratch import Array
from jinjie.scratch.networks.activations import sigmoid


def gates(x: Array, h: Array, w_x: Array, w_h: Array, b: Array) -> tuple[Array, Array, Array, Array]:
    """What to let in, what to keep, what to write and what to show: i, f, g and o, each (B, K).

    Formula `lstm-gates`: i, f, o = σ(W x + W_h h + b), each with weights of its own;  g = tanh(W x + W_h h + b)

    >>> w_x, w_h, one = np.array([[0.0], [4.0], [1.0], [-4.0]]), np.ones((4, 1)), np.ones((1, 1))
    >>> i, f, g, o = gates(one, 0 * one, w_x, w_h, b=np.zeros(4))
    >>> np.hstack([i, f, g, o]).round(3)
    array([[0.5  , 0.982, 0.762, 0.018]])
    """
    z = x @ w_x.T + h @ w_h.T + b
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    return sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)


def lstm_cell(x: Array, h: Array, c: Array, w_x: Array, w_h: Array, b: Array) -> tuple[Array, Array]:
    """One step: from input (B, C), hidden state and memory (B, K) the next hidden state and memory.

    Hochreiter & Schmidhuber 1997, with the forget gate of Gers, Schmidhuber & Cummins 2000. The memory's own path
    is f ⊙ c and an addition: no weight and no squashing on the way, so that gradients last.

    Formula `lstm-cell`: c′ = f ⊙ c + i ⊙ g;  h′ = o ⊙ tanh(c′)

    >>> w_x, w_h, one = np.array([[0.0], [4.0], [1.0], [-4.0]]), np.ones((4, 1)), np.ones((1, 1))
    >>> h_next, c_next = lstm_cell(one, 0 * one, 3 * one, w_x, w_h, b=np.zeros(4))
    >>> h_next.round(4), c_next.round(4)  # nearly all of the memory is kept, and nearly none of it shown
    (array([[0.0179]]), array([[3.3268]]))
    """
    i, f, g, o = gates(x, h, w_x, w_h, b)
    c_next = f * c + i * g
    h_next = o * np.tanh(c_next)
    return h_next, c_next


def lstm(x: Array, h0: Array, c0: Array, w_x: Array, w_h: Array, b: Array) -> tuple[Array, Array]:
    """Every hidden state and every memory, each (T, B, K), of a sequence (T, B, C).

    >>> w_x, w_h = np.array([[1.0], [0.0], [1.0], [1.0]]), np.zeros((4, 1))
    >>> b = np.array([-20.0, 20.0, 0.0, 0.0])  # the input gate opens for 40 only, the forget gate keeps all
    >>> hidden, memory = lstm(np.array([[[40.0]], [[0.0]], [[1.0]]]), np.zeros((1, 1)), np.zeros((1, 1)), w_x, w_h, b)
    >>> memory.ravel().round(4)
    array([1., 1., 1.])
    """
    if x.shape[2] != w_x.shape[1] or len(w_x) != 4 * h0.shape[1]:
        raise ValueError(
            f"W_x must be {(4 * h0.shape[1], x.shape[2])} for {h0.shape[1]} units and x {x.shape}, but is {w_x.shape}"
        )
    h, c = h0, c0
    hidden, memory = [], []
    for x_t in x:
        h, c = lstm_cell(x_t, h, c, w_x, w_h, b)
        hidden.append(h)
        memory.append(c)
    return np.stack(hidden), np.stack(memory)


def lstm_cell_backward(
    upstream: tuple[Array, Array], x: Array, h: Array, c: Array, w_x: Array, w_h: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """The gradients for x, h, c, W_x, W_h and b; `upstream` holds those at the next hidden state and memory.

    Formula `lstm-cell-gradient`: δc = g_c + g_h ⊙ o ⊙ (1 − tanh² c′);  ∂L/∂c = δc ⊙ f;
    δi = δc ⊙ g ⊙ i (1 − i);  δf = δc ⊙ c ⊙ f (1 − f);  δg = δc ⊙ i ⊙ (1 − g²);  δo = g_h ⊙ tanh c′ ⊙ o (1 − o)

    >>> w_x, one = np.array([[0.0], [4.0], [1.0], [-4.0]]), np.ones((1, 1))
    >>> upstream = (np.zeros((1, 1)), one)
    >>> _, _, grad_c, *_ = lstm_cell_backward(upstream, one, 0 * one, 3 * one, w_x, np.ones((4, 1)), np.zeros(4))
    >>> grad_c.round(3)  # the memory's gradient is only multiplied by the forget gate
    array([[0.982]])
    """
    grad_h_next, grad_c_next = upstream
    i, f, g, o = gates(x, h, w_x, w_h, b)
    tanh_c = np.tanh(f * c + i * g)
    delta_c = grad_c_next + grad_h_next * o * (1 - tanh_c**2)
    delta_i = delta_c * g * i * (1 - i)
    delta_f = delta_c * c * f * (1 - f)
    delta_g = delta_c * i * (1 - g**2)
    delta_o = grad_h_next * tanh_c * o * (1 - o)
    delta = np.concatenate([delta_i, delta_f, delta_g, delta_o], axis=1)
    return delta @ w_x, delta @ w_h, delta_c * f, delta.T @ x, delta.T @ h, delta.sum(axis=0)


def lstm_backward(
    upstream: Array, x: Array, h0: Array, c0: Array, w_x: Array, w_h: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Back-propagation through time: the gradients for x, h₀, c₀, W_x, W_h and b; `upstream` (T, B, K).

    >>> w_x, w_h, zero = np.array([[1.0], [0.0], [1.0], [1.0]]), np.zeros((4, 1)), np.zeros((1, 1))
    >>> b = np.array([-20.0, 20.0, 0.0, 0.0])
    >>> upstream = np.zeros((100, 1, 1))
    >>> upstream[99] = 1.0
    >>> _, _, grad_c0, *_ = lstm_backward(upstream, np.zeros((100, 1, 1)), zero, zero, w_x, w_h, b)
    >>> grad_c0.round(4)  # a hundred steps later what the memory began with still counts in full: ½ is the output gate
    array([[0.5]])
    """
    hidden, memory = lstm(x, h0, c0, w_x, w_h, b)
    h_before = np.concatenate([h0[None], hidden[:-1]])
    c_before = np.concatenate([c0[None], memory[:-1]])
    grads_x = []
    grad_w_x, grad_w_h, grad_b = np.zeros_like(w_x), np.zeros_like(w_h), np.zeros_like(b)
    grad_h, grad_c = np.zeros_like(h0), np.zeros_like(c0)
    for t in reversed(range(len(x))):
        at_step = (upstream[t] + grad_h, grad_c)
        grad_x, grad_h, grad_c, *weights = lstm_cell_backward(
            at_step, x[t], h_before[t], c_before[t], w_x, w_h, b
        )
        grads_x.append(grad_x)
        grad_w_x += weights[0]
        grad_w_h += weights[1]
        grad_b += weights[2]
    return np.stack(grads_x[::-1]), grad_h, grad_c, grad_w_x, grad_w_h, grad_b
