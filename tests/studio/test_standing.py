"""Where the learner stands: worked out once for a log, anew when it has grown, and for another course."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import Store, open_store
from jinjie.studio import standing as studio


def test_worked_out_once_for_a_log() -> None:
    library = load()
    first = studio.standing(library)
    assert studio.standing(library) is first and not first.events and not first.trouble
    with open_store() as store:
        write(store, Attempt("placement", "gpt", detail={"said": "known"}))
    then = studio.standing(library)
    assert then is not first and len(then.events) == 1
    assert then.beliefs["gpt"].p > first.beliefs["gpt"].p
    assert studio.standing(load()) is not then, "another reading of the course is another course"


def test_a_log_that_cannot_be_read_is_as_an_empty_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library = load()
    with open_store() as store:
        write(store, Attempt("placement", "gpt", detail={"said": "known"}))
    whole = studio.standing(library)
    with monkeypatch.context() as patch:
        patch.setenv("JINJIE_DATABASE", str(tmp_path / "log.sqlite"))
        (tmp_path / "log.sqlite").write_bytes(b"no database" * 99)
        broken = studio.standing(library)
        assert broken.trouble and not broken.events
    assert studio.standing(library).events == whole.events


def test_the_questions_are_read_once() -> None:
    library = load()
    first = studio.questions(library)
    assert studio.questions(library) is first
    assert studio.questions(load()) is not first


def test_only_what_is_new_of_the_log_is_read_and_its_order_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    library, now = load(), datetime.now().astimezone()
    with open_store() as store:
        write(store, Attempt("lesson", "attention", time=now))
    before = studio.standing(library)
    asked: list[dict[str, Any]] = []
    read = studio.iterate

    def iterated(store: Store, **which: Any) -> Any:
        asked.append(which)
        return read(store, **which)

    monkeypatch.setattr(studio, "iterate", iterated)
    late = Attempt("lesson", "transformer", time=now - timedelta(days=9))  # as an import brings them
    with open_store() as store:
        write(store, late, Attempt("lesson", "optimizers", time=now + timedelta(seconds=1)))
        whole = [one.id for one in read(store)]
    after = studio.standing(library)
    assert [one.id for one in after.events] == whole and len(whole) == len(before.events) + 2
    assert asked == [{"after": before.events[0].seq}]
