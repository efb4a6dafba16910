"""What a page is told while it is open: server-sent events made from the run folders.

An event's id is the byte offset in `events.jsonl` up to which the page knows the run. A page that comes back after
the server was gone sends it (Last-Event-ID, or `since`), and gets what it missed. After a resume earlier points are
void; the page then gets everything anew (`reset`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from jinjie.studio.curve import Curve
from jinjie.studio.story import Stories, Story, sample
from jinjie.training.events import Event, RunGone, Tail
from jinjie.training.runs import Run

PACE = 0.4
"""Seconds between two looks."""
SILENCE = 10.0
"""Seconds after which an idle stream says a word, so that a dead connection is noticed."""


@dataclass(frozen=True)
class Frame:
    """One server-sent event."""

    event: str
    data: Any
    id: int | None = None

    def encoded(self) -> bytes:
        head = f"id: {self.id}\n" if self.id is not None else ""
        return f"{head}event: {self.event}\ndata: {json.dumps(self.data, ensure_ascii=False)}\n\n".encode()


class Watch(Protocol):
    """Something that has news now and then."""

    def frames(self) -> list[Frame]:
        """The news since the last call. A frame "gone" is the last there is."""
        ...


class Parts:
    """Pieces of a page that are sent when they differ from what was sent before."""

    def __init__(self) -> None:
        self._sent: dict[str, bytes] = {}

    def changed(self, parts: dict[str, str]) -> dict[str, str]:
        """Those of `parts` that are new or different."""
        news = {}
        for name, html in parts.items():
            digest = hashlib.blake2b(html.encode(), digest_size=16).digest()
            if self._sent.get(name) != digest:
                self._sent[name] = digest
                news[name] = html
        return news


class RunWatch:
    """One run: points for its chart, samples, and the parts of its page."""

    def __init__(
        self, run: Run, stories: Stories, parts: Callable[[Story], dict[str, str]], since: int | None
    ) -> None:
        self.run = run
        self.stories = stories
        self.render = parts
        self.parts = Parts()
        self.tail = Tail(run.path / "events.jsonl", since or 0)
        self.fresh = since is None

    def frames(self) -> list[Frame]:
        try:
            story = self.stories.of(self.run)
            found = self._points(story)
        except RunGone:
            return [Frame("gone", {})]
        if news := self.parts.changed(self.render(story)):
            found.append(Frame("parts", news))
        return found

    def _points(self, story: Story) -> list[Frame]:
        with story.lock:
            behind = story.tail.offset - self.tail.offset
            if not self.fresh and behind == 0:
                return []
            events = [] if self.fresh or behind < 0 else self.tail.read()
            if self.fresh or behind < 0 or any(e["type"] == "resumed" for e in events):
                self.fresh = False
                story.refresh()
                self.tail.offset = story.tail.offset
                return [Frame("reset", story.chart(), self.tail.offset)]
            return [Frame("more", _more(events, story), self.tail.offset)]


def _more(events: list[Event], story: Story) -> dict[str, Any]:
    """New events as the page's chart takes them."""
    curve = Curve()
    for event in events:
        if event["type"] == "step":
            curve.add(event["step"], event.get("loss"))
    looks = [
        e
        for e in events
        if e["type"] == "evaluated" and e.get("split") == "validation" and "loss" in e["metrics"]
    ]
    return {
        "train": curve.points(),
        "validation": [(e["step"], e["metrics"]["loss"]) for e in looks],
        "samples": [sample(e) for e in events if e["type"] == "sample"],
        "total": story.total,
    }


class ListWatch:
    """The list of runs: rows that changed, and the order of all."""

    def __init__(self, stories: Stories, rows: Callable[[list[Story]], dict[str, str]]) -> None:
        self.stories = stories
        self.render = rows
        self.parts = Parts()
        self.order: list[str] | None = None

    def frames(self) -> list[Frame]:
        rows = self.render(self.stories.all())
        news, order = self.parts.changed(rows), list(rows)
        if not news and order == self.order:
            return []
        self.order = order
        return [Frame("rows", {"order": order, "rows": news})]


async def stream(watch: Watch, closing: threading.Event) -> AsyncIterator[bytes]:
    """The watch's news as the body of a text/event-stream, until the run is gone or the server closes."""
    yield b"retry: 1000\n\n"
    quiet = 0.0
    while not closing.is_set():
        frames = await asyncio.to_thread(watch.frames)
        for frame in frames:
            yield frame.encoded()
            if frame.event == "gone":
                return
        quiet = 0.0 if frames else quiet + PACE
        if quiet >= SILENCE:
            quiet = 0.0
            yield b": still here\n\n"
        await asyncio.sleep(PACE)
