"""The API of the experiments: guarded, in the language asked for, and quick."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from jinjie.course.content.library import load
from jinjie.course.experiments.worker import Worker
from jinjie.studio.app import make_app

TOKEN = "a-token-of-forty-three-characters-or-so-0123"
HOME = "http://127.0.0.1:8642"
YAML = """\
title: {en: A curve, zh: 一条曲线}
function: show
knobs:
  - {name: rate, label: {en: rate, zh: 学习率}, min: 0, max: 1, step: 0.1, default: 0.5}
  - {name: steps, label: {en: steps, zh: 步数}, min: 1, max: 50, step: 1, default: 3}
notice: {en: x, zh: 甲}
"""
CODE = """\
from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Shown

def show(rate, steps):
    if rate == 1:
        raise ValueError("no rate of 1")
    return Shown(Curves([Line(Text("loss", "损失"), range(steps), [rate**i for i in range(steps)])]))
"""
LINE = """\
title: {en: A line, zh: 一条直线}
recipe: line-1
settings: {budget.steps: 30, threads: 1}
knobs: [{name: budget.batch, label: {en: batch, zh: 批}, choices: [8, 32], default: 8}]
notice: {en: x, zh: 甲}
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    folder = tmp_path / "content" / "experiments"
    folder.mkdir(parents=True)
    (folder / "curve.yaml").write_text(YAML, "utf-8")
    (folder / "curve.py").write_text(CODE, "utf-8")
    (folder / "line.yaml").write_text(LINE, "utf-8")
    guard = make_app(TOKEN)
    with Worker(load([folder.parent])) as worker:
        made = TestClient(guard, base_url=HOME, headers={"origin": HOME}, follow_redirects=False)
        app: Any = guard
        while not hasattr(app, "state"):
            app = app.app
        app.state.worker = worker
        made.cookies.set("jinjie", TOKEN)
        yield made


def test_without_the_token_there_is_nothing(client: TestClient) -> None:
    client.cookies.clear()
    for path in ("", "/curve", "/curve/shown", "/curve/shown.svg", "/line/recorded"):
        assert client.get(f"/api/experiments{path}").status_code in (401, 403)
    assert client.post("/api/experiments/line/runs", json={}).status_code in (401, 403)


def test_listed_and_described(client: TestClient) -> None:
    assert [one["slug"] for one in client.get("/api/experiments").json()] == ["curve", "line"]
    told = client.get("/api/experiments/curve").json()
    assert told["title"] == {"en": "A curve", "zh": "一条曲线"}
    assert told["knobs"][1]["whole"] is True
    assert client.get("/api/experiments/line").json()["recorded"] == []


def test_shown_at_the_knobs_of_the_address(client: TestClient) -> None:
    told = client.get("/api/experiments/curve/shown?rate=0.2&lang=zh&view=tab-1").json()
    assert told["knobs"] == {"rate": 0.2, "steps": 3}
    (picture,) = told["pictures"]
    root = ET.fromstring(picture["svg"])
    assert root.attrib["aria-label"] == picture["alt"]
    assert "损失" in picture["alt"] and "style" not in picture["svg"]
    assert picture["table"]["rows"][1][1] == "0.2"
    assert told["shown"]["panels"][0]["lines"][0]["y"] == pytest.approx([1, 0.2, 0.04])
    english = client.get("/api/experiments/curve/shown?rate=0.2&lang=en").json()
    assert "loss" in english["pictures"][0]["alt"]


def test_one_picture_for_a_file(client: TestClient) -> None:
    answer = client.get("/api/experiments/curve/shown.svg?steps=5&lang=zh")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "一条曲线" in answer.text
    ET.fromstring(answer.content)


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("curve/shown?rat=0.2&steps=99", 422, "1 … 50"),
        ("curve/shown?rate=2", 422, "outside of 0 … 1"),
        ("curve/shown?rate=nan", 422, "0 … 1"),
        ("curve/shown?rate=0.1&rate=0.2", 422, "twice"),
        ("curve/shown?lang=fr", 422, "en | zh"),
        ("curve/shown?rate=1", 409, "no rate of 1"),
        ("crve/shown", 404, "'curve'"),
        ("line/shown", 409, "training"),
        ("line/recorded", 404, "not recorded"),
        ("curve/recorded", 409, "answers at once"),
        ("../x/shown", 404, ""),
    ],
)
def test_what_is_wrong_is_said(client: TestClient, query: str, status: int, word: str) -> None:
    answer = client.get(f"/api/experiments/{query}")
    assert answer.status_code == status
    assert word in answer.text


def test_a_training_is_started(client: TestClient) -> None:
    wrong = client.post("/api/experiments/line/runs", json={"knobs": {"budget.batch": 9}})
    assert wrong.status_code == 422 and "8, 32" in wrong.text
    made = client.post("/api/experiments/line/runs", json={"knobs": {"budget.batch": 32}})
    assert made.status_code == 201, made.text
    assert made.json()["name"].startswith("line-1")
