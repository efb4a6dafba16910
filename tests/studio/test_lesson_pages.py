"""The pages of the course as a browser without a script sees them, and what their forms answer."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from jinjie.course.content.library import load, own
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.studio.app import make_app
from jinjie.studio.course import Course
from jinjie.studio.lesson_pages import Changes
from sampled import sampled

TOKEN = "a-token-of-forty-three-characters-or-so-0123"
HOME = "http://127.0.0.1:8642"
LESSONS = sorted(load().lessons)
HTMX = {"hx-request": "true"}


def test_the_climb_lists_what_is_written_and_what_is_planned(client: TestClient) -> None:
    page = client.get("/learn").text
    for slug in LESSONS:
        assert f'href="/learn/{slug}"' in page
    assert "more to come" in page
    client.cookies.set("lang", "zh")
    assert "梯度下降" in client.get("/learn").text


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("slug", sampled(LESSONS, 3))
def test_a_lesson_reads_without_a_script(client: TestClient, slug: str, lang: str) -> None:
    client.cookies.set("lang", lang)
    answer = client.get(f"/learn/{slug}")
    page, entry = answer.text, load().lesson(slug).entry
    assert answer.status_code == 200
    assert entry.title.in_(lang) in page  # type: ignore[arg-type]
    assert "<math" in page and 'class="formula"' in page and "hl-k" in page
    for experiment in entry.experiments:
        assert f'id="experiment-{experiment}"' in page
    for exercise in entry.exercises:
        assert f'id="exercise-{exercise}"' in page
    assert page.count('class="question"') == len(load().quiz(entry.quiz or "").entry.items)
    # a strict policy: nothing of the page may style or run itself
    article = page[page.index("<article") : page.index("</article>")]
    assert " style=" not in article and "<script" not in article and not re.search(r"\son\w+=", article)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids)), "an id stands for one thing"


def test_headings_have_the_same_names_in_both_languages(client: TestClient) -> None:
    found = []
    for lang in ("en", "zh"):
        client.cookies.set("lang", lang)
        found.append(re.findall(r'href="#(section-[\d-]+)"', client.get("/learn/attention").text))
    assert found[0] == found[1] != []


def test_a_lesson_that_is_not_there_is_told_the_nearest(client: TestClient) -> None:
    answer = client.get("/learn/atention")
    assert answer.status_code == 404 and "attention" in answer.text


def test_knobs_are_turned_without_a_script(client: TestClient) -> None:
    still = client.get("/learn/gradient-descent").text
    turned = client.get("/learn/gradient-descent?descent-in-a-valley.rate=0.3").text

    def drawn(page: str) -> str:
        part = page[page.index('id="experiment-descent-in-a-valley"') :]
        return part[: part.index("</section>")]

    assert "<svg" in drawn(still) and "<svg" in drawn(turned)
    assert 'value="0.3"' in drawn(turned) and drawn(still) != drawn(turned)
    wrong = client.get("/learn/gradient-descent?descent-in-a-valley.rate=7")
    assert wrong.status_code == 200 and "0.01 … 0.8" in drawn(wrong.text)


def question(client: TestClient, item: str) -> dict[str, Any]:
    page = client.get("/learn/gradient-descent").text
    part = page[page.index(f'id="question-{item}"') :]
    part = part[: part.index("</form>")]
    seed = re.search(r'name="seed" value="(\d+)"', part)
    assert seed is not None
    return {"seed": seed[1], "keys": re.findall(r'type="radio" name="answer" value="(\w)"', part)}


def items(kind: str) -> list[str]:
    entry = load().quiz("gradient-descent").entry
    return [item.id for item in entry.items if bool(item.choices) == (kind == "choices")]


def test_answers_are_judged_explained_and_written_to_the_log(client: TestClient) -> None:
    from jinjie.course.quizzes import variant
    from jinjie.learner import attempts
    from jinjie.learner.store import open_store

    item = items("choices")[0]
    asked = question(client, item)
    right = "abcdefgh"[int(variant(load().quiz("gradient-descent"), item, int(asked["seed"])).right)]  # type: ignore[arg-type]
    wrong = next(key for key in asked["keys"] if key != right)
    told = {
        key: client.post(
            f"/learn/gradient-descent/quiz/{item}", data={"seed": asked["seed"], "answer": key}, headers=HTMX
        ).text
        for key in (right, wrong)
    }
    assert "judged right" in told[right] and "judged wrong" in told[wrong]
    assert "<html" not in told[right] and 'class="choice right"' in told[wrong]
    with open_store() as store:
        passed = [one.passed for one in attempts.iterate(store, kind="quiz", slug="gradient-descent")]
    assert sorted(map(bool, passed)) == [False, True]


def test_the_right_answer_does_not_stand_in_the_page(client: TestClient) -> None:
    page = client.get("/learn/gradient-descent").text
    quiz = page[page.index('id="quiz"') :]
    explanations = [
        choice.explain.en
        for item in load().quiz("gradient-descent").entry.items
        for choice in item.choices
        if choice.explain is not None and "{" not in choice.explain.en
    ]
    assert explanations and not any(text[:40] in quiz for text in explanations)


def test_what_is_no_answer_is_no_attempt(client: TestClient) -> None:
    item = items("number")[0]
    data = {"seed": question(client, item)["seed"], "answer": "a lot"}
    told = client.post(f"/learn/gradient-descent/quiz/{item}", data=data, headers=HTMX)
    assert told.status_code == 200 and "errors" in told.text and "judged" not in told.text
    for seed in ("", "-1", "x", "9" * 40):
        refused = client.post(f"/learn/gradient-descent/quiz/{item}", data={"seed": seed, "answer": "1"})
        assert refused.status_code == 422


def test_without_a_script_the_whole_page_comes_back_with_the_answer(client: TestClient) -> None:
    item = items("number")[0]
    data = {"seed": question(client, item)["seed"], "answer": "12345"}
    page = client.post(f"/learn/gradient-descent/quiz/{item}", data=data).text
    assert "<html" in page and page.count("judged wrong") == 1


def test_code_is_graded_and_becomes_the_learners_file(client: TestClient) -> None:
    from jinjie.course.grading.workspace import file_of

    solution = (load().exercise("descent-step").folder / "solution.py").read_text(encoding="utf-8")
    path = "/learn/gradient-descent/exercises/descent-step"
    passed = client.post(path, data={"source": solution}, headers=HTMX).text
    assert 'class="passed"' in passed and "<html" not in passed
    assert file_of("descent-step").read_text(encoding="utf-8") == solution
    failed = client.post(path, data={"source": "def step(*a):\r\n    return 1 / 0\r\n"}, headers=HTMX).text
    assert "ZeroDivisionError" in failed and 'class="passed"' not in failed
    whole = client.post(path, data={"source": "def step(: <b>"}).text
    assert "<html" in whole and "def step(: &lt;b&gt;" in whole
    assert "def step(: &lt;b&gt;" in client.get("/learn/gradient-descent").text, "it is there the next time"
    assert client.post(path, data={"source": "x" * 200_000}).status_code == 422


def test_where_code_is_not_cut_off_the_page_says_so(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jinjie.base.words import say
    from jinjie.course.sandbox import tiers

    assert say("sandbox.only_limits") not in client.get("/learn/attention").text
    monkeypatch.setattr(tiers, "best", lambda: tiers.Tier.LIMITS)
    assert say("sandbox.only_limits") in client.get("/learn/attention").text.replace("&#39;", "'")


def test_code_of_a_lesson_runs_here(client: TestClient) -> None:
    answer = client.post("/learn/gradient-descent/run")
    assert answer.status_code == 303 and answer.headers["location"] == "/learn/gradient-descent"
    page = client.get("/learn/gradient-descent").text
    assert 'class="printed"' in page and 'class="printed failed"' not in page


def test_a_finished_lesson_is_in_the_log(client: TestClient) -> None:
    from jinjie.learner import attempts
    from jinjie.learner.store import open_store

    assert client.post("/learn/attention/done").status_code == 303
    with open_store() as store:
        (one,) = attempts.iterate(store, kind="lesson", slug="attention")
    assert one.passed is True


def test_the_first_page_leads_to_the_first_lesson_and_then_on(client: TestClient) -> None:
    """On to its exercises, its quiz and the next lesson, at once when the log has it."""
    library = load()
    first, second = library.climb[:2]

    def leads_to(place: str) -> bool:
        return f'<a href="/learn/{place}">' in client.get("/").text

    def record(*events: Attempt) -> None:
        with open_store() as store:
            write(store, *events)

    page = client.get("/").text
    assert f'<a href="/learn/{first.slug}">' in page and "Begin here" in page
    client.post(f"/learn/{first.slug}/done", headers={"origin": HOME})
    assert "Your next step" in client.get("/").text
    for exercise in first.entry.exercises:
        assert leads_to(f"{first.slug}#exercise-{exercise}")
        record(Attempt("exercise", exercise, passed=True))
    assert leads_to(f"{first.slug}#quiz")
    quiz = library.quizzes[first.entry.quiz or ""]
    record(*(Attempt("quiz", quiz.slug, item.id, seed=1, passed=True) for item in quiz.entry.items))
    assert leads_to(second.slug)
    record(*(Attempt("placement", one, detail={"said": "known"}) for one in library.concepts))
    assert leads_to(f"{second.slug}#quiz"), "who says to know it is asked"


def test_forms_need_the_origin_of_the_page(client: TestClient) -> None:
    client.headers["origin"] = "http://evil.example"
    for path in ("run", "exercises/descent-step", "quiz/one-step", "experiments/line-with-noise"):
        assert client.post(f"/learn/gradient-descent/{path}", data={"source": "x"}).status_code == 403


def test_a_formula_is_shown_at_work(client: TestClient) -> None:
    page = client.get("/formulas/adam").text
    for part in ("Kingma", "m_hat", "the second moment", "<math", "test_adam_does_not_see_the_scale"):
        assert part in page
    assert client.get("/formulas/adma").status_code == 404


# A preview


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lesson = tmp_path / "course" / "lessons" / "draft"
    lesson.mkdir(parents=True)
    (lesson / "lesson.yaml").write_text(
        "title: {en: A draft, zh: 草稿}\nsummary: {en: x, zh: 甲}\nstage: 1\nteaches: [gradient-descent]\n"
        "minutes: 5\nmemory_mb: 100\n",
        encoding="utf-8",
    )
    (lesson / "en.md").write_text("First.\n\n$\\frac{1}$ is wrong.\n\nLast.\n", encoding="utf-8")
    (lesson / "zh.md").write_text("第一。\n\n$1$ 对。\n\n最后。\n", encoding="utf-8")
    return tmp_path / "course"


@pytest.fixture
def preview(home: Path, folder: Path) -> Iterator[TestClient]:
    closing = threading.Event()
    app = make_app(TOKEN, closing=closing, preview=(folder,))
    made = TestClient(app, base_url=HOME, headers={"origin": HOME}, follow_redirects=False)
    made.cookies.set("jinjie", TOKEN)
    yield made
    closing.set()


def test_a_preview_shows_what_is_wrong_at_its_place(preview: TestClient) -> None:
    page = preview.get("/learn/draft").text
    first, wrong, last = (page.index(part) for part in ("First.", "C041 · en.md:3", "Last."))
    assert first < wrong < last
    assert "C041" not in preview.get("/learn/attention").text


def test_a_preview_reads_files_again(preview: TestClient, folder: Path) -> None:
    assert "First." in preview.get("/learn/draft").text
    (folder / "lessons" / "draft" / "en.md").write_text("Mended, and longer.\n", encoding="utf-8")
    import time

    time.sleep(0.4)
    page = preview.get("/learn/draft").text
    assert "Mended" in page and "C041" not in page


def test_a_draft_without_a_text_has_a_page_that_says_so(preview: TestClient, folder: Path) -> None:
    (folder / "lessons" / "draft" / "en.md").unlink()
    page = preview.get("/learn/draft")
    assert page.status_code == 200 and "C003" in page.text and "en.md" in page.text


def test_an_open_page_hears_of_a_change(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jinjie.studio.course.LOOK", 0.0)
    changes = Changes(Course((folder,)))
    assert changes.frames() == []
    (folder / "lessons" / "draft" / "zh.md").write_text("改过了。\n", encoding="utf-8")
    assert [frame.event for frame in changes.frames()] == ["changed"]
    assert changes.frames() == []
    (folder / "lessons" / "draft" / "zh.md").unlink()
    assert [frame.event for frame in changes.frames()] == ["changed"]


def test_only_a_preview_is_watched(client: TestClient) -> None:
    assert client.get("/preview/live").status_code == 404
    assert own().is_dir()
