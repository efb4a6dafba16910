"""The cancer table of scikit-learn's package."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from jinjie.data import cancer
from jinjie.data.dataset import SPLITS


def test_the_whole_table_is_there() -> None:
    """The inputs are a linear map of scikit-learn's own; undone, every row is found again with its class."""
    data = cancer.Config().load()
    features = data.processor.known.features  # type: ignore[attr-defined]
    deviation, mean = (np.array([getattr(f, what) for f in features]) for what in ("deviation", "mean"))
    x = np.concatenate([data.splits[split]["x"] for split in SPLITS]) * deviation + mean
    y = np.concatenate([data.splits[split]["y"] for split in SPLITS])
    bunch = load_breast_cancer()
    mine, theirs = np.lexsort(x.T[:4]), np.lexsort(bunch.data.T[:4])
    assert np.allclose(
        x[mine], bunch.data[theirs], rtol=1e-5, atol=1e-5
    )  # float32 of numbers up to 40 deviations
    assert np.array_equal(y[mine], (bunch.target[theirs] == 0).astype(int))  # scikit-learn's 0 is malignant
    assert [f.name for f in features] == list(bunch.feature_names)


@pytest.mark.parametrize("balance", ["none", "weights", "over", "under"])
def test_about_is_true_before_loading(balance: str) -> None:
    config = cancer.Config(balance=balance)  # type: ignore[arg-type]
    data = config.load()
    assert config.about() == data.about and data.about.real
    assert np.bincount(data.splits["train"]["y"]).tolist() == list(cancer.CLASSES)
    assert data.processor.labels == ["benign", "malignant"]  # type: ignore[attr-defined]
