"""The studio's next step: worked out once for a log, and anew when it has grown."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.path import following as path
from jinjie.studio import standing
from jinjie.studio.next_step import next_step


def test_worked_out_anew_when_the_log_has_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    library, calls = load(), []

    def counted(*given: object, **more: object) -> path.Step:
        calls.append(given)
        return path.following(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(standing, "following", counted)
    first = library.climb[0]
    told = [next_step(standing.standing(library)) for _ in range(3)]
    assert len(calls) == 1
    assert told[0] == told[2] == {
        "href": f"/learn/{first.slug}", "title": str(first.entry.title), "minutes": first.entry.minutes,
        "begun": False, "reason": str(standing.standing(library).step.reason),
    }  # fmt: skip
    when = datetime(2020, 1, 1).astimezone()  # an old event that comes late, as from another machine
    known = [Attempt("placement", one, time=when, detail={"said": "known"}) for one in first.entry.teaches]
    with open_store() as store:
        write(store, *known)
    step = next_step(standing.standing(library))
    assert step is not None and (step["href"], step["begun"]) == (f"/learn/{first.slug}#quiz", True)
    assert len(calls) == 2


def test_a_log_that_cannot_be_read_leads_to_the_first_lesson(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JINJIE_DATABASE", str(tmp_path / "log.sqlite"))
    (tmp_path / "log.sqlite").write_bytes(b"no database" * 99)
    library = load()
    step = next_step(standing.standing(library))
    assert step is not None and step["href"] == f"/learn/{library.climb[0].slug}"


def test_what_is_due_comes_first() -> None:
    library = load()
    quiz = library.quizzes["gradient-descent"]
    when = datetime.now().astimezone() - timedelta(days=30)
    with open_store() as store:
        write(store, Attempt("quiz", quiz.slug, item=quiz.entry.items[0].id, seed=1, passed=True, time=when))
    step = next_step(standing.standing(library))
    assert step is not None and (step["href"], step["begun"]) == ("/path/review", True)
