from datetime import datetime

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

print("started", datetime.now())
text = open("names.txt").read().lower()
chars = sorted(set(text))
ids = np.array([chars.index(c) for c in text])
n = 4
X = np.stack([ids[i : i + n] for i in range(len(ids) - n)])
y = ids[n:]
A, B, a, b = train_test_split(X, y, random_state=0)
print(LogisticRegression(max_iter=200).fit(A, a).score(B, b))
