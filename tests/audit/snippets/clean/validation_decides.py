from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

X, y = load_digits(return_X_y=True)
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=0.2, random_state=1)
X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, test_size=0.25, random_state=1)

best, best_c = 0.0, None
for c in (0.1, 1.0, 10.0):
    svc = SVC(C=c).fit(X_train, y_train)
    score = accuracy_score(y_val, svc.predict(X_val))
    if score > best:
        best, best_c = score, c

final = SVC(C=best_c).fit(X_rest, y_rest)
print(best_c, accuracy_score(y_test, final.predict(X_test)))
