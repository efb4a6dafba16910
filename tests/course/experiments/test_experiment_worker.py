"""Functions asked again and again in the sandbox: quick, and none that fails takes the next one with it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from faulty_experiments import CODE, YAML, add

from jinjie.base.errors import InvalidInput, NotFound
from jinjie.base.words import speaking
from jinjie.course.content.library import load
from jinjie.course.experiments.draw import pictures
from jinjie.course.experiments.shown import Shown
from jinjie.course.experiments.worker import AT_ONCE, Failed, Refused, Superseded, Worker


def loss(shown: Shown) -> float:
    return float(shown.panels[1].values[0].value)


def test_answers_with_knobs_and_defaults(folder: Path) -> None:
    with Worker(load([folder])) as worker:
        assert loss(worker.show("valley")) == pytest.approx(9 * 0.8**40)
        assert loss(worker.show("valley", {"steps": "1", "rate": 0.5})) == 0
        said = worker.show("valley", {"rate": 1, "steps": 3.0, "noisy": "true"}).panels[2].text.en
        assert said == "float int bool", "what the function is given is of the kind that its file says"


def test_a_slider_is_answered_at_once(folder: Path) -> None:
    """0.3 s with the drawing; p50 0.03 and p95 0.06 s on two idle cores. The bound leaves room for a busy machine."""
    with Worker(load([folder])) as worker:
        pictures(worker.show("valley"), "en")
        taken = []
        for i in range(1, 21):
            begun = time.perf_counter()
            pictures(worker.show("valley", {"rate": i / 20}), "zh")
            taken.append(time.perf_counter() - begun)
    taken.sort()
    print(f"p50 {taken[10]:.3f} s, p95 {taken[18]:.3f} s")
    assert taken[10] < AT_ONCE


def test_the_same_knobs_are_not_asked_twice(folder: Path) -> None:
    with Worker(load([folder])) as worker:
        first = worker.show("valley", {"rate": 0.2})
        assert worker.show("valley", {"rate": "0.2"}) is first
        assert worker.show("valley", {"rate": 0.2}, again=True) is not first
        assert worker.show("valley", {"rate": 0.3}) is not first


@pytest.mark.parametrize(
    ("function", "word"),
    [
        ("raises", "ZeroDivisionError"),
        ("loops", "longer than 1 s"),
        ("dies", "without an answer"),
        ("absent", "absent"),
        ("outside", "passwd"),
        ("nothing", "not dict"),
        ("huge", "at most 60000"),
    ],
)
def test_a_function_that_fails_is_said_and_the_next_question_answered(
    folder: Path, function: str, word: str
) -> None:
    add(folder, "broken", function)
    with Worker(load([folder]), seconds=1.0) as worker:
        with speaking("en"), pytest.raises(Failed) as said:
            worker.show("broken")
        assert word in said.value.in_("en")
        assert said.value.in_("en") != said.value.in_("zh")
        assert (folder / "experiments" / "broken.yaml").write_text(YAML.replace("FUNCTION", "show"), "utf-8")
        worker._library = load([folder])
        assert loss(worker.show("broken")) > 0, "the same module, asked for another of its functions"


def test_what_is_raised_names_the_line_of_the_file(folder: Path) -> None:
    add(folder, "broken", "raises")
    line = CODE.splitlines().index("    return 1 / 0") + 1
    with Worker(load([folder])) as worker, pytest.raises(Failed, match=f"broken.py:{line} "):
        worker.show("broken")


def test_what_cannot_be_shown_is_said_in_the_askers_language(folder: Path) -> None:
    add(folder, "broken", "huge")
    with Worker(load([folder])) as worker, pytest.raises(Refused) as said:
        worker.show("broken")
    assert "最多显示" in said.value.in_("zh")
    assert "at most" in said.value.in_("en")
    line = CODE.splitlines().index("def huge(**knobs):") + 2
    assert f"broken.py:{line}:" in said.value.in_("en")


@pytest.mark.parametrize(
    "code", ["def show(:\n", "raise RuntimeError('early')\n", "import no_such_module\n", ""]
)
def test_a_file_that_cannot_be_imported(folder: Path, code: str) -> None:
    (folder / "experiments" / "valley.py").write_text(code, "utf-8")
    with Worker(load([folder])) as worker:
        with pytest.raises(Failed, match=r"valley\.py"):
            worker.show("valley")
        (folder / "experiments" / "valley.py").write_text(CODE, "utf-8")
        assert worker.show("valley"), "a file that was mended is read again"


def test_questions_about_what_is_not_there(folder: Path) -> None:
    add(folder, "absent", "show")
    (folder / "experiments" / "absent.py").unlink()
    with Worker(load([folder])) as worker:
        with pytest.raises(NotFound, match="valley"):
            worker.show("vally")
        with pytest.raises(InvalidInput, match="rate"):
            worker.show("valley", {"rat": 1})
        with pytest.raises(Failed, match=r"absent\.py"):
            worker.show("absent")


def test_only_the_newest_of_a_slider_waits(folder: Path) -> None:
    """A slider that passes ten values while the first is worked out is answered twice, not ten times."""
    add(folder, "slow", "slow")
    asked: dict[int, str] = {}
    with Worker(load([folder])) as worker:
        worker.show("slow", {"steps": 50})

        def ask(i: int) -> None:
            try:
                worker.show("slow", {"steps": i}, asker="page")
                asked[i] = "answered"
            except Superseded:
                asked[i] = "superseded"

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(1, 11)]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
            time.sleep(0.01)
        other = threading.Thread(
            target=lambda: asked.update({99: str(worker.show("slow", {"steps": 40}, "other"))})
        )
        other.start()
        for thread in [*threads, other]:
            thread.join(20)
        seconds = time.monotonic() - begun
    assert asked[1] == asked[10] == "answered"
    assert [asked[i] for i in range(2, 10)] == ["superseded"] * 8
    assert 99 in asked, "another page is not superseded by this one"
    assert seconds < 3.0, "three answers of 0.4 s, and not eleven"


def test_modules_that_are_not_used_end(folder: Path) -> None:
    for name in ("a", "b", "c"):
        add(folder, name, "show")
    with Worker(load([folder]), most=2) as worker:
        for name in ("a", "b", "c", "a"):
            assert worker.show(name, {"rate": 0.5})
        assert len(worker._warm) == 2
