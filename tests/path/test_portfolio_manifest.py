"""The manifest: any changed byte is found, and a manifest from a stranger is not believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinjie.base.errors import JinjieError
from jinjie.course.content.library import Library, load
from jinjie.learner.attempt import Attempt
from jinjie.path.portfolio import manifest
from jinjie.path.portfolio.folder import make
from jinjie.training.runs import Run

EVENTS = [Attempt("exercise", "descent-step", passed=True)]


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture
def folder(library: Library, tmp_path: Path) -> Path:
    """A portfolio of an exercise, whose manifest names a run as well."""
    made = make(tmp_path / "portfolio", library, EVENTS).folder
    run = tmp_path / "runs" / "训练-1"
    (run / "model" / "adapter").mkdir(parents=True)
    for name in (
        "recipe.json",
        "events.jsonl",
        "console.log",
        "model/model.safetensors",
        "model/adapter/a.json",
    ):
        (run / name).write_bytes(name.encode() * 3)
    files = manifest.of_run(Run(run))
    assert list(files) == ["recipe.json", "events.jsonl", "model/adapter/a.json", "model/model.safetensors"]
    told = manifest.read(made)
    told["runs"] = [
        {"run": run.name, "recipe": "x", "fingerprint": manifest.fingerprint(files), "files": files}
    ]
    (made / "manifest.json").write_text(json.dumps(told))
    return made


def differences(folder: Path, runs: Path | None = None) -> set[tuple[str, str, str | None]]:
    return {(one.what, one.file, one.run) for one in manifest.check(folder, runs).differences}


def test_what_was_just_written_is_as_it_was(folder: Path) -> None:
    checked = manifest.check(folder, folder.parent / "runs")
    assert checked.differences == () and checked.files == 1
    assert checked.compared == checked.runs == ("训练-1",)
    assert manifest.check(folder).compared == (), "runs are compared only where they are"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_changed_bit_of_the_page_is_found(folder: Path, where: float, bit: int) -> None:
    index = folder / "index.html"
    before = index.read_bytes()
    after = bytearray(before)
    after[int(where * len(after))] ^= 1 << bit
    index.write_bytes(after)
    try:
        assert differences(folder) == {("changed", "index.html", None)}
    finally:
        index.write_bytes(before)
    assert differences(folder) == set()


def test_missing_and_added_files_are_named_and_litter_is_not(folder: Path) -> None:
    (folder / "index.html").rename(folder / "page.html")
    for litter in (".DS_Store", "Thumbs.db"):
        (folder / litter).write_text("x")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("x")
    assert differences(folder) == {("missing", "index.html", None), ("added", "page.html", None)}


@pytest.mark.parametrize(
    "name", ["recipe.json", "events.jsonl", "model/model.safetensors", "model/adapter/a.json"]
)
def test_a_run_that_is_another_is_found(folder: Path, name: str) -> None:
    runs = folder.parent / "runs"
    file = runs / "训练-1" / name
    file.write_bytes(file.read_bytes() + b" ")
    assert differences(folder, runs) == {("changed", name, "训练-1")}
    file.unlink()
    assert differences(folder, runs) == {("missing", name, "训练-1")}
    assert differences(folder) == set(), "the folder itself is as it was"
    (runs / "训练-1").rename(runs / "elsewhere")
    assert differences(folder, runs) == {("missing", "", "训练-1")}


def test_a_fingerprint_is_of_names_and_bytes_in_any_order(folder: Path) -> None:
    (run,) = manifest.read(folder)["runs"]
    files = run["files"]
    assert manifest.fingerprint(dict(reversed(files.items()))) == run["fingerprint"]
    for name in files:
        other = {**files, name: {"sha256": "0" * 64}}
        assert manifest.fingerprint(other) != run["fingerprint"]
    swapped = dict(zip(files, [*list(files.values())[1:], next(iter(files.values()))], strict=True))
    assert manifest.fingerprint(swapped) != run["fingerprint"]


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "a/../../secret", "C:\\secret", "..\\secret", "", "a\0b"]
)
def test_a_manifest_does_not_make_us_read_elsewhere(folder: Path, name: str) -> None:
    (folder.parent / "secret").write_text("x")
    told = manifest.read(folder)
    told["files"][name] = {"bytes": 1, "sha256": "0" * 64}
    told["runs"][0]["files"][name] = {"bytes": 1, "sha256": "0" * 64}
    (folder / "manifest.json").write_text(json.dumps(told))
    assert differences(folder, folder.parent / "runs") == {
        ("outside", name, None),
        ("outside", name, "训练-1"),
    }
    told["runs"][0]["run"] = "../runs/训练-1"
    (folder / "manifest.json").write_text(json.dumps(told))
    assert ("missing", "", "../runs/训练-1") in differences(folder, folder.parent / "runs")


def _without(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda told: {name: value for name, value in told.items() if name != key}


@pytest.mark.parametrize(
    "broken",
    [
        lambda told: [told],
        lambda told: {**told, "files": ["index.html"]},
        lambda told: {**told, "files": {"index.html": "sha"}},
        lambda told: {**told, "files": {"index.html": {"sha256": None}}},
        lambda told: {**told, "runs": None},
        lambda told: {**told, "runs": [{"run": 3, "files": {}}]},
        lambda told: {**told, "schema": "new"},
        lambda told: {**told, "kind": "jinjie-evaluation"},
        *map(_without, ("kind", "schema", "files", "runs", "made")),
    ],
)
def test_a_damaged_manifest_is_said_to_be(folder: Path, broken: Callable[[dict[str, Any]], Any]) -> None:
    told = manifest.read(folder)
    (folder / "manifest.json").write_text(json.dumps(broken(told)))
    with pytest.raises(JinjieError, match=r"manifest\.json"):
        manifest.check(folder)


def test_no_manifest_and_one_from_later_are_told_apart(folder: Path) -> None:
    told = manifest.read(folder)
    (folder / "manifest.json").write_text(json.dumps({**told, "schema": manifest.SCHEMA + 1}))
    with pytest.raises(JinjieError, match="newer"):
        manifest.check(folder)
    (folder / "manifest.json").write_bytes(b"{\xff")
    with pytest.raises(JinjieError, match="damaged"):
        manifest.check(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(JinjieError, match="no portfolio"):
        manifest.check(folder)
