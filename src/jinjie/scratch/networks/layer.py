"""The neuron, the layer and the multilayer perceptron: weighted sums, each bent by an activation.

W is (C_out, C_in): row i holds the weights of neuron i. x is (..., C_in), with any number of axes of examples.
"""

from collections.abc import Callable, Sequence

from jinjie.scratch import Array
from jinjie.scratch.networks.activations import relu, relu_derivative

Activation = Callable[[Array], Array]
Layers = Sequence[tuple[Array, Array]]
"""The weights and biases (W, b) of each layer, from the input to the output."""


def neuron(x: Array, w: Array, b: float, f: Activation = relu) -> Array:
    """One neuron: how much of each input, a threshold, and a bend (McCulloch & Pitts 1943; Rosenblatt 1958).

    x (..., C_in), w (C_in) → (...).

    Formula `neuron`: y = f(Σⱼ wⱼ xⱼ + b)

    >>> neuron(np.array([1.0, 2.0]), w=np.array([3.0, -1.0]), b=0.5)
    np.float64(1.5)
    """
    z = x @ w + b
    return f(z)


def linear(x: Array, W: Array, b: Array) -> Array:
    """Many neurons at once, before they are bent: x (..., C_in), W (C_out, C_in), b (C_out) → (..., C_out).

    Formula `linear-layer`: y = W x + b

    >>> W, b = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), np.array([0.0, 0.0, -5.0])
    >>> linear(np.array([3.0, 4.0]), W, b)
    array([3., 8., 2.])
    """
    if W.ndim != 2 or x.shape[-1:] != W.shape[1:] or b.shape != W.shape[:1]:
        raise ValueError(
            f"expected x (..., C_in), W (C_out, C_in), b (C_out), got {x.shape}, {W.shape}, {b.shape}"
        )
    return x @ W.T + b


def linear_backward(upstream: Array, x: Array, W: Array, b: Array) -> tuple[Array, Array, Array]:
    """The gradients of the loss with respect to x, W and b: each example adds its part to those of W and b.

    Formula `linear-layer-backward`: ∂L/∂x = Wᵀ u;  ∂L/∂W = Σₙ uₙ xₙᵀ;  ∂L/∂b = Σₙ uₙ

    >>> x, W, b = np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[1.0, 2.0]]), np.zeros(1)
    >>> dx, dW, db = linear_backward(np.array([[1.0], [10.0]]), x, W, b)
    >>> dW, db
    (array([[13.,  4.]]), array([11.]))
    """
    C_out, C_in = W.shape
    N = x.size // C_in
    u = upstream.reshape(N, C_out)
    dx = upstream @ W
    dW = u.T @ x.reshape(N, C_in)
    db = u.sum(axis=0)
    return dx, dW, db


def layer(x: Array, W: Array, b: Array, f: Activation = relu) -> Array:
    """The layer: every output is a neuron that looks at all of x.

    Formula `layer`: y = f(W x + b)

    >>> W, b = np.array([[1.0, 0.0], [0.0, -2.0]]), np.array([0.5, 0.0])
    >>> layer(np.array([3.0, 4.0]), W, b)
    array([3.5, 0. ])
    """
    z = linear(x, W, b)
    return f(z)


def layer_backward(
    upstream: Array, x: Array, W: Array, b: Array, f_derivative: Activation = relu_derivative
) -> tuple[Array, Array, Array]:
    """Through the bend, element by element, and then through the linear part: the gradients of x, W and b.

    Formula `layer-backward`: δ = u ⊙ f′(z), z = W x + b;  ∂L/∂x = Wᵀ δ;  ∂L/∂W = Σₙ δₙ xₙᵀ;  ∂L/∂b = Σₙ δₙ

    >>> W, b = np.array([[1.0, 0.0], [0.0, -2.0]]), np.array([0.5, 0.0])
    >>> dx, dW, db = layer_backward(np.array([[1.0, 1.0]]), np.array([[3.0, 4.0]]), W, b)
    >>> dx, dW  # the second neuron is off, so nothing goes through it
    (array([[1., 0.]]), array([[3., 4.],
           [0., 0.]]))
    """
    z = linear(x, W, b)
    delta = upstream * f_derivative(z)
    return linear_backward(delta, x, W, b)


def multilayer_perceptron(x: Array, layers: Layers, f: Activation = relu) -> Array:
    """Layers one after another, each reading the last one's output; the final one is not bent: it gives scores.

    Formula `multilayer-perceptron`: h₀ = x;  hₗ = f(Wₗ hₗ₋₁ + bₗ);  y = W_L h_{L−1} + b_L

    >>> hidden, output = (np.ones((2, 2)), np.array([0.0, -1.0])), (np.array([[1.0, -2.0]]), np.zeros(1))
    >>> x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> multilayer_perceptron(x, [hidden, output]).ravel()  # one hidden layer, and it tells whether x₁ ≠ x₂
    array([0., 1., 1., 0.])
    """
    if not layers:
        raise ValueError("expected at least one layer (W, b), got none")
    h = x
    for W, b in layers[:-1]:
        h = layer(h, W, b, f)
    W, b = layers[-1]
    return linear(h, W, b)


def multilayer_perceptron_backward(
    upstream: Array,
    x: Array,
    layers: Layers,
    f: Activation = relu,
    f_derivative: Activation = relu_derivative,
) -> tuple[Array, list[tuple[Array, Array]]]:
    """Back-propagation (Rumelhart, Hinton & Williams 1986): the gradient of x, and (dW, db) of every layer.

    Each layer hands the gradient of its input to the layer below, whose output that was.

    Formula `multilayer-perceptron-backward`: δ_L = u;  δₗ = (Wₗ₊₁ᵀ δₗ₊₁) ⊙ f′(zₗ);  ∂L/∂Wₗ = δₗ hₗ₋₁ᵀ;  ∂L/∂bₗ = δₗ

    >>> layers = [(np.array([[2.0]]), np.zeros(1)), (np.array([[3.0]]), np.zeros(1))]
    >>> dx, gradients = multilayer_perceptron_backward(np.array([[1.0]]), np.array([[5.0]]), layers)
    >>> dx, [float(dW[0, 0]) for dW, db in gradients]
    (array([[6.]]), [15.0, 10.0])
    """
    inputs = [x]
    for W, b in layers[:-1]:
        inputs.append(layer(inputs[-1], W, b, f))
    W, b = layers[-1]
    upstream, dW, db = linear_backward(upstream, inputs[-1], W, b)
    gradients = [(dW, db)]
    for i in reversed(range(len(layers) - 1)):
        W, b = layers[i]
        upstream, dW, db = layer_backward(upstream, inputs[i], W, b, f_derivative)
        gradients.insert(0, (dW, db))
    return upstream, gradients
