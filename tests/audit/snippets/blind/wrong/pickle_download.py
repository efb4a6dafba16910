import pickle
import urllib.request

import numpy as np

URL = "http://example.org/models/spam_model.pkl"
path, _ = urllib.request.urlretrieve(URL, "spam_model.pkl")

with open(path, "rb") as f:
    vectorizer, model = pickle.load(f)

texts = ["You have won a prize", "See you at lunch"]
features = vectorizer.transform(texts)
for text, p in zip(texts, model.predict_proba(features)[:, 1]):
    print(f"{p:.2f}  {text}")
print(np.__version__)
