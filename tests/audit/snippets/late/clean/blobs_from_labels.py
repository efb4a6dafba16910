import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

rng = np.random.default_rng(1)
labels = rng.integers(0, 3, size=600)
centres = np.array([[0, 0], [4, 0], [0, 4]])
points = centres[labels] + rng.normal(size=(600, 2))
p_train, p_test, l_train, l_test = train_test_split(points, labels, random_state=1)
model = LogisticRegression().fit(p_train, l_train)
print(model.score(p_test, l_test))

shuffled = rng.permutation(l_train)
null = LogisticRegression().fit(p_train, shuffled)
print("with permuted labels:", null.score(p_test, l_test))
