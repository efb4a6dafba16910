from sklearn.datasets import load_wine
from sklearn.metrics import accuracy_score, classification_report
from sklearn.tree import DecisionTreeClassifier

wine = load_wine()
X, y = wine.data, wine.target

tree = DecisionTreeClassifier(max_depth=None, random_state=0)
tree.fit(X, y)

predicted = tree.predict(X)
print("accuracy:", accuracy_score(y, predicted))
