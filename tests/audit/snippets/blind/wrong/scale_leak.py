import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, y = load_breast_cancer(return_X_y=True)

scaler = StandardScaler()
X_scaled = scaler.fit_transform(X)

X_train, X_test, y_train, y_test = train_test_split(
    X_scaled, y, test_size=0.3, random_state=1, stratify=y
)

svm = SVC(C=1.0, kernel="rbf", gamma="scale")
svm.fit(X_train, y_train)
print("train", svm.score(X_train, y_train))
print("test ", svm.score(X_test, y_test))
