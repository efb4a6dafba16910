"""The portfolio from real quick runs and a real log: what it shows, what it keeps back, what it refuses."""

from __future__ import annotations

import dataclasses
import json
import shlex
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from jinjie import recipes
from jinjie.analyse.evaluation import Evaluation
from jinjie.base import words
from jinjie.base.config import parse_changes
from jinjie.base.errors import InvalidInput, JinjieError, NotFound
from jinjie.base.words import Text
from jinjie.course.content.library import Library, load
from jinjie.course.content.schema import System
from jinjie.learner.attempt import Attempt
from jinjie.path.graph import Graph
from jinjie.path.mastery import MASTERED, belief
from jinjie.path.portfolio import manifest
from jinjie.path.portfolio.card import card
from jinjie.path.portfolio.choice import LeftOut, chosen
from jinjie.path.portfolio.folder import Portfolio, make
from jinjie.path.portfolio.learned import built, passed, stages
from jinjie.path.portfolio.page import score_table
from jinjie.path.portfolio.private import cleaned, name_of, without_paths
from jinjie.training import launch, worker
from jinjie.training.lock import take
from jinjie.training.runs import Run, find

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>\"&\x00\x1b[31m\ud800"
TINY: dict[str, dict[str, Any]] = {
    "line-1": {"budget.steps": 6, "budget.evaluate_every": 6},
    "cancer": {"budget.epochs": 2},
    "gpt-shakespeare": {
        "budget.steps": 4,
        "budget.evaluate_every": 2,
        "budget.evaluate_batches": 1,
        "model.layers": 1,
        "model.width": 16,
        "model.heads": 2,
        "model.block": 16,
        "data.block": 16,
        "task.sample_tokens": 8,
    },
}


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data_home: Path) -> Iterator[Path]:
    """A home with a line, a classifier that was evaluated, a language model, and a table of one's own."""
    home = tmp_path_factory.mktemp("trained")
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_HOME", str(home))
        patch.setenv("JINJIE_DATA", str(data_home))
        patch.setenv("JINJIE_LANG", "en")
        table = home / "secret folder" / "patients.csv"
        table.parent.mkdir()
        rows = [f"{i},{i % 7},{2 * i - i % 7 + 0.5}" for i in range(60)]
        table.write_text("\n".join(["age,dose,pressure", *rows]) + "\n")
        own = {"data.kind": "table", "data.path": str(table), "data.target": "pressure"}
        for name, changes in [*TINY.items(), ("line-1", {**TINY["line-1"], **own})]:
            recipe = recipes.find(name).changed({**changes, "threads": 1, "precision": "fp32"})
            assert worker.main(launch.create(recipe).path) == 0
        from jinjie.analyse.evaluate import evaluate
        from jinjie.analyse.evaluation_page import write

        for name in ("cancer-1", "line-1-2"):
            write(find(name), evaluate(find(name), "test", 30))
    for number, handler in heard.items():
        signal.signal(number, handler)
    yield home


@pytest.fixture
def runs(home: Path, trained: Path) -> Path:
    """A copy of those runs in the home of the test."""
    shutil.copytree(trained / "runs", home / "runs")
    for number, name in enumerate(("line-1-1", "line-1-2", "gpt-shakespeare-1", "cancer-1")):
        import os

        os.utime(home / "runs" / name / "recipe.json", (1e9 + number, 1e9 + number))
    return home / "runs"


def event(kind: str, slug: str, hours: float = 0, **more: Any) -> Attempt:
    return Attempt(kind, slug, time=NOON + timedelta(hours=hours), **more)


@cache
def log() -> list[Attempt]:
    return [
        event("exercise", "softmax-gone", passed=True),
        event("exercise", "descent-step", passed=False),
        event("exercise", "descent-step", 1, detail={"asked": "hint"}),
        event("exercise", "descent-step", 2, passed=True),
        event("exercise", "descent-step", 50, passed=False),
        event("exercise", "causal-mask", passed=False),
        event("exercise", "layer-norm", 3, detail={"asked": "solution"}),
        event("exercise", "layer-norm", 4, passed=True),
        event("lesson", "gradient-descent", passed=True),
        event("quiz", "attention", item="two-shares", passed=True),
    ]


