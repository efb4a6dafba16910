"""Codes and one-hot columns against scikit-learn and PyTorch, and what codes do to a model that takes them for
numbers.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import LabelEncoder

from jinjie.scratch.foundations.encoding import check_labels, decode, encode, learn_classes, one_hot
from jinjie.scratch.foundations.linear_regression import least_squares, predict

CITIES = ["Shanghai", "Beijing", "Guangzhou", "Beijing", "Shanghai", "Beijing"]


def test_codes_are_scikit_learns():
    reference = LabelEncoder().fit(CITIES)
    classes = learn_classes(CITIES)
    assert classes == ["Beijing", "Guangzhou", "Shanghai"] == list(reference.classes_)
    codes = encode(CITIES, classes)
    assert codes.tolist() == reference.transform(CITIES).tolist() == [2, 0, 1, 0, 2, 0]
    assert codes.dtype == np.int64
    assert encode(["b"], classes=["b", "a"]).tolist() == [0], "the order of the classes is the caller's"
    assert learn_classes(["only"]) == ["only"]


def test_a_value_that_was_never_seen_has_no_code():
    with pytest.raises(ValueError, match=r"among the classes \['a', 'b'\], got 'c'"):
        encode(["a", "c", "b", "d"], classes=["a", "b"])
    with pytest.raises(ValueError, match="at least one value"):
        learn_classes([])


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4)])
def test_one_hot_is_pytorchs(shape):
    y = np.random.default_rng(0).integers(0, 6, shape)
    ours = one_hot(y, 6)
    assert ours.dtype == np.float64 and ours.shape == (*shape, 6)
    assert (ours == torch.nn.functional.one_hot(torch.tensor(y), 6).numpy()).all()


def test_labels_outside_the_classes_are_refused():
    check_labels(np.array([0, 2]), 3)
    check_labels(np.array([2]), 3)
    with pytest.raises(ValueError, match="labels from 0 to 2, got labels from 0 to 3"):
        check_labels(np.array([0, 3, 1]), 3)
    with pytest.raises(ValueError, match="labels from 0 to 2, got labels from -1 to 1"):
        check_labels(np.array([1, -1]), 3)
    with pytest.raises(ValueError, match="integer labels from 0 to 2, got numbers of type float64"):
        check_labels(np.array([0.0, 1.0]), 3)
    with pytest.raises(ValueError, match="at least one label"):
        check_labels(np.array([], dtype=np.int64), 3)
    with pytest.raises(ValueError, match="from 0 to 1, got labels from 2 to 2"):
        one_hot(np.array([2]), 2)
    with pytest.raises(ValueError, match="from 0 to 1, got labels from 0 to 2"):
        decode(np.array([0, 2]), ["a", "b"])


def test_codes_as_numbers_cannot_fit_what_one_hot_columns_fit():
    """Rents of three cities, the middle code the dearest: the best line through the codes errs by −2, 4 and −2;
    one-hot columns fit every city. One-hot rows are all √2 apart; by the codes 2 is twice as far from 0 as 1.
    """
    y = encode(["Beijing", "Guangzhou", "Shanghai"], learn_classes(CITIES))
    rent = np.array([30.0, 36.0, 30.0])
    as_numbers, columns = y[:, None].astype(float), one_hot(y, 3)
    errors = rent - predict(as_numbers, *least_squares(as_numbers, rent))
    assert errors == pytest.approx([-2.0, 4.0, -2.0])
    assert predict(columns, *least_squares(columns, rent)) == pytest.approx(rent, rel=1e-12)
    distances = np.linalg.norm(columns[:, None] - columns[None], axis=-1)
    assert distances[~np.eye(3, dtype=bool)] == pytest.approx(np.sqrt(2))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=3), min_size=1, max_size=20))
def test_decoding_undoes_encoding(values):
    classes = learn_classes(values)
    assert decode(encode(values, classes), classes) == values
