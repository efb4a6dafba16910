"""How long the studio's pages take until their first byte: one learner, and a class of fifty.

    python benchmarks/studio.py [--rounds 15] [--learners 50] [--seconds 60]

A studio in a process of its own serves a home with a learner's log of 400 events over two months (synthetic: the
questions of the course in its order, four of five answered rightly) and three finished runs (real, small). One
learner opens every page in turn, `rounds` times, on one connection. Then the class: each of its browsers opens a page,
thinks for five seconds, opens the next; all of one studio's browsers share its log, and one of them answers a
question every ten seconds, so that what follows from the log is worked out anew.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil

REPORT = Path(__file__).parent / "reports" / "studio.md"
PAGES = [
    "/",
    "/learn",
    "/learn/gradient-descent",
    "/map",
    "/ask?" + urlencode({"q": "how much memory does training take"}),
    "/path",
    "/path/mastery",
    "/path/plan",
    "/path/resources",
    "/path/roles/nlp-engineer",
    "/runs",
    "/play",
]
ALONE = 0.050
"""Seconds to the first byte of one learner's pages, the median over all of them, at most."""
CLASS = 0.300
"""Seconds to the first byte that nineteen of twenty pages of a class take at most."""
THINKING = 5.0
ANSWERING = 10.0
EVENTS = 400


class Browser:
    """One connection that stays open, and nothing else of a browser: its work is not to be measured."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.head = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nAccept-Language: en\r\n"

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)

    async def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[float, bytes]:
        """Seconds until the first byte of the answer, and the whole of it. Raises RuntimeError unless it is a page."""
        body = urlencode(form or {}).encode()
        head = f"{'POST' if form else 'GET'} {path} HTTP/1.1\r\n{self.head}"
        if form:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        begun = time.perf_counter()
        try:
            first = await self._first(head.encode() + b"\r\n" + body)
        except (
            asyncio.IncompleteReadError,
            ConnectionError,
        ):  # the server closes what was idle for five seconds
            await self.connect()
            first = await self._first(head.encode() + b"\r\n" + body)
        took = time.perf_counter() - begun
        told = first + await self.reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in told.split(b"\r\n")[1:] if line)
        content = await self.reader.readexactly(int(fields.get(b"content-length", b"0")))
        if told.split()[1] not in (b"200", b"303"):
            raise RuntimeError(f"{path}: {told.splitlines()[0].decode()}")
        return took, content

    async def _first(self, request: bytes) -> bytes:
        self.writer.write(request)
        return await self.reader.readexactly(1)


def write_log() -> None:
    """A learner who has worked for two months, as the studio would have written it."""
    from jinjie.course.content.library import load
    from jinjie.learner.attempts import Attempt, write
    from jinjie.learner.store import open_store

    library = load()
    now = dt.datetime.now().astimezone()
    items = [
        (quiz, item.id)
        for lesson in library.climb
        if (quiz := lesson.entry.quiz) in library.quizzes
        for item in library.quizzes[quiz].entry.items
    ]
    events = [Attempt("goal", "role:nlp-engineer", detail={"hours": 6}, time=now - dt.timedelta(days=60))]
    for number in range(EVENTS - 1):
        quiz, item = items[number * len(items) // EVENTS]
        ago = dt.timedelta(days=60 * (1 - number / EVENTS))
        right = number % 5 != 3
        events.append(Attempt("quiz", quiz, item, seed=number, passed=right, time=now - ago))
    with open_store() as store:
        write(store, *events)


def train() -> None:
    """Three small trainings, one after the other."""
    from jinjie import recipes
    from jinjie.training import launch

    for name, changes in (("line-1", {}), ("line-2", {}), ("cancer", {"budget.steps": 200})):
        run = launch.launch(recipes.find(name).changed({**changes, "threads": 1}))
        while run.state() == "running":
            time.sleep(0.1)


@contextmanager
def studio() -> Iterator[tuple[int, str, psutil.Process]]:
    """A studio in a process of its own: its port, its token, and the process."""
    code = "from jinjie.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "studio", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        made = json.loads(process.stdout.readline())
        token = urlsplit(made["address"]).query.removeprefix("token=")
        yield made["port"], token, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


async def alone(port: int, token: str, rounds: int) -> tuple[dict[str, list[float]], list[float]]:
    """Each page's seconds, after one round that warms up; and those of the first page just after an answer."""
    browser = Browser(port, token)
    await browser.connect()
    took: dict[str, list[float]] = {page: [] for page in PAGES}
    for number in range(rounds + 1):
        for page in PAGES:
            seconds, _ = await browser.ask(page)
            if number:
                took[page].append(seconds)
    after = []
    for number in range(rounds):
        await answer(browser, number)
        after.append((await browser.ask("/"))[0])
    return took, after


