"""A folder of experiments for these tests: one that works, and one function a fault."""

from __future__ import annotations

from pathlib import Path

YAML = """\
title: {en: Descent in a valley, zh: 在山谷中下降}
function: FUNCTION
knobs:
  - {name: rate, label: {en: learning rate, zh: 学习率}, min: 0.01, max: 1.2, step: 0.01, default: 0.1}
  - {name: steps, label: {en: steps, zh: 步数}, min: 1, max: 50, step: 1, default: 20}
  - {name: start, label: {en: start, zh: 起点}, choices: [left, right], default: left}
  - {name: noisy, label: {en: noise, zh: 噪声}, choices: [true, false], default: false}
notice: {en: The narrow side decides., zh: 窄的一边说了算。}
"""
CODE = '''\
"""Experiments as somebody might write them."""

import os
import time

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Numbers, Shown, Value, Words


def show(rate: float, steps: int, start: str, noisy: bool) -> Shown:
    x = 3.0 if start == "right" else -3.0
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - rate * 2 * path[-1])
    losses = [x * x for x in path]
    line = Line(Text("loss", "损失"), range(len(losses)), losses)
    last = Value(Text("last loss", "最后的损失"), losses[-1])
    kinds = Words(f"{type(rate).__name__} {type(steps).__name__} {type(noisy).__name__}")
    return Shown(Curves([line], x_label=Text("step", "步"), log_y=True), Numbers([last]), kinds)


def raises(**knobs):
    return 1 / 0


def loops(**knobs):
    while True:
        pass


def dies(**knobs):
    os._exit(7)


def nothing(**knobs):
    return {"panels": []}


def huge(**knobs):
    return Shown(Curves([Line("a", range(10**7), range(10**7))]))


def slow(**knobs):
    time.sleep(0.4)
    return Shown(Words("x"))


def few(rate):
    return Shown(Words("x"))


def edge(rate, **knobs):
    if rate > 1:
        raise ValueError("no rate above 1")
    return Shown(Words("x"))


def outside(**knobs):
    return Shown(Words(open("/etc/passwd").read()))
'''


def add(folder: Path, slug: str, function: str, old: str = "", new: str = "") -> None:
    """Another experiment with this function; `old` of its YAML becomes `new`."""
    text = YAML.replace("FUNCTION", function)
    assert old in text
    (folder / "experiments" / f"{slug}.yaml").write_text(text.replace(old, new, 1), "utf-8")
    (folder / "experiments" / f"{slug}.py").write_text(CODE, "utf-8")
