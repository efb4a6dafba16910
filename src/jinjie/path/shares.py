"""The probability of each concept from what was seen of others; before anything was seen, from what was kept.

The states that tell it (`states`) are always the same for one graph, and drawing them takes NumPy. What they say of a
learner of whom nothing is known yet is kept in a file, by the hash of all that it depends on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from jinjie.base.files import write_json
from jinjie.base.paths import course_home
from jinjie.path.graph import Graph

FORMAT = 1
"""Raised when `states` draws other states for the same graph."""


def shares(graph: Graph, ratios: Mapping[str, float]) -> dict[str, float]:
    """As `States.shares` of the graph's states: `ratios` are of the concepts of which something was seen."""
    if ratios:
        return _drawn(graph, ratios)
    key = sha256(repr((FORMAT, graph.shape)).encode()).hexdigest()
    kept = _kept(key)
    if kept is None or kept.keys() != graph.concepts.keys():
        kept = _drawn(graph, {})
        with suppress(OSError):  # a home that cannot be written is no fault: they are drawn again
            _file().parent.mkdir(parents=True, exist_ok=True)
            write_json(_file(), {"key": key, "shares": kept})
    return kept


def _drawn(graph: Graph, ratios: Mapping[str, float]) -> dict[str, float]:
    from jinjie.path.states import states  # NumPy

    return states(graph).shares(ratios)


def _kept(key: str) -> dict[str, float] | None:
    try:
        found = json.loads(_file().read_bytes())
        return (
            {str(slug): float(share) for slug, share in found["shares"].items()}
            if found["key"] == key
            else None
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _file() -> Path:
    return course_home() / "shares.json"
