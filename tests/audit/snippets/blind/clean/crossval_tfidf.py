import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import cross_val_score, train_test_split

df = pd.read_csv("spam.csv", encoding="latin-1")
train, test = train_test_split(df, test_size=0.2, random_state=1, stratify=df["label"])
vec = TfidfVectorizer(min_df=2, ngram_range=(1, 2))
A = vec.fit_transform(train["text"])
B = vec.transform(test["text"])
clf = LogisticRegression(C=10, max_iter=1000)
print("cross-validation", cross_val_score(clf, A, train["label"], cv=5).mean())
clf.fit(A, train["label"])
print(classification_report(test["label"], clf.predict(B)))
