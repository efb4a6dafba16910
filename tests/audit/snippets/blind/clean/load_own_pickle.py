import pickle
from collections import Counter
from pathlib import Path

words = Path("corpus.txt").read_text(encoding="utf-8").split()
vocab = {w: i for i, (w, _) in enumerate(Counter(words).most_common(5000))}
with open("vocab.pkl", "wb") as f:
    pickle.dump(vocab, f)

with open("vocab.pkl", "rb") as f:
    again = pickle.load(f)
assert again == vocab