async def answer(browser: Browser, number: int) -> None:
    form = {"quiz": "linear-regression", "item": "one-prediction", "seed": str(number), "answer": "?"}
    await browser.ask("/path/review", form)


async def in_class(port: int, token: str, learners: int, seconds: float) -> list[float]:
    """The seconds of every page that a class opened."""
    took: list[float] = []
    until = time.monotonic() + seconds

    async def learner(number: int) -> None:
        browser = Browser(port, token)
        await browser.connect()
        await asyncio.sleep(THINKING * number / learners)
        at = number
        while time.monotonic() < until:
            took.append((await browser.ask(PAGES[at % len(PAGES)]))[0])
            at += 5  # no multiple of the number of pages: neighbours are not on the same page for ever
            await asyncio.sleep(THINKING)

    async def answers() -> None:
        browser = Browser(port, token)
        await browser.connect()
        number = 1000
        while time.monotonic() < until:
            await answer(browser, number)
            number += 1
            await asyncio.sleep(ANSWERING)

    await asyncio.gather(answers(), *(learner(number) for number in range(learners)))
    return took


def at(share: float, values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def report(
    took: dict[str, list[float]],
    after: list[float],
    crowd: list[float],
    learners: int,
    cpu: float,
    load: tuple[float, float],
) -> str:
    from jinjie.base import system

    here = system.here()
    rounds = len(after)
    everything = [value for values in took.values() for value in values]
    told = (
        f"Milliseconds until the first byte, measured by a client on the same machine. One learner opens every page "
        f"{rounds} times on one connection; the log has {EVENTS} events. Load of the machine before and after: "
        f"{load[0]:.1f} and {load[1]:.1f}; what is above 2 is other people's work."
    )
    lines = [
        "# The studio's pages",
        "",
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · Python {sys.version.split()[0]}",
        "",
        told,
        "",
        "| page | p50 | least | p95 |",
        "| --- | --- | --- | --- |",
    ]
    rows = [*took.items(), ("all of them", everything), ("`/` just after an answer", after)]
    for page, values in rows:
        figures = (statistics.median(values), min(values), at(0.95, values))
        lines.append(f"| {page} | " + " | ".join(f"{1000 * one:.0f}" for one in figures) + " |")
    together = (
        f"{learners} learners who think for {THINKING:.0f} s between pages: {len(crowd)} pages, "
        f"p50 {1000 * statistics.median(crowd):.0f} ms, p95 {1000 * at(0.95, crowd):.0f} ms, "
        f"at most {1000 * max(crowd):.0f} ms. "
        f"The studio took {1000 * cpu / len(crowd):.0f} ms of processor time a page, answers included."
    )
    lines += [
        "",
        together,
        "",
        f"Goals: p50 of all pages ≤ {1000 * ALONE:.0f} ms for one learner, p95 ≤ {1000 * CLASS:.0f} ms for fifty.",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--learners", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JINJIE_HOME"] = folder
        write_log()
        train()
        with studio() as (port, token, process):
            took, after = asyncio.run(alone(port, token, given.rounds))
            begun = process.cpu_times()
            crowd = asyncio.run(in_class(port, token, given.learners, given.seconds))
            ended = process.cpu_times()
        cpu = ended.user + ended.system - begun.user - begun.system
    text = report(took, after, crowd, given.learners, cpu, (before, os.getloadavg()[0]))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    everything = [value for values in took.values() for value in values]
    return int(statistics.median(everything) > ALONE or at(0.95, crowd) > CLASS)


if __name__ == "__main__":
    sys.exit(main())
