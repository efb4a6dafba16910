"""What a learner may know as a whole: sets of concepts that are closed under what concepts require.

A few thousand such states are drawn once from a prior, always the same ones; evidence gives each a weight. What is
known of one concept so tells of others: who can do backpropagation can do the chain rule, and who is new to vectors
does not know attention. The prior: one ability over all, a deviation for each area and one for each concept; a concept
is known where the three together exceed its difficulty and all that it requires is known (a Rasch model over the
prerequisite graph; the states are those of knowledge space theory, Doignon and Falmagne 1985).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from jinjie.path.graph import Graph, Shape

DRAWN = 4000
SEED = 20_261_126
MEAN = -1.5
"""Ability of who comes, in logits: most are new to nearly all of it."""

ABILITY, AREA, CONCEPT = 1.5, 0.9, 0.8
"""Standard deviations, in logits."""

A_LEVEL = 0.9
"""Logits from one of the five levels to the next; level 3 lies at 0."""

BROUGHT_ALONG = 2.0
"""Logits by which school mathematics and some Python are easier than their level says."""


@dataclass(frozen=True)
class States:
    """`known` (S, C): whether each of S states holds each of C concepts; `ability` (S,) in logits."""

    concepts: tuple[str, ...]
    known: NDArray[np.bool_]
    ability: NDArray[np.float64]

    def place(self, concept: str) -> int:
        return _places(self.concepts)[concept]

    def weights(self, ratios: Mapping[str, float]) -> NDArray[np.float64]:
        """(S,) summing to 1. `ratios`: for a concept, how many times likelier what was seen is if it is known."""
        log = np.zeros(len(self.known))
        for concept, ratio in ratios.items():
            log += np.log(ratio) * self.known[:, self.place(concept)]
        weights = np.exp(log - log.max())
        return np.asarray(weights / weights.sum())

    def shares(self, ratios: Mapping[str, float]) -> dict[str, float]:
        """The probability of each concept from what was seen of the *others*."""
        weights = self.weights(ratios)
        total = weights @ self.known
        found = dict(zip(self.concepts, total.tolist(), strict=True))
        for concept, ratio in ratios.items():
            # without its own evidence the states that hold it weigh 1 / ratio
            share = found[concept] / ratio
            found[concept] = share / (share + 1 - found[concept]) if share + 1 - found[concept] else 0.5
        return found


def states(graph: Graph, seed: int = SEED) -> States:
    """The states of a graph, drawn once; with another seed, other learners of the same prior."""
    return _drawn(graph.shape, seed)


@lru_cache(maxsize=4)
def _drawn(shape: Shape, seed: int) -> States:
    rng = np.random.default_rng(seed)
    concepts = tuple(slug for slug, *_ in shape)
    places = _places(concepts)
    ability = rng.normal(MEAN, ABILITY, DRAWN)
    areas = {stage: rng.normal(0, AREA, DRAWN) for stage in sorted({stage for *_, stage, _ in shape})}
    known = np.zeros((DRAWN, len(concepts)), dtype=np.bool_)
    for i, (_, level, prior, stage, requires) in enumerate(shape):
        difficulty = A_LEVEL * (level - 3) - BROUGHT_ALONG * prior
        held = ability + areas[stage] + rng.normal(0, CONCEPT, DRAWN) > difficulty
        for one in requires:
            held &= known[:, places[one]]
        known[:, i] = held
    return States(concepts, known, ability)


@lru_cache(maxsize=4)
def _places(concepts: tuple[str, ...]) -> dict[str, int]:
    return {slug: i for i, slug in enumerate(concepts)}
