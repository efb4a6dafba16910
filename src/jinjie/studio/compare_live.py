"""Several runs on one page while they train: the points of each, and now and then the tables anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from jinjie.studio.live import Frame, Parts, RunWatch
from jinjie.studio.story import Stories
from jinjie.training.events import RunGone
from jinjie.training.runs import Run

REST = 2.0
"""Seconds between two renderings of the tables at least."""
SHARE = 10
"""A rendering reads the runs' diaries whole: it may take this part of the time, however long they are."""


class ComparisonWatch:
    """News of runs that are compared. It knows no offsets of a page: one that comes back gets everything anew."""

    def __init__(self, runs: Sequence[Run], stories: Stories, parts: Callable[[], dict[str, str]]) -> None:
        self.runs = runs
        self.stories = stories
        self.render = parts
        self.parts = Parts()
        self.watches = [RunWatch(run, stories, lambda _: {}, None) for run in runs]
        self.known: list[Any] = []
        self.next = 0.0

    def frames(self) -> list[Frame]:
        """Points as `reset` or `more`, each with the place of its `run` among those compared; then `parts`."""
        found = []
        for place, watch in enumerate(self.watches):
            for frame in watch.frames():
                if frame.event == "gone":
                    return [Frame("gone", {})]
                points = {name: frame.data[name] for name in ("train", "validation")}
                found.append(Frame(frame.event, {"run": place, **points}))
        try:
            tables = self._tables()
        except RunGone:
            return [Frame("gone", {})]
        return [*found, Frame("parts", tables)] if tables else found

    def _tables(self) -> dict[str, str]:
        """The tables that differ from what was sent, where the runs have moved on and it is time."""
        now = time.monotonic()
        if now < self.next:
            return {}
        stories = [self.stories.of(run) for run in self.runs]
        known = [(story.tail.offset, story.state) for story in stories]
        if known == self.known:
            return {}
        self.known = known
        news = self.parts.changed(self.render())
        self.next = time.monotonic() + max(REST, SHARE * (time.monotonic() - now))
        return news
