"""A permutation of any length that is computed, not stored: a Feistel network, walked until it stays in the range.

Black, J. and Rogaway, P. (2002), Ciphers with arbitrary finite domains, method 3 (cycle walking).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy
from jinjie.base.seeds import derive

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

ROUNDS = 6


def permuted(places: np.ndarray[Any, Any], count: int, seed: int) -> np.ndarray[Any, Any]:
    """Where the permutation of 0 … count − 1 that belongs to `seed` takes each of `places`; int64."""
    half = max(1, (max(count - 1, 1).bit_length() + 1) // 2)  # 4^half ≥ count: at most four walks on average
    mask = np.uint64(2**half - 1)
    keys = [np.uint64(derive(seed, "round", i)) for i in range(ROUNDS)]
    found = np.asarray(places).astype(np.uint64)
    outside = np.ones(len(found), bool)
    while outside.any():
        left, right = found[outside] >> np.uint64(half), found[outside] & mask
        for key in keys:
            left, right = right, left ^ (_mixed(right ^ key) & mask)
        found[outside] = (left << np.uint64(half)) | right
        outside = found >= np.uint64(count)
    return found.astype(np.int64)


def _mixed(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Every bit of the outcome depends on every bit of x: the finaliser of SplitMix64 (Steele et al. 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray[Any, Any] = x ^ (x >> np.uint64(31))
    return mixed
