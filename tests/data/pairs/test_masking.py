"""What is hidden, how much of it, and how: counted, and compared with what Devlin et al. (2018) say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.data.pairs.masking import NOTHING, Masking
from jinjie.data.tokenization.train import WordPiece, train_wordpiece

V = 1000
SPECIAL = np.arange(V) < 5
MASK = 4
INSIDE = (np.arange(V) % 3 == 0) & ~SPECIAL


def masking(share: float = 0.15, inside: np.ndarray[Any, Any] | None = None) -> Masking:
    return Masking(share, MASK, np.flatnonzero(~SPECIAL), SPECIAL, inside)


@given(
    ids=st.lists(st.integers(0, V - 1), max_size=60),
    share=st.floats(0.01, 0.9),
    whole=st.booleans(),
    seed=st.integers(0, 99),
)
def test_what_stood_there_is_what_is_asked(ids: list[int], share: float, whole: bool, seed: int) -> None:
    x = np.array(ids, np.int64)
    seen, y = masking(share, INSIDE if whole else None).hide(x, np.random.default_rng(seed))
    hidden = y != NOTHING
    assert (y[hidden] == x[hidden]).all() and (seen[~hidden] == x[~hidden]).all()
    assert not SPECIAL[x[hidden]].any() and not SPECIAL[seen[hidden & (seen != MASK)]].any()
    assert hidden.any() == (~SPECIAL[x]).any()  # one at least, where there is any text


@pytest.mark.parametrize("length", [7, 30, 128])
def test_the_share_and_its_parts(length: int) -> None:
    """20,000 rows of chance: every proportion within five standard errors of what it should be."""
    draw, rows = np.random.default_rng(1), 20_000 // length * 10
    hidden = masked = kept = places = 0
    for _ in range(rows):
        x = draw.integers(5, V, length)
        seen, y = masking().hide(x, draw)
        chosen = y != NOTHING
        places += length
        hidden += int(chosen.sum())
        masked += int((seen[chosen] == MASK).sum())
        kept += int((seen[chosen] == x[chosen]).sum())
    # a row of 7 tokens hides one at least, which is 1.05 of them: the share holds there too
    assert hidden / places == pytest.approx(0.15, abs=5 * (0.15 * 0.85 / places) ** 0.5)
    near = {"abs": 5 * (0.2 * 0.8 / hidden) ** 0.5}
    assert masked / hidden == pytest.approx(0.8, **near)
    assert kept / hidden == pytest.approx(0.1 + 0.1 / (V - 5), **near)


def test_words_are_hidden_whole() -> None:
    processor = train_wordpiece(WordPiece(size=60), ["walking talked walks talking 月光 walk talk"] * 3)
    each, whole = (Masking.of(processor, 0.3, choice) for choice in (False, True))
    x = np.array(processor.ids("walking talked 月光 talks walks", special=True))
    words = np.array(processor.encoding("walking talked 月光 talks walks", special=True).word_ids, object)
    broken = 0
    for seed in range(200):
        _, y = whole.hide(x, np.random.default_rng(seed))
        hidden = y != NOTHING
        for word in set(words) - {None}:
            assert len(set(hidden[words == word])) == 1
        _, y = each.hide(x, np.random.default_rng(seed))
        broken += any(len(set((y != NOTHING)[words == word])) > 1 for word in set(words) - {None})
    assert broken > 100  # token by token, most words with pieces are hidden in part


def test_two_pieces_of_different_words_stay_two_words() -> None:
    """Behind [SEP] a new word begins, whatever the token is."""
    x = np.array([3, 9, 2, 9, 2])  # 9 goes on with a word by its name
    alone = 0
    for seed in range(50):
        _, y = masking(0.5, INSIDE).hide(x, np.random.default_rng(seed))
        alone += int((y != NOTHING).sum() == 1)
    assert alone == 50
