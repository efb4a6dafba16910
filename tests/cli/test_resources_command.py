"""`jinjie resources`: the list for this learner and the check of addresses, as a person and as a script see them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jinjie.base import words
from jinjie.base.errors import JinjieError
from jinjie.cli.main import build
from jinjie.course.content import library
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.path import addresses, checked
from jinjie.path.addresses import Answer, NoLine
from jinjie.path.graph import Graph
from jinjie.path.recommend import ground

COURSE = library.load()


def _load(roots: list[Path]) -> library.Library:
    """The course is read once; with a folder of one's own beside it, anew."""
    return COURSE if len(roots) == 1 else READ(roots)


READ = library.load


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(library, "load", _load)
    words.use("en")
    yield tmp_path / "home"
    words.use(None)


def jinjie(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["resources", *arguments])


def listed(*arguments: str) -> list[dict]:
    ran = jinjie(*arguments, "--json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)["resources"]


def test_a_topic_for_people_with_reasons_and_addresses() -> None:
    ran = jinjie("quantization", "-n", "3")
    assert ran.exit_code == 0, ran.output
    assert "A Visual Guide to Quantization" in ran.stdout
    assert "You still lack Quantisation, which it teaches. For your level: beginner." in " ".join(
        ran.stdout.split()
    )
    assert ran.stdout.count("https://") == 3


def test_above_the_learner_is_never_unsaid() -> None:
    found = listed("sharded-training", "-n", "20")
    assert found and all(one["above"] for one in found if one["level"] != "beginner")
    assert all(("Above your level" in one["reason"]["en"]) == one["above"] for one in found)


def test_the_options_keep_to_what_they_say() -> None:
    found = listed(
        "lora", "--language", "zh", "--cost", "free", "--level", "intermediate", "--kind", "book", "-n", "9"
    )
    assert found
    for one in found:
        assert ("zh" in one["language"], one["cost"], one["level"], one["kind"]) == (
            True,
            "free",
            "intermediate",
            "book",
        )
        assert "lora" in one["teaches"] and one["checked"] is None
    ran = jinjie("ctc", "--kind", "book", "--level", "beginner")
    assert "The catalog has nothing that fits" in ran.stdout


def test_without_a_topic_for_the_goal_in_the_log() -> None:
    with open_store() as store:
        write(store, Attempt("goal", "concept:kv-cache", time=datetime(2026, 11, 1, tzinfo=UTC)))
    ran = jinjie("-n", "2")
    assert ran.exit_code == 0 and "For your goal (KV cache) these come next:" in ran.stdout
    words.use("zh")
    assert "按你的目标（KV 缓存），接下来要学：" in jinjie("-n", "1").stdout


def test_the_goal_says_what_language_and_what_it_may_cost() -> None:
    assert {"paid", "free"} <= {one["cost"] for one in listed("-n", "30")}
    detail = {"language": "zh", "free_only": True}
    with open_store() as store:
        write(store, Attempt("goal", "concept:lora", detail=detail, time=datetime(2026, 11, 1, tzinfo=UTC)))
    asked = listed("-n", "30")
    assert asked and all("zh" in one["language"] and one["cost"] == "free" for one in asked)
    assert all("en" in one["language"] for one in listed("-n", "30", "--language", "en"))
    assert {one["cost"] for one in listed("-n", "60", "--cost", "paid", "--language", "en")} > {"free"}
    with open_store() as store:
        write(
            store,
            Attempt("goal", "concept:lora", detail={"language": 3}, time=datetime(2026, 11, 2, tzinfo=UTC)),
        )
    assert listed("-n", "3")


def test_answers_in_the_log_move_the_level() -> None:
    """Who says they know what it stands on is no longer told that it is above them."""
    newcomer = {one["id"]: one["above"] for one in listed("lora", "-n", "30")}
    assert newcomer["lora-2021"]
    graph = Graph.of(COURSE)
    beneath = ground(graph, {}, ["lora"]).concepts
    said = [Attempt("placement", slug, detail={"said": "known"}) for slug in beneath]
    with open_store() as store:
        write(store, *said)
    found = {one["id"]: one for one in listed("lora", "-n", "30")}
    assert not found["lora-2021"]["above"] and "It goes on from" in found["lora-2021"]["reason"]["en"]


def test_who_reads_chinese_gets_chinese_first_and_then_english() -> None:
    words.use("zh")
    languages = [one["language"] for one in listed("lora", "-n", "30")]
    chinese = ["zh" in one for one in languages]
    assert chinese == sorted(chinese, reverse=True) and set(chinese) == {True, False}
    words.use("en")
    assert all("en" in one["language"] for one in listed("lora", "-n", "30"))
    assert {one["id"] for one in listed("动手学差分隐私")} == {
        "programming-dp-zh"
    }  # nothing else was asked for


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--kind", "boook"], "not 'boook'. Did you mean 'book'?"),
        (["--language", "fr"], "must be en | zh, not 'fr'"),
        (["--level", "expert"], "beginner | intermediate | advanced"),
        (["--cost", "gratis"], "free | freemium | paid"),
        (["quantisaton"], "Did you mean 'quantization'?"),
        (["check", "quantisaton"], "Did you mean 'quantization'?"),
    ],
)
def test_what_is_wrong_is_told(arguments: list[str], says: str) -> None:
    ran = jinjie(*arguments)
    assert isinstance(ran.exception, JinjieError) and ran.exception.exit_code == 2
    assert says in str(ran.exception)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A course folder whose resources are on a server of this machine."""

    class Site(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response({"/well": 200, "/moved": 301}.get(self.path, 404))
            self.send_header("Location", "/well")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setattr(addresses, "PAUSE", 0.0)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadingHTTPServer(("0.0.0.0", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    where = tmp_path / "mine" / "resources"
    where.mkdir(parents=True)
    entries = "".join(
        f"  - {{id: mine-{page}, title: Mine {page}, year: null, kind: tutorial, language: [en], level: beginner,"
        f" topics: [mine], concepts: [lora], cost: free, url: 'http://127.0.0.{n}:{server.server_address[1]}/{page}'}}\n"
        for n, page in enumerate(("well", "moved", "nothing"), 1)
    )
    (where / "mine.yaml").write_text(f"resources:\n{entries}")
    yield where.parent
    server.shutdown()
    server.server_close()


def test_check_asks_keeps_and_the_list_minds_it(home: Path, folder: Path) -> None:
    content = ("--content", str(folder))
    ran = jinjie("check", "mine", "--timeout", "2", *content, "--json")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert {one["id"]: one["status"] for one in told["resources"]} == {
        "mine-well": "found",
        "mine-moved": "moved",
        "mine-nothing": "gone",
    }
    assert told["asked"] == 3 and told["not_asked"] == [] and Path(told["file"]) == home / "resources.json"
    found = json.loads(jinjie("mine", *content, "--json").stdout)
    assert {one["id"] for one in found["resources"]} == {"mine-well", "mine-moved"}
    assert found["gone"] == ["mine-nothing"]
    shown = jinjie("mine", *content).stdout
    assert (
        f"found on {datetime.now().astimezone().date()}" in shown
        and "Left out: 1 whose addresses were gone" in shown
    )
    ran = jinjie("check", "mine", *content)
    assert (
        "gone (404)" in ran.stdout
        and "moved to" in ran.stdout
        and "2 of 3 addresses asked are there" in ran.stdout
    )


def test_without_a_line_nothing_changes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked.keep({}, {"http://a/": Answer("found", 200)})
    held = checked.file().read_bytes()
    monkeypatch.setattr(addresses, "ask", lambda address, timeout: Answer("unreachable"))
    ran = jinjie("check")
    assert isinstance(ran.exception, NoLine) and "Nothing was changed" in str(ran.exception)
    assert checked.file().read_bytes() == held


def test_a_break_keeps_what_was_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    count = iter(range(100))

    def ask(address: str, timeout: float) -> Answer:
        if next(count) == 3:
            raise KeyboardInterrupt
        return Answer("found", 200)

    monkeypatch.setattr(addresses, "ask", ask)
    jinjie("check", "--kind", "dataset")
    assert len(checked.read()) == 3


def test_a_spoiled_file_stops_the_check_and_not_the_list(home: Path) -> None:
    home.mkdir(parents=True)
    checked.file().write_text("{")
    ran = jinjie("lora", "-n", "1")
    assert ran.exit_code == 0 and "resources.json" in ran.stderr
    assert isinstance(jinjie("check").exception, checked.Spoiled)
    assert checked.file().read_text() == "{"


def test_help_has_an_example() -> None:
    ran = jinjie("--help")
    assert ran.exit_code == 0 and "jinjie resources check --kind book" in " ".join(ran.stdout.split())
