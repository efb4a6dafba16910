"""Rules that no tutorial of `snippets/` has planted: each with a piece that has the error and its twin that has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.audit.article import of_text
from jinjie.audit.code import judge

EVALUATE = """
import torch
from torch import nn

def test(model, loader):
    criterion = nn.CrossEntropyLoss()
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in loader:
            loss = criterion(model(x), y)
            total += loss.item()
    return total / len(loader)
"""
TABLE = """
import numpy as np
import pandas as pd

table = pd.read_csv("people.csv")
table.dropna()
print(table)
"""
RANKED = """
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

def auc(X_train, y_train, X_test, y_test):
    model = LogisticRegression().fit(X_train, y_train)
    return roc_auc_score(y_test, model.predict(X_test))
"""
TRAINED = """
import torch
from torch import nn

x = torch.linspace(0, 1, 50).unsqueeze(1)
y = 2 * x + 1
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(100):
    optimizer.zero_grad()
    loss = ((model(x) - y) ** 2).mean()
    loss.backward()
    optimizer.step()
print(loss.item())
"""
CASES = {
    "no-grad-missing": (
        EVALUATE.replace("    with torch.no_grad():\n        for", "    if True:\n        for"),
        EVALUATE.replace("len(loader)", "1"),
    ),
    "batch-mean-averaged": (EVALUATE, EVALUATE.replace("loss.item()", "loss.item() * len(x)")),
    "loss-summed-wrongly": (
        EVALUATE.replace("len(loader)", "len(loader.dataset)"),
        EVALUATE.replace("len(loader)", "len(loader.dataset)").replace("Loss()", 'Loss(reduction="sum")'),
    ),
    "result-thrown-away": (TABLE, TABLE.replace("dropna()", "dropna(inplace=True)")),
    "chained-assignment": (
        TABLE.replace("table.dropna()", 'table["age"][0] = 3'),
        TABLE.replace("table.dropna()", 'table.loc[0, "age"] = 3'),
    ),
    "nan-compared": (
        TABLE.replace("table.dropna()", 'gone = table["age"] == np.nan'),
        TABLE.replace("table.dropna()", 'gone = table["age"].isna()'),
    ),
    "hard-labels-into-ranking-metric": (
        RANKED,
        RANKED.replace("predict(X_test)", "predict_proba(X_test)[:, 1]"),
    ),
    "seed-missing": (TRAINED, TRAINED.replace("x = torch.lin", "torch.manual_seed(0)\nx = torch.lin")),
}


@pytest.mark.parametrize("rule", sorted(CASES))
def test_the_error_is_found_and_its_twin_is_not(rule: str) -> None:
    wrong, right = ([f.rule for f in judge(of_text(code, Path("a.py")).codes)] for code in CASES[rule])
    assert wrong == [rule]
    assert right == []
