import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
y = X @ np.array([1.0, -2.0, 0.5]) + 0.01 * rng.normal(size=200)
w = np.zeros(3)
m, v = np.zeros(3), np.zeros(3)
beta1, beta2, lr, eps = 0.9, 0.999, 0.05, 1e-8

for t in range(1, 501):
    g = 2 * X.T @ (X @ w - y) / len(X)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    w -= lr * m_hat / (np.sqrt(v_hat) + eps)
print(w)
