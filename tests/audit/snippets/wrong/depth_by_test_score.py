from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(digits.data, digits.target, random_state=3)

best_score, best_depth = 0, None
for depth in [2, 4, 8, 16, 32]:
    forest = RandomForestClassifier(max_depth=depth, random_state=3)
    forest.fit(X_train, y_train)
    score = forest.score(X_test, y_test)
    if score > best_score:
        best_score, best_depth = score, depth

print("best depth:", best_depth, "accuracy:", best_score)