def made(folder: Path, library: Library, **more: Any) -> tuple[Portfolio, ET.Element, str]:
    """A portfolio, its page parsed strictly (a page that is not well formed raises), and the page's text."""
    told = make(folder, library, more.pop("events", log()), **more)
    source = (folder / "index.html").read_text("utf-8")
    return told, ET.fromstring(source), source


def text_of(root: ET.Element) -> str:
    return " ".join(" ".join(root.itertext()).split())


def test_a_card_says_what_the_run_says(runs: Path) -> None:
    one = card(Run(runs / "cancer-1"))
    events = Run(runs / "cancer-1").events
    started = next(e for e in events if e["type"] == "started")
    assert (one.recipe, one.state, one.seed, one.split) == ("cancer", "finished", 0, "test")
    assert one.data.counts == {"train": 400, "validation": 56, "test": 113}
    assert one.data.real is True and one.data.licence == started["source"]["licence"]
    assert one.row.parameters == started["parameters"] == 62
    told = {score.name: score for score in one.scores}
    finished = next(e for e in events if e["type"] == "finished")["metrics"]
    assert {name: score.value for name, score in told.items()} == finished
    assert told["accuracy"].baseline == started["baseline"]["accuracy"] == 0.6275
    assert told["f1"].baseline is None, "a baseline that the run did not measure is unknown"
    stored = json.loads((runs / "cancer-1/evaluation/evaluation.json").read_bytes())["scores"]["accuracy"]
    assert one.headline is not None
    assert (one.headline.name, one.headline.value, one.headline.baseline) == (
        "accuracy",
        stored["value"],
        stored["trivial"],
    )
    assert one.model_bytes == sum(file.stat().st_size for file in (runs / "cancer-1/model").iterdir())


def test_a_loss_is_one_of_tokens_only_where_tokens_are_learned(runs: Path) -> None:
    head, rows = score_table(card(Run(runs / "line-1-1")))
    assert [row[0] for row in rows] == ["loss", "R²"]
    assert len(head) == 3
    with words.speaking("zh"):
        assert [row[0] for row in score_table(card(Run(runs / "line-1-1")))[1]] == ["损失", "R²"]


def test_the_command_of_a_card_gives_the_very_recipe_back(runs: Path) -> None:
    for name in ("cancer-1", "gpt-shakespeare-1", "line-1-1"):
        one = card(Run(runs / name))
        assert one.command is not None
        jinjie, run, recipe, *settings = shlex.split(one.command)
        assert (jinjie, run, recipe) == ("jinjie", "run", one.recipe)
        again = recipes.find(recipe).changed(parse_changes(settings)).model_dump(mode="json")
        assert again == json.loads((runs / name / "recipe.json").read_bytes())["recipe"]
    differ = {one.path: (one.recipe, one.here) for one in card(Run(runs / "cancer-1")).settings or ()}
    assert differ["budget.epochs"] == (recipes.find("cancer").budget.epochs, 2)
    assert "seed" not in differ


def test_without_names_each_recipe_has_its_newest_finished_run_that_was_evaluated(runs: Path) -> None:
    found, left = chosen()
    assert [run.name for run in found] == ["cancer-1", "gpt-shakespeare-1", "line-1-2"]
    assert left == [LeftOut("line-1-1", "another")]
    (runs / "line-1-2" / "evaluation").rename(runs / "line-1-1" / "evaluation")
    assert [run.name for run in chosen()[0]] == ["cancer-1", "gpt-shakespeare-1", "line-1-1"]
    shutil.rmtree(runs / "line-1-1" / "evaluation")
    assert [run.name for run in chosen()[0]][2] == "line-1-2", "the newer of two that were not evaluated"


