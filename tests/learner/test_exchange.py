"""Export and import: the same bytes there and back, nothing doubled, and a file that is not whole changes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_attempts import events, moments

from jinjie.base.errors import InvalidInput
from jinjie.base.words import LANGUAGES
from jinjie.learner import attempts, drafts, exchange, merge, values
from jinjie.learner.attempt import Attempt
from jinjie.learner.drafts import Draft
from jinjie.learner.exchange import ExchangeError
from jinjie.learner.merge import Merged
from jinjie.learner.store import Store, open_store

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=CHINA)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """New, empty stores."""
    made: list[Store] = []

    def new() -> Store:
        made.append(open_store(str(tmp_path / f"store{len(made)}" / "log.sqlite")))
        return made[-1]

    yield new
    for store in made:
        store.close()


def learn(store: Store, many: int = 3) -> None:
    for i in range(many):
        when = NOON + timedelta(minutes=i)
        attempts.write(
            store, Attempt("quiz", "attention", f"q{i}", passed=i % 2 == 0, time=when, score=0.1 * i)
        )
    drafts.save(store, Draft("descent-step", "def step():\r\n    return '进阶'\n", time=NOON))


def content(store: Store) -> bytes:
    return exchange.serialise(store)[0]


def put(tmp_path: Path, data: bytes, name: str = "log.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def resealed(data: bytes, change: Callable[[list[dict[str, Any]]], None]) -> bytes:
    """A file changed by somebody who also mends its counts and its checksum."""
    lines = [json.loads(line) for line in data.decode().splitlines()]
    change(lines)
    header, body = lines[0], "".join(values.as_json(line) + "\n" for line in lines[1:]).encode()
    header["sha256"] = exchange.checksum(header, body)
    return values.as_json(header).encode() + b"\n" + body


def test_there_and_back_gives_the_same_bytes(tmp_path: Path, stores: Callable[[], Store]) -> None:
    one, two = stores(), stores()
    learn(one)
    done = exchange.export(one, tmp_path / "log.jsonl")
    assert (done.attempts, done.drafts, done.bytes) == (3, 1, (tmp_path / "log.jsonl").stat().st_size)
    assert merge.merge(two, tmp_path / "log.jsonl") == Merged(3, 1, 0, moved_in=True)
    assert two.owner() == one.owner()
    exchange.export(two, tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "log.jsonl").read_bytes()
    assert merge.merge(two, tmp_path / "log.jsonl") == Merged(0, 0, 4, moved_in=False)
    assert content(two) == content(one)


@given(
    made=st.lists(events(), max_size=12),
    texts=st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), moments)
    ),
)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_log_comes_back_as_the_same_bytes(
    tmp_path: Path, stores: Callable[[], Store], made: list[Attempt], texts: list[tuple[str, datetime]]
) -> None:
    one, two = stores(), stores()
    attempts.write(one, *made)
    for text, when in texts:
        drafts.save(one, Draft("a", text, time=when))
    path = put(tmp_path, content(one))
    merge.merge(two, path)
    assert content(two) == path.read_bytes()
    assert [e.detail for e in attempts.iterate(two)] == [e.detail for e in attempts.iterate(one)]


def test_an_empty_log_goes_there_and_back(tmp_path: Path, stores: Callable[[], Store]) -> None:
    one, two = stores(), stores()
    assert merge.merge(two, put(tmp_path, content(one))) == Merged(0, 0, 0, moved_in=True)
    assert content(two) == content(one)


def test_two_machines_meet(tmp_path: Path, stores: Callable[[], Store]) -> None:
    """One learner, exports there and back, what was learned on both sides in between."""
    one, two = stores(), stores()
    learn(one)
    merge.merge(two, put(tmp_path, content(one)))
    attempts.write(one, Attempt("lesson", "on-one", time=NOON + timedelta(hours=1)))
    attempts.write(two, Attempt("lesson", "on-two", time=NOON + timedelta(hours=2)))
    assert merge.merge(two, put(tmp_path, content(one))) == Merged(1, 0, 4, moved_in=False)
    assert merge.merge(one, put(tmp_path, content(two))) == Merged(1, 0, 5, moved_in=False)
    assert content(one) == content(two)
    assert [e.slug for e in attempts.iterate(one)][-2:] == ["on-one", "on-two"]


def test_another_learners_log_is_refused_unless_it_is_mine(
    tmp_path: Path, stores: Callable[[], Store]
) -> None:
    one, two = stores(), stores()
    learn(one)
    attempts.write(two, Attempt("lesson", "mine"))
    path = put(tmp_path, content(one))
    before = content(two)
    with pytest.raises(ExchangeError, match="--as-mine") as caught:
        merge.merge(two, path)
    for lang in LANGUAGES:
        assert one.owner().id[:8] in caught.value.in_(lang) and two.owner().id[:8] in caught.value.in_(lang)
    assert content(two) == before

    assert merge.merge(two, path, as_mine=True) == Merged(3, 1, 0, moved_in=False)
    assert attempts.count(two) == 4 and drafts.latest(two, "descent-step") is not None
    assert merge.merge(two, path).known == 4, "both are known to be one by now"
    # and the other machine learns it from the file
    assert merge.merge(one, put(tmp_path, content(two), "two.jsonl")) == Merged(1, 0, 4, moved_in=False)
    assert attempts.count(one) == 4
    third = stores()
    merge.merge(third, path)
    assert merge.merge(third, put(tmp_path, content(two))).attempts == 1
    assert attempts.count(third) == attempts.count(third, learner_id=third.owner().id) == 4


def test_merged_logs_go_there_and_back_as_well(tmp_path: Path, stores: Callable[[], Store]) -> None:
    one, two, three = stores(), stores(), stores()
    learn(one)
    attempts.write(two, Attempt("lesson", "mine"))
    merge.merge(two, put(tmp_path, content(one)), as_mine=True)
    merge.merge(three, put(tmp_path, content(two)))
    assert content(three) == content(two)


def harm(where: int, data: bytes) -> bytes:
    return data[:where] + bytes([data[where] ^ 1]) + data[where + 1 :]


def test_no_changed_byte_goes_unnoticed(tmp_path: Path, stores: Callable[[], Store]) -> None:
    """Fault: one bit flipped, anywhere; the header too, whose learner and counts are under the sum."""
    one, two = stores(), stores()
    learn(one)
    data = content(one)
    before = content(two)
    for where in range(len(data)):
        with pytest.raises((InvalidInput, ExchangeError)):
            merge.merge(two, put(tmp_path, harm(where, data)))
    assert content(two) == before


def test_no_cut_file_is_taken(tmp_path: Path, stores: Callable[[], Store]) -> None:
    """Fault: a file that was copied half, cut anywhere, between two lines as well."""
    one, two = stores(), stores()
    learn(one)
    data = content(one)
    before = content(two)
    for length in range(len(data)):
        with pytest.raises((InvalidInput, ExchangeError)):
            merge.merge(two, put(tmp_path, data[:length]))
    for more in (b"\n", data[data.index(b"\n") + 1 :], b"{}\n"):
        with pytest.raises(InvalidInput):
            merge.merge(two, put(tmp_path, data + more))
    assert content(two) == before


def test_every_wrong_line_is_named_and_nothing_is_written(
    tmp_path: Path, stores: Callable[[], Store]
) -> None:
    one, two = stores(), stores()
    learn(one, 8)

    def change(lines: list[dict[str, Any]]) -> None:
        lines[1]["attempt"]["kind"] = "exam"
        lines[2]["attempt"]["time"] = "yesterday"
        lines[3]["attempt"]["score"] = "much"
        del lines[4]["attempt"]["id"]
        lines[5] = {"secret": {}}
        lines[6]["attempt"]["learner_id"] = values.new_id()
        lines[7]["attempt"]["id"] = lines[8]["attempt"]["id"]
        lines[9]["draft"]["file"] = 7

    with pytest.raises(InvalidInput) as caught:
        merge.merge(two, put(tmp_path, resealed(content(one), change)))
    found = [problem.where for problem in caught.value.problems]
    assert found == [
        "log.jsonl:2 kind",
        "log.jsonl:3 time",
        "log.jsonl:4 score",
        "log.jsonl:5 id",
        "log.jsonl:6",
        "log.jsonl:7 learner_id",
        "log.jsonl:9 id",
        "log.jsonl:10 file",
        "log.jsonl:1 counts.attempts",
        "log.jsonl:1 counts.drafts",
    ]
    assert attempts.count(two) == 0


def test_of_a_thousand_wrong_lines_fifty_are_said(tmp_path: Path, stores: Callable[[], Store]) -> None:
    one, two = stores(), stores()
    attempts.write(one, *(Attempt("quiz", "a") for _ in range(1000)))

    def change(lines: list[dict[str, Any]]) -> None:
        for line in lines[1:]:
            line["attempt"]["kind"] = "exam"

    with pytest.raises(InvalidInput) as caught:
        merge.merge(two, put(tmp_path, resealed(content(one), change)))
    assert len(caught.value.problems) == 51
    assert "951 problems more" in str(caught.value)


def test_an_event_that_came_with_other_contents_is_named(tmp_path: Path, stores: Callable[[], Store]) -> None:
    """Fault: somebody turns a wrong answer into a right one in the file and mends the checksum."""
    one = stores()
    learn(one)
    attempts.write(one, Attempt("lesson", "later", time=NOON + timedelta(days=1)))

    def change(lines: list[dict[str, Any]]) -> None:
        assert lines[2]["attempt"]["passed"] is False
        lines[2]["attempt"]["passed"] = True

    before = content(one)
    with pytest.raises(InvalidInput, match=r"log\.jsonl:3: is in the log already"):
        merge.merge(one, put(tmp_path, resealed(before, change)))
    assert content(one) == before


def test_a_newer_format_is_refused_kindly(tmp_path: Path, stores: Callable[[], Store]) -> None:
    one = stores()

    def change(lines: list[dict[str, Any]]) -> None:
        lines[0] |= {"version": 2, "program": "3.0.0", "more": 1}

    with pytest.raises(ExchangeError, match=r"newer Jinjie \(3\.0\.0\)"):
        merge.merge(one, put(tmp_path, resealed(content(one), change)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"hello\n",
        b"[]\n",
        b'{"format":"other"}\n',
        b"\xff\xfe\x00",
        b"PK\x03\x04",
        b"[" * 100_000 + b"\n",
        b"9" * 10_000 + b"\n",
    ],
)
def test_other_files_are_refused(tmp_path: Path, stores: Callable[[], Store], data: bytes) -> None:
    with pytest.raises(ExchangeError, match="no file that jinjie progress export wrote"):
        merge.merge(stores(), put(tmp_path, data))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"version": 1},
        {"version": True},
        {"version": "1"},
        {"version": 0},
        {
            "version": 1,
            "learner": {"id": "x", "name": 7, "created": "now"},
            "also": {},
            "counts": {"attempts": -1},
        },
    ],
)
def test_a_broken_first_line_is_refused(
    tmp_path: Path, stores: Callable[[], Store], header: dict[str, Any]
) -> None:
    data = json.dumps({"format": "jinjie-progress", **header}).encode() + b"\n"
    with pytest.raises(InvalidInput):
        merge.merge(stores(), put(tmp_path, data))


def test_files_that_are_not_there_or_folders_are_said(tmp_path: Path, stores: Callable[[], Store]) -> None:
    one = stores()
    for path in (tmp_path / "nowhere.jsonl", tmp_path):
        with pytest.raises(ExchangeError, match=path.name):
            merge.merge(one, path)
    for path in (tmp_path, tmp_path / "no" / "folder.jsonl"):
        with pytest.raises(ExchangeError, match=path.name):
            exchange.export(one, path)


def test_an_export_that_is_there_is_not_written_over_unasked(
    tmp_path: Path, stores: Callable[[], Store]
) -> None:
    """Fault: the store was lost, a new one begun, and its empty export takes the place of the good one."""
    one, two = stores(), stores()
    learn(one)
    path = tmp_path / "log.jsonl"
    exchange.export(one, path)
    before = path.read_bytes()
    with pytest.raises(ExchangeError, match="--replace"):
        exchange.export(two, path)
    assert path.read_bytes() == before
    exchange.export(two, path, replace=True)
    assert path.read_bytes() == content(two)
    assert os.listdir(tmp_path).count("log.jsonl") == 1  # noqa: PTH208


def test_a_disk_without_room_keeps_the_old_export(tmp_path: Path, stores: Callable[[], Store]) -> None:
    """A real device that is full; and an export that fails half-way leaves neither a piece nor the old file harmed."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    one = stores()
    learn(one)
    with pytest.raises(ExchangeError, match="No space left"):
        exchange.export(one, Path("/dev/full"), replace=True)


def test_the_zone_of_the_reader_changes_no_byte(
    tmp_path: Path, stores: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    one = stores()
    learn(one)
    before = content(one)
    assert b"2026-11-26T12:00:00.000000+08:00" in before
    monkeypatch.setenv("TZ", "America/St_Johns")
    time.tzset()
    try:
        assert content(one) == before
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert next(attempts.iterate(one)).time == NOON.astimezone(UTC)
