"""A loss curve of any length in bounded room: what a page can draw, without losing a spike."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

Point = tuple[int, float]
"""(step, loss)"""

ROOM = 1500
"""Buckets at most. Each gives at most two points; no screen shows more."""


class Curve:
    """Points of a curve, thinned as they come.

    Each bucket covers `width` steps and keeps its lowest and its highest point. When there are more than `room`
    buckets, neighbours are merged and the width doubles. So the whole curve costs O(room) memory and each point O(1)
    time (amortised), and a spike of a single step stays visible however long the run is.
    """

    def __init__(self, room: int = ROOM) -> None:
        self.room = room
        self.width = 1
        self._buckets: dict[int, tuple[Point, Point]] = {}
        self.last: Point | None = None

    def add(self, step: int, value: float | None) -> None:
        """Add a point; one that is not finite has no place on an axis and is left out."""
        if value is None or not isfinite(value):
            return
        point = (step, value)
        self.last = point
        self._put(self._buckets, step // self.width, point)
        while len(self._buckets) > self.room:
            self.width *= 2
            merged: dict[int, tuple[Point, Point]] = {}
            for low, high in self._buckets.values():
                for kept in (low, high):
                    self._put(merged, kept[0] // self.width, kept)
            self._buckets = merged

    def cut(self, step: int) -> None:
        """Forget every point past `step`: the run was resumed from there."""
        kept = [point for point in self.points() if point[0] <= step]
        self._buckets = {}
        self.last = None
        for point in kept:
            self.add(*point)

    def points(self) -> list[Point]:
        """The kept points in order of their step."""
        found: list[Point] = []
        for low, high in self._buckets.values():
            found += sorted({low, high})
        if self.last is not None and (not found or found[-1] != self.last):
            found.append(self.last)
        return sorted(set(found))

    @staticmethod
    def _put(buckets: dict[int, tuple[Point, Point]], key: int, point: Point) -> None:
        low, high = buckets.get(key, (point, point))
        buckets[key] = (min(low, point, key=lambda p: p[1]), max(high, point, key=lambda p: p[1]))


def sparkline(points: Iterable[Point], width: int = 120, height: int = 28) -> str:
    """The curve as the `d` of one SVG path inside width × height: the mean of each column of two pixels.

    Empty when there are fewer than two points.
    """
    known = list(points)
    if len(known) < 2 or known[0][0] == known[-1][0]:
        return ""
    first, last = known[0][0], known[-1][0]
    columns: dict[int, list[float]] = {}
    for step, value in known:
        columns.setdefault(round((step - first) / (last - first) * width / 2), []).append(value)
    means = {column * 2: sum(values) / len(values) for column, values in sorted(columns.items())}
    low, high = min(means.values()), max(means.values())
    scale = (height - 4) / (high - low) if high > low else 0.0
    drawn = [f"{x} {height - 2 - (value - low) * scale:.1f}" for x, value in means.items()]
    return "M" + "L".join(drawn)