def test_what_cannot_be_shown_is_left_out_and_told(runs: Path, library: Library, tmp_path: Path) -> None:
    (runs / "cancer-1" / "recipe.json").write_text('{"schema": 1, "recipe": ')
    shutil.rmtree(runs / "line-1-2" / "model")
    events = (runs / "line-1-1" / "events.jsonl").read_text().splitlines()
    (runs / "line-1-1" / "events.jsonl").write_text(
        "\n".join(e for e in events if '"finished"' not in e) + "\n"
    )
    with take(runs / "gpt-shakespeare-1" / "lock"):
        found, left = chosen()
        assert found == []
        assert {one.run: one.reason for one in left} == {
            "cancer-1": "unreadable",
            "line-1-2": "no_model",
            "line-1-1": "unfinished",
            "gpt-shakespeare-1": "running",
        }
        with pytest.raises(InvalidInput, match="still training"):
            chosen(["gpt-shakespeare-1"])
    with pytest.raises(JinjieError, match="cancer-1"):
        chosen(["cancer-1"])
    with pytest.raises(NotFound, match="line-1"):
        chosen(["lime-1-1"])
    # Named, an unfinished run and one without a model are shown as what they are.
    _, root, _ = made(tmp_path / "out", library, runs=["line-1-1", "line-1-2"])
    told = text_of(root)
    assert words.say("path.portfolio.interrupted") in told
    assert words.say("path.portfolio.no_model") in told
    assert words.say("path.portfolio.built") not in told, "neither has built anything"
    assert "0 models trained" in told


@pytest.mark.parametrize(
    "damage",
    [
        "torn",
        "no events",
        "an event without its fields",
        "numbers as words",
        "no launch",
    ],
)
def test_a_damaged_diary_shows_what_is_left_or_is_named(
    runs: Path, library: Library, tmp_path: Path, damage: str
) -> None:
    file = runs / "line-1-1" / "events.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    recipe = runs / "line-1-1" / "recipe.json"
    match damage:
        case "torn":
            file.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:20])
        case "no events":
            file.unlink()
        case "an event without its fields":
            file.write_bytes(b"".join(lines) + b'{"type": "evaluated", "step": 3}\n')
        case "numbers as words":
            file.write_bytes(b'{"type": "started", "counts": {"train": "many"}, "time": 1}\n')
        case "no launch":
            told = json.loads(recipe.read_bytes())
            recipe.write_text(json.dumps({**told, "launch": {}}))
    if damage in ("an event without its fields", "numbers as words"):
        with pytest.raises(JinjieError, match="line-1-1"):
            make(tmp_path / "out", library, log(), ["line-1-1"])
        assert not (tmp_path / "out").exists()
    else:
        _, root, _ = made(tmp_path / "out", library, runs=["line-1-1"])
        assert "line-1-1" in text_of(root)


