"""Plans in the studio: reckoned as on the command line, kept in the log, taken along as files; mistakes are said."""

from __future__ import annotations

import html
from datetime import date, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from jinjie.cli.main import main
from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import iterate, write
from jinjie.learner.store import open_store

LIBRARY = load()


def test_without_a_goal_it_is_the_whole_course(client: TestClient) -> None:
    page = client.get("/path/plan").text
    assert "Plan: what the written lessons teach" in page and "This is your goal" not in page
    assert '<option value="spine:spine" selected>' in page
    for slug in ("role:nlp-engineer", "system:gpt-shakespeare", "concept:adam"):
        assert slug.partition(":")[2] not in LIBRARY.systems or f'<option value="{slug}">' in page


def test_a_goal_is_kept_and_shown_from_then_on(client: TestClient) -> None:
    by = (date.today() + timedelta(days=900)).isoformat()
    wish = {"goal": "role:nlp-engineer", "hours": "6.5", "by": by, "language": "zh", "free_only": "on"}
    answer = client.post("/path/plan", data=wish)
    assert (answer.status_code, answer.headers["location"]) == (303, "/path/plan")
    with open_store() as store:
        (kept,) = iterate(store)
    assert (kept.kind, kept.slug) == ("goal", "role:nlp-engineer")
    assert {name: kept.detail[name] for name in ("hours", "by", "language", "free_only")} == {
        "hours": 6.5,
        "by": by,
        "language": "zh",
        "free_only": True,
    }
    page = client.get("/path/plan").text
    assert "This is your goal" in page and "It fits" in page and "with 6.5 a week" in page
    assert '<option value="role:nlp-engineer" selected>' in page and f'value="{by}"' in page
    front = client.get("/path").text
    assert "This week" in front and "Natural-language-processing engineer" in front


def test_the_same_weeks_as_on_the_command_line(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.md"
    words = ["--goal", "concept:adam", "--hours-per-week", "3", "--markdown", str(file)]
    monkeypatch.setattr("sys.argv", ["jinjie", "plan", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    answer = client.get("/path/plan.md?goal=concept:adam&hours=3")
    assert answer.text == file.read_text(encoding="utf-8")
    assert "attachment" in answer.headers["content-disposition"]


def test_a_calendar(client: TestClient) -> None:
    answer = client.get("/path/plan.ics?goal=concept:adam&hours=3")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text.count("BEGIN:VEVENT") > 1


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf", "169", "many"])
def test_all_that_is_wrong_is_said_at_once_and_nothing_is_kept(client: TestClient, hours: str) -> None:
    wish = {"goal": "role:nlp-enginer", "hours": hours, "by": "2020-01-01", "language": "de"}
    for answer in (client.get("/path/plan", params=wish), client.post("/path/plan", data=wish)):
        page = html.unescape(answer.text)
        assert answer.status_code == 422
        assert "nlp-engineer" in page, "the nearest name"
        assert f"Hours a week: must be hours of a week, above 0 and at most 168, not {hours}" in page
        assert "To be done by" in page and "Resources in: " in page
        assert f'value="{hours}"' in page, "what was typed stays"
    assert client.get("/path/plan.md", params=wish).status_code == 422
    with open_store() as store:
        assert list(iterate(store)) == []


def test_a_goal_that_was_written_by_hand_is_no_obstacle(client: TestClient) -> None:
    with open_store() as store:
        write(store, Attempt("goal", "role:nlp-engineer", detail={"hours": "many", "by": "soon"}))
    assert client.get("/path/plan").status_code == 200
    assert client.get("/path").status_code == 200


def test_what_is_known_needs_no_week(client: TestClient) -> None:
    def weeks() -> int:
        return client.get("/path/plan.md?goal=concept:adam&hours=3").text.count("\n## ")

    before = weeks()
    with open_store() as store:
        write(store, *(Attempt("placement", slug, detail={"said": "known"}) for slug in LIBRARY.concepts))
    assert 0 < weeks() < before
