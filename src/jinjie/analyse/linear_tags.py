"""What simple taggers make of texts: the marks that a tagger which reads whole sentences has to pass.

One gives each token the tag that it has most often in the training texts. The other is linear: it weighs the token, its
two neighbours on either side, and the pairs of these that stand side by side, and chooses the likeliest tag (a softmax
regression). Both learn from the same training rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Report, Split
from jinjie.data.fetch import tell
from jinjie.data.texts import NOTHING, Rows, Texts
from jinjie.tasks import tag

if TYPE_CHECKING:
    import numpy as np
    import torch
else:
    np = lazy("numpy")
    torch = lazy("torch")

BUCKETS = 2**18
"""Rows of weights of each kind of feature; rarer features may share one."""
PASSES = 4
"""Passes over the training tokens at most; it ends with the first that is no better on the validation rows."""
_AT_ONCE = 2048
_RATE = 0.1
_SINGLES = (-2, -1, 0, 1, 2)
_PAIRS = (-2, -1, 0, 1)
FEATURES = len(_SINGLES) + len(_PAIRS)


@dataclass(frozen=True)
class Plain:
    """What the two say of a split, in its order, and what they know."""

    frequent: tag.Told
    linear: tag.Told
    passes: int
    """Over the training tokens, chosen on the validation split."""


def plain(data: Texts, split: Split = "test", report: Report | None = None) -> Plain:
    """Both, learned from the training rows of `data` and asked for those of `split`. Equal data give equal answers."""
    labels = tag.tags_of(data)
    train, held, asked = (_flat(data.splits[name]) for name in ("train", "validation", split))
    tell(report, say("evaluate.fitting_linear"), 0, None)
    vocabulary = int(data.facts["vocabulary"])
    counted = np.zeros((vocabulary, len(labels)), np.int64)
    np.add.at(counted, (train.ids, train.y), 1)
    counted[counted.sum(1) == 0, 0] = 1  # a token that training lacks belongs to no name
    commonest = counted.argmax(1)
    said, passes = _fitted(train, held, asked, labels, report)
    return Plain(asked.told(commonest[asked.ids]), asked.told(said), passes)


@dataclass(frozen=True)
class _Flat:
    """The N tokens of a split that have a tag, end to end: `ids` and `y` (N), and `lengths`, how many each text has.

    `around` (N, 5) are the tokens around each, −1 beyond a text's ends."""

    ids: np.ndarray[Any, Any]
    y: np.ndarray[Any, Any]
    lengths: np.ndarray[Any, Any]
    around: np.ndarray[Any, Any]

    def told(self, said: np.ndarray[Any, Any]) -> tag.Told:
        cuts = np.cumsum(self.lengths)[:-1]
        return tag.Told(
            np.split(said, cuts), np.split(self.y, cuts), float("nan"), np.arange(len(self.lengths))
        )

    def features(self) -> torch.Tensor:
        """The numbers of the rows of weights that each token adds up, (N, FEATURES) int64."""
        known = self.around.astype(np.int64) + 1
        single = [known[:, i] % BUCKETS for i in range(len(_SINGLES))]
        pairs = [
            (known[:, i + 2] * 1_000_003 + known[:, i + 3]) * 2_654_435_761 % (2**31) % BUCKETS
            for i in _PAIRS
        ]
        columns = [column + number * BUCKETS for number, column in enumerate([*single, *pairs])]
        return torch.from_numpy(np.stack(columns, 1))


def _flat(rows: Rows) -> _Flat:
    y = rows.tokens["y"].astype(np.int64)
    tagged = y != NOTHING
    text = np.repeat(np.arange(len(rows)), rows.lengths)[tagged]
    ids = rows.tokens["x"].astype(np.int64)[tagged]
    around = np.full((len(ids), len(_SINGLES)), -1, np.int64)
    for column, step in enumerate(_SINGLES):
        place = np.arange(len(ids)) + step
        inside = (place >= 0) & (place < len(ids))
        inside[inside] &= text[place[inside]] == text[inside]
        around[inside, column] = ids[place[inside]]
    return _Flat(ids, y[tagged], np.bincount(text, minlength=len(rows)), around)


def _fitted(
    train: _Flat, held: _Flat, asked: _Flat, labels: list[str], report: Report | None
) -> tuple[np.ndarray[Any, Any], int]:
    """What the linear tagger says of `asked` (N), after the pass that was best on `held`, and which that was."""
    weights = torch.nn.EmbeddingBag(FEATURES * BUCKETS, len(labels), mode="sum", sparse=True)
    torch.nn.init.zeros_(weights.weight)
    optimizer = torch.optim.Adagrad(weights.parameters(), lr=_RATE)
    features, y = train.features(), torch.from_numpy(train.y)
    others = [held.features(), asked.features()]
    best, kept, passes = -1.0, np.zeros(0, np.int64), 0
    generator = torch.Generator().manual_seed(0)
    # torch asks for a choice; the indices are our own, and sound
    torch.sparse.check_sparse_tensor_invariants.disable()  # type: ignore[no-untyped-call]
    for number in range(1, PASSES + 1):
        order = torch.randperm(len(y), generator=generator)
        for begin in range(0, len(order), _AT_ONCE):
            if begin % (64 * _AT_ONCE) == 0:
                done = (number - 1) * len(order) + begin
                tell(report, say("evaluate.fitting_linear"), done, PASSES * len(order))
            chosen = order[begin : begin + _AT_ONCE]
            optimizer.zero_grad()
            loss: Any = torch.nn.functional.cross_entropy(
                weights(features[chosen]), y[chosen], reduction="sum"
            )
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            told = [weights(one).argmax(1).numpy() for one in others]
        found = tag.f1_of(held.told(told[0]), labels)
        if found <= best:
            break
        best, kept, passes = found, told[1], number
    return kept, passes
