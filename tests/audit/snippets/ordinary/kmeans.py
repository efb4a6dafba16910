"""k-means 与 PCA,只用 NumPy"""
import numpy as np

rng = np.random.default_rng(42)


def kmeans_pp(X, k):
    """k-means++：离已选中心越远的点,越可能被选为下一个中心。"""
    centers = [X[rng.integers(len(X))]]
    for _ in range(1, k):
        d2 = ((X[:, None, :] - np.array(centers)[None, :, :]) ** 2).sum(axis=-1).min(axis=1)
        centers.append(X[rng.choice(len(X), p=d2 / d2.sum())])
    return np.array(centers)


def kmeans(X, k, max_iter=100, tol=1e-6):
    centers = kmeans_pp(X, k)
    for _ in range(max_iter):
        dist = np.linalg.norm(X[:, None, :] - centers[None, :, :], axis=2)
        labels = dist.argmin(axis=1)
        new = np.array([X[labels == j].mean(axis=0) if np.any(labels == j) else centers[j] for j in range(k)])
        shift = np.abs(new - centers).max()
        centers = new
        if shift < tol:
            break
    dist = np.linalg.norm(X[:, None, :] - centers[None, :, :], axis=2)
    labels = dist.argmin(axis=1)
    inertia = (dist[np.arange(len(X)), labels] ** 2).sum()
    return centers, labels, inertia


def pca(X, n_components):
    mean = X.mean(axis=0)
    Xc = X - mean
    cov = Xc.T @ Xc / (len(X) - 1)
    vals, vecs = np.linalg.eigh(cov)
    order = np.argsort(vals)[::-1]
    vals, vecs = vals[order], vecs[:, order]
    ratio = vals / vals.sum()
    return Xc @ vecs[:, :n_components], ratio[:n_components]


X = np.vstack([rng.normal(c, 0.5, (100, 4)) for c in ([0, 0, 0, 0], [3, 3, 0, 0], [0, 3, 3, 0])])
for k in range(1, 7):
    print(k, kmeans(X, k)[2])
centers, labels, inertia = kmeans(X, 3)
Z, ratio = pca(X, 2)
print("解释方差比:", ratio)
