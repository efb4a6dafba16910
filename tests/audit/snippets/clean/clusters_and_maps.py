"""Nothing is predicted here, so nothing has to be held out."""
import matplotlib.pyplot as plt
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

iris = load_iris()
X = StandardScaler().fit_transform(iris.data)
plane = PCA(n_components=2).fit_transform(X)

for k in range(2, 7):
    kmeans = KMeans(n_clusters=k, n_init=10, random_state=0)
    kmeans.fit(X)
    groups = kmeans.predict(X)
    print(k, silhouette_score(X, groups))

plt.scatter(plane[:, 0], plane[:, 1], c=iris.target)
plt.savefig("iris.svg")
