"""The first ten minutes from `make start` on: a poem, a training, the plug pulled, the mask taken away and written."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running_studio import Server, ended, free_port

from jinjie.base import machine
from jinjie.base.machine import Profile, Rates
from jinjie.base.paths import machine_file
from jinjie.base.system import cpu
from jinjie.course.content.library import load
from jinjie.training.runs import find

ROOT = Path(__file__).parents[2]
PROMISED = 600.0
"""Seconds that it may take in all; what a reader reads and thinks comes on top, so it is far less."""
SMALL = {
    "model.layers": "2",
    "model.width": "64",
    "budget.steps": "100000",  # so many that no machine is through before it was seen moving
    "budget.log_every": "1",
    "budget.evaluate_every": "1000",
    "budget.evaluate_batches": "1",
    "threads": "1",
}


class Minutes:
    """What each step took."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.took[name] = time.perf_counter() - begun
        print(f"{self.took[name]:6.1f} s  {name}")


def set_up(place: Path) -> None:
    """A checkout of this tree in which every stage of `make start` is done: its files and environment are links."""
    place.mkdir()
    for name in (
        "make.toml",
        "pyproject.toml",
        "constraints.txt",
        "package.json",
        "package-lock.json",
        ".npmrc",
        "src",
    ):
        (place / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "make.py", place)  # which takes the folder it lies in for the checkout
    (place / ".venv").mkdir()
    for part in Path(sys.prefix).iterdir():
        if part.name != "stages":
            (place / ".venv" / part.name).symlink_to(part)
    rates = Rates(fp32=50, bf16=50)
    measured = Profile(
        cpu=cpu()[0], cores=2, torch=machine.torch_version(), time=1.0, one=rates, all=rates,
        read_gbytes=10, op_us=5, step_us=500,
    )  # fmt: skip
    machine_file().write_text(measured.model_dump_json())
    spec = importlib.util.spec_from_file_location("make_of_a_checkout", place / "make.py")
    assert spec is not None and spec.loader is not None
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    for stage in make.TO_START:
        stage.finish()
    left = [stage.name for stage in make.TO_START if not stage.finished()]
    assert left == [], "make start would set something up"


@pytest.fixture(params=["set up", pytest.param("fresh", marks=pytest.mark.slow)])
def server(request, home, tmp_path):
    """A studio that `make start` starts: in a checkout that is set up, or in a clone of which nothing is."""
    place = tmp_path / "checkout"
    environ = dict(os.environ)
    python = sys.executable
    if request.param == "fresh":
        subprocess.run(["git", "clone", "-q", ROOT, place], check=True)
        for name in ("VIRTUAL_ENV", "PYTHONPATH"):
            environ.pop(name, None)
        python = getattr(sys, "_base_executable", python)
    else:
        set_up(place)
    command = (python, "make.py", "start")
    with ended(Server(free_port(), command=command, folder=place, environ=environ)) as made:
        yield made


@pytest.mark.long
def test_the_first_ten_minutes(request, server, eye):
    minutes = Minutes()
    with minutes.step("make start, to the first page"):
        server.start()
        page = request.getfixturevalue("open_page")("/")
        assert "Welcome" in page.locator("h1").inner_text()

    with minutes.step("a poem from a typed word"):
        page.locator("#home-word").fill("秋风")
        page.locator(".home-write button").click()
        page.wait_for_url("**/play/write/poems?prompt=*")
        page.locator("#tokens .token").nth(10).wait_for()
        assert page.locator("#given").inner_text() == "秋风"

    def follow(number: int) -> None:
        """The step of that number on the first page."""
        page.goto(server.home + "/")
        page.locator(f".ten-minutes li:nth-child({number}) a").click()

    moved = "n => Number(document.getElementById('chart')?.dataset.points || 0) > n"
    with minutes.step("a training started, its curve moving"):
        follow(2)
        page.wait_for_url("**/runs?recipe=gpt-poems")
        assert page.get_by_role("radio", name=re.compile("gpt-poems")).is_checked()
        page.locator("#settings > summary").click()
        while (folded := page.locator("#settings details:not([open]) > summary")).count():
            folded.first.click()
        for path, value in SMALL.items():
            page.locator(f'[name="{path}"]').fill(value)
        page.get_by_role("button", name="Start training").click()
        page.wait_for_url("**/runs/gpt-poems-1")
        page.wait_for_function(moved, arg=0)
        page.wait_for_function(moved, arg=int(page.locator("#chart").get_attribute("data-points")))

    with minutes.step("the plug pulled, and on"):
        run = find("gpt-poems-1")
        eye.away = True
        os.kill(run.pid, signal.SIGKILL)
        server.kill()
        server.start()
        page.goto(server.address)
        page.goto(server.home + "/runs/gpt-poems-1")
        page.locator(".status .state.interrupted").wait_for()
        eye.away = False
        points = int(page.locator("#chart").get_attribute("data-points"))
        page.get_by_role("button", name="Resume", exact=True).click()
        page.wait_for_function(moved, arg=points)
        page.get_by_role("button", name="Stop", exact=True).click()
        page.locator(".status .state.stopped").wait_for()
        assert any(event["type"] == "resumed" for event in run.events)

    with minutes.step("the mask taken away"):
        follow(4)
        page.wait_for_url("**/play/inside/poems?text=*open=1")
        page.locator(".losses tfoot").wait_for()
        masked, bare = (float(n) for n in re.findall(r"\d+\.\d+", page.locator(".losses tfoot").inner_text()))
        # of this word; a model that was trained with its mask is disturbed by most longer texts, and the page says so
        assert bare < masked

    with minutes.step("the mask written and graded"):
        follow(5)
        page.wait_for_url("**/learn/attention#exercise-causal-mask")
        exercise = load().exercises["causal-mask"]
        task = page.locator("#exercise-causal-mask")
        task.locator("textarea").fill((exercise.folder / "solution.py").read_text("utf-8"))
        task.get_by_role("button", name="Check").click()
        task.locator(".passed").wait_for()

    with minutes.step("how far that is"):
        page.goto(server.home + "/path/roles/large-model-engineer")
        page.locator(".gap, svg").first.wait_for()
        assert page.locator("h1").inner_text() == "Large-model engineer"

    assert sum(minutes.took.values()) < PROMISED, minutes.took
