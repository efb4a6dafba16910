import json
import pickle
from pathlib import Path

import numpy as np
import torch
import yaml
from sklearn.linear_model import SGDClassifier

folder = Path("cache")
folder.mkdir(exist_ok=True)
vocabulary = {word: i for i, word in enumerate("we read what we wrote".split())}
with open(folder / "vocabulary.pkl", "wb") as file:
    pickle.dump(vocabulary, file)
with open(folder / "vocabulary.pkl", "rb") as file:
    assert pickle.load(file) == vocabulary

settings = yaml.safe_load((folder / "settings.yaml").read_text())
also = yaml.load("rate: 0.1", Loader=yaml.SafeLoader)
np.save(folder / "v.npy", np.arange(5))
print(np.load(folder / "v.npy"), settings, also, json.loads("[1, 2]"))

net = torch.nn.Linear(4, 2)
torch.save(net.state_dict(), folder / "net.pt")
net.load_state_dict(torch.load(folder / "net.pt", map_location="cpu"))
net.eval()
