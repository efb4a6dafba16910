"""Logistic regression from scratch with NumPy."""
import numpy as np

rng = np.random.default_rng(0)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


class LogisticRegression:
    def __init__(self, lr=0.1, n_iters=1000, l2=0.0):
        self.lr, self.n_iters, self.l2 = lr, n_iters, l2

    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.w = np.zeros(n_features)
        self.b = 0.0
        self.losses = []
        for _ in range(self.n_iters):
            p = sigmoid(X @ self.w + self.b)
            dw = X.T @ (p - y) / n_samples + self.l2 * self.w
            db = np.mean(p - y)
            self.w -= self.lr * dw
            self.b -= self.lr * db
            eps = 1e-12
            loss = -np.mean(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps))
            self.losses.append(loss + 0.5 * self.l2 * np.sum(self.w ** 2))
        return self

    def predict_proba(self, X):
        return sigmoid(X @ self.w + self.b)

    def predict(self, X):
        return (self.predict_proba(X) >= 0.5).astype(int)


X = np.vstack([rng.normal(-1, 1, (200, 2)), rng.normal(1, 1, (200, 2))])
y = np.concatenate([np.zeros(200), np.ones(200)])
perm = rng.permutation(len(X))
X, y = X[perm], y[perm]
X_train, X_test, y_train, y_test = X[:300], X[300:], y[:300], y[300:]
mu, sd = X_train.mean(axis=0), X_train.std(axis=0)
X_train = (X_train - mu) / sd
X_test = (X_test - mu) / sd
model = LogisticRegression(l2=1e-3).fit(X_train, y_train)
pred = model.predict(X_test)
tp = np.sum((pred == 1) & (y_test == 1))
fp = np.sum((pred == 1) & (y_test == 0))
fn = np.sum((pred == 0) & (y_test == 1))
precision = tp / (tp + fp)
recall = tp / (tp + fn)
f1 = 2 * precision * recall / (precision + recall)
print(f"accuracy {np.mean(pred == y_test):.3f} precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")