def test_a_damaged_or_outdated_evaluation_is_told(runs: Path) -> None:
    file = runs / "cancer-1" / "evaluation" / "evaluation.json"
    older = json.loads(file.read_bytes())
    file.write_text(json.dumps({**older, "step": older["step"] - 1}))
    assert card(Run(runs / "cancer-1")).older_evaluation
    file.write_text(json.dumps({**older, "scores": 3}))
    one = card(Run(runs / "cancer-1"))
    assert one.evaluation is None and one.evaluation_damaged and one.scores


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_the_page_is_strict_in_one_language_and_asks_for_nothing_outside(
    runs: Path, library: Library, tmp_path: Path, lang: words.Language
) -> None:
    with words.speaking(lang):
        _, root, source = made(tmp_path / "out", library, name="林曦", title="大模型 <工程师>")
        other = "zh" if lang == "en" else "en"
        for key in ("path.portfolio.cards", "path.portfolio.check_limits", "path.portfolio.held_out"):
            assert words.say(key) in source.replace("&#39;", "'")
            assert words.say(key, other) not in source
    assert root.get("lang") == {"en": "en", "zh": "zh-CN"}[lang]
    assert "林曦" in text_of(root) and "大模型 <工程师>" in text_of(root)
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert not {"script", "link", "iframe", "img", "form", "object", "base"} & set(tags)
    for element in root.iter():
        for name, value in element.attrib.items():
            local = name.rpartition("}")[2]
            assert not local.startswith("on"), "nothing acts"
            if local in ("href", "src"):
                assert value.startswith("#") or (tmp_path / "out" / value).is_file(), value
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), "each id once, though several pictures stand in the page"
    used = {
        href[1:] for e in root.iter() for n, href in e.attrib.items() if n.endswith("href") and href[0] == "#"
    }
    assert used <= set(ids)
    assert tags.count("svg") >= 5, "three curves and two pictures of evaluations"
    levels = [int(tag[1]) for tag in tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and all(
        after <= before + 1 for before, after in zip(levels, levels[1:], strict=False)
    )
    assert tags.count("h1") == 1


def test_hostile_text_from_a_run_is_text(runs: Path, library: Library, tmp_path: Path) -> None:
    folder = runs / "<script>alert(1)<-script> 训练\udcff"
    (runs / "gpt-shakespeare-1").rename(folder)
    told = json.loads((folder / "recipe.json").read_bytes())
    told["recipe"]["title"] = {"en": HOSTILE, "zh": HOSTILE}
    told["recipe"]["name"] = HOSTILE
    told["recipe"]["start"] = HOSTILE
    (folder / "recipe.json").write_text(json.dumps(told))
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    for one in lines:
        if one["type"] == "sample":
            one["text"] = HOSTILE
        if one["type"] == "started":
            one["source"] = {"source": HOSTILE, "licence": HOSTILE, "real": True}
            one["device"] = HOSTILE
        if one["type"] == "evaluated":
            one["metrics"][HOSTILE] = 1.0
    (folder / "events.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    result = json.loads((runs / "cancer-1/evaluation/evaluation.json").read_bytes())
    result["labels"] = [HOSTILE, "</svg><script>"]
    result["mistakes"][0]["words"] = HOSTILE
    result["notes"] = [{"en": HOSTILE, "zh": HOSTILE}]
    (runs / "cancer-1/evaluation/evaluation.json").write_text(json.dumps(result))
    _, root, source = made(
        tmp_path / "out", library, runs=[folder.name, "cancer-1"], name=HOSTILE, title=HOSTILE
    )
    assert not [element for element in root.iter() if element.tag.rpartition("}")[2] == "script"]
    assert "<script" not in source
    assert text_of(root).count("<script>alert('x')</script>") >= 8, "it is shown, as what it is"
    assert folder.name.rstrip("\udcff") in text_of(root)
    assert manifest.check(tmp_path / "out", runs).differences == ()


def test_nothing_private_is_on_the_page_or_beside_it(
    runs: Path, library: Library, tmp_path: Path, home: Path
) -> None:
    everything = make(tmp_path / "out", library, log(), ["line-1-2", "cancer-1"]).folder
    told = "\n".join(file.read_text("utf-8") for file in everything.rglob("*") if file.is_file())
    for secret in ("secret folder", str(home), str(tmp_path), str(Path.home()) + "/", "/tmp/", "/home/"):
        assert secret not in told, secret
    assert "patients.csv" in told, "that it is the author's own data is said"
    assert "Examples are left out" in told
    assert "age=" not in told, "no row of it is shown"
    open_ = make(tmp_path / "open", library, log(), ["line-1-2"], own_examples=True).folder
    assert "age=" in (open_ / "index.html").read_text("utf-8")


def test_exercises_have_the_day_of_the_first_whole_pass_and_what_it_took(library: Library) -> None:
    found = {one.slug: one for one in passed(library, log())}
    assert set(found) == {"descent-step", "layer-norm"}, "neither what never passed nor what the course lacks"
    one = found["descent-step"]
    assert (one.day.isoformat(), one.tries, one.hints, one.solution) == ("2026-11-20", 2, 1, False)
    assert found["layer-norm"].solution
    late = datetime(2026, 11, 21, 2, 30, tzinfo=timezone(timedelta(hours=8)))
    (night,) = passed(library, [Attempt("exercise", "descent-step", passed=True, time=late)])
    assert night.day.isoformat() == "2026-11-20", (
        "a learner's day ends at four in the morning, where they are"
    )
    parts = [
        event("exercise", "descent-step", item="a", passed=True),
        event("exercise", "descent-step", item="b", passed=False),
    ]
    assert passed(library, parts) == []
    assert len(passed(library, [*parts, event("exercise", "descent-step", 1, item="b", passed=True)])) == 1


def test_what_is_built_has_the_name_of_its_system(runs: Path, library: Library) -> None:
    system = System(
        id="tabular-classifier",
        name=Text("A classifier of tables", "表格分类器"),
        concepts={"accuracy": 2},
        recipes=("credit", "cancer"),
    )
    at = next(iter(library.lessons.values()))
    known = dataclasses.replace(
        library, systems={system.id: dataclasses.replace(at, slug=system.id, entry=system)}
    )
    cards = [card(Run(runs / name)) for name in ("cancer-1", "line-1-1", "line-1-2")]
    unfinished = dataclasses.replace(cards[0], run="cancer-2", state="stopped")
    bare = dataclasses.replace(cards[0], run="cancer-3", model_bytes=None)
    found = built(known, [*cards, unfinished, bare])
    assert [(one.id, [c.run for c in one.cards]) for one in found] == [
        ("tabular-classifier", ["cancer-1"]),
        ("line-1", ["line-1-1"]),
        ("line-1", ["line-1-2"]),
    ], "a recipe on data of one's own is something else"
    assert "patients.csv" in found[2].name.en and "patients.csv" in found[2].name.zh
    assert found[1].name == recipes.find("line-1").title
    assert found[0].name == system.name


def test_stages_count_what_is_done_of_what_is_written(library: Library) -> None:
    nothing = stages(library, [], NOON)
    assert not any(stage.begun for stage in nothing)
    assert sum(stage.exercises[1] for stage in nothing) == len(library.exercises)
    assert sum(stage.lessons[1] for stage in nothing) == len(library.lessons)
    assert sum(stage.questions[1] for stage in nothing) == sum(
        len(q.entry.items) for q in library.quizzes.values()
    )
    done = stages(library, log(), NOON)
    assert sum(stage.exercises[0] for stage in done) == 2
    assert sum(stage.lessons[0] for stage in done) == 1
    assert sum(stage.questions[0] for stage in done) == 1
    twice = stages(library, [*log(), *log()], NOON)
    assert twice == done


def test_stages_count_what_is_mastered_by_proofs_and_not_by_ones_own_word(library: Library) -> None:
    graph = Graph.of(library)
    said = [event("placement", slug, detail={"said": "known"}) for slug in graph.lessons]
    word = stages(library, said, NOON + timedelta(days=1))
    assert sum(stage.concepts[0] for stage in word) == 0
    assert sum(stage.concepts[1] for stage in word) == len(graph.lessons)
    asked = [(slug, item.id) for slug, quiz in library.quizzes.items() for item in quiz.entry.items]
    answers = [
        event("quiz", quiz, 24 * again, item=item, seed=again, passed=True)
        for again in range(8)
        for quiz, item in asked
    ]
    answers += [
        event("exercise", slug, 24 * again, passed=True) for again in range(8) for slug in library.exercises
    ]
    now = NOON + timedelta(days=8)
    believed = belief(library, graph, answers, now)
    mastered = [slug for slug in graph.lessons if believed[slug].p >= MASTERED]
    done = stages(library, [*said, *answers], now)
    assert {stage.stage: stage.concepts[0] for stage in done if stage.concepts[0]} == Counter(
        graph.stages[slug] for slug in mastered
    )
    assert len(mastered) > len(graph.lessons) / 4
    forgotten = stages(library, answers, NOON + timedelta(days=3000))
    assert sum(stage.concepts[0] for stage in forgotten) == 0, "as of now, not as it once was"


def test_it_is_written_whole_and_over_nothing_else(
    runs: Path, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new" / "folder" / "作品"
    first, _, _ = made(folder, library, runs=["line-1-1", "cancer-1"])
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref")
    (folder / "photo.png").write_bytes(b"mine")
    (folder / "recipes" / "mine.txt").write_text("mine")
    second = make(folder, library, log(), ["cancer-1"])
    assert set(second.kept) == {".git", "photo.png", "recipes/mine.txt"}
    assert (folder / ".git" / "HEAD").read_text() == "ref"
    assert (folder / "photo.png").read_bytes() == b"mine"
    assert sorted(file.name for file in (folder / "recipes").iterdir()) == ["01-cancer-1.json", "mine.txt"]
    # What someone wrote into the page is not lost.
    index = folder / "index.html"
    index.write_text(index.read_text("utf-8") + "<!-- mine -->")
    with pytest.raises(JinjieError, match="index.html"):
        make(folder, library, log(), ["cancer-1"])
    assert index.read_text("utf-8").endswith("mine -->")
    # A folder of another kind and a file stay as they are.
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("words")
    for place in (other, other / "chapter.txt"):
        with pytest.raises(JinjieError, match="no portfolio"):
            make(place, library, log(), ["cancer-1"])
    assert (other / "chapter.txt").read_text() == "words"
    # A link leads to the folder behind it, and stays a link.
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "behind", target_is_directory=True)
    assert make(link, library, log(), ["line-1-1"]).folder == tmp_path / "behind"
    assert link.is_symlink() and (link / "index.html").is_file()
    # Nobody's shell is left in a folder that is gone.
    monkeypatch.chdir(folder / "recipes")
    for place in (folder, Path("..")):
        with pytest.raises(JinjieError, match="under your feet"):
            make(place, library, log(), ["cancer-1"])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JinjieError, match="cannot be written"):
        make(other / "chapter.txt" / "inside", library, log(), ["cancer-1"])
    # And a write that fails leaves nothing.
    monkeypatch.setattr("jinjie.path.portfolio.folder.page", lambda shown: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make(tmp_path / "never", library, log(), ["cancer-1"])
    assert not (tmp_path / "never").exists() and not list(tmp_path.glob(".partial-*"))


def test_nothing_to_show_is_said_and_exercises_alone_are_something(library: Library, tmp_path: Path) -> None:
    with pytest.raises(JinjieError, match="nothing to show"):
        make(tmp_path / "out", library, [])
    assert not (tmp_path / "out").exists()
    _, root, _ = made(tmp_path / "out", library)
    assert words.say("path.portfolio.cards") not in text_of(root)
    assert str(library.exercises["descent-step"].entry.title) in text_of(root)


def test_an_evaluation_without_examples_keeps_its_numbers(runs: Path) -> None:
    shown, hidden = (card(Run(runs / "line-1-2"), own_examples=own) for own in (True, False))
    assert isinstance(shown.evaluation, Evaluation) and shown.evaluation.mistakes
    assert hidden.evaluation is not None and not hidden.evaluation.mistakes
    assert dataclasses.replace(hidden, evaluation=None, withheld=False) == dataclasses.replace(
        shown, evaluation=None, withheld=False
    )
    assert hidden.evaluation.scores == shown.evaluation.scores
    assert hidden.command is None, "nobody else has that file"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/somewhere/lin/数据 集/病人.csv", "病人.csv"),
        ("C:\\Users\\lin\\a b.csv", "a b.csv"),
        ("~/x/y.txt", "y.txt"),
        ("/somewhere/lin/.jinjie/runs/gpt-poems-3/model", "gpt-poems-3"),
        ("/", "…"),
    ],
)
def test_of_a_path_the_last_part_stays(path: str, name: str) -> None:
    assert name_of(path) == name
    assert cleaned({"a": [path]}) == {"a": [name]}


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("cannot read /somewhere/lin/secret/x.csv (line 3)", "cannot read x.csv (line 3)"),
        (
            "from https://arxiv.org/abs/1706.03762 and npm a/b",
            "from https://arxiv.org/abs/1706.03762 and npm a/b",
        ),
        ("D:\\work\\x.csv is empty", "x.csv is empty"),
        ("12 tokens/s, and/or 3/4 right", "12 tokens/s, and/or 3/4 right"),
    ],
)
def test_sentences_lose_paths_and_nothing_else(sentence: str, left: str) -> None:
    assert without_paths(sentence) == left
