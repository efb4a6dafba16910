"""Reading by libyaml is the same as reading in Python, line by line; what it cannot do safely it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from jinjie.course.content import sheet
from jinjie.course.content.library import own
from jinjie.course.content.sheet import Unreadable, read

pytestmark = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML without libyaml")

FILES = sorted(own().rglob("*.yaml"), key=lambda file: file.stat().st_size)


def slowly(file: Path, monkeypatch: pytest.MonkeyPatch) -> sheet.Sheet:
    with monkeypatch.context() as only:
        only.setattr(sheet, "_quickly", lambda path, text: None)
        found = read(file)
        found.lines  # noqa: B018 - they are made when they are first asked for
        return found


@pytest.mark.parametrize(
    "part", [pytest.param(16, id="some"), pytest.param(1, id="all", marks=pytest.mark.slow)]
)
def test_the_same_values_on_the_same_lines(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(FILES) > 60
    for file in FILES[::part]:
        found = sheet._quickly(file, file.read_text("utf-8"))
        assert found is not None, "none of ours needs the slow way"
        other = slowly(file, monkeypatch)
        assert found == (other.data, other.lines), file


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\r\nb: [1, 2.5, true, null, ~]\r\nc: 2024-01-02\n",
        "a: |\n  one\n\n  two\nb: >-\n  three\n  four\n# a remark\nc: 'it''s'\n",
        'a: "\\u4e2d\\n"\n中: 文\n? b\n: - 1\n  - {c: d}\n',
        "", "---\n", "just words", "- - - 1\n", "a: 0x1F\nb: 1_000\nc: .inf\nd: 1:30\n",
    ],
)  # fmt: skip
def test_whatever_yaml_has(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text, "utf-8", newline="")
    found, other = read(file), slowly(file, monkeypatch)
    assert repr((found.data, found.lines)) == repr((other.data, other.lines))


@pytest.mark.parametrize(
    "text", ["[" * 300_000, "{a: " * 200_000, "- " * 300_000, "? " * 300_000, '[ "]", ' * 100_000]
)
def test_what_nests_without_end_does_not_end_the_program(text: str, tmp_path: Path) -> None:
    assert sheet._quickly(tmp_path / "deep.yaml", text) is None
    file = tmp_path / "deep.yaml"
    file.write_text(text[:3000], "utf-8")
    with pytest.raises(Unreadable):
        read(file)


def test_what_is_wrong_is_said_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("a: [1", "a: b: c", "a: 1\na: 2\n", "a: !!python/name:os 1", "a: &x 1\nb: *x", "a: \t- 1"):
        file = tmp_path / "wrong.yaml"
        file.write_text(text, "utf-8")
        with pytest.raises(Unreadable) as quick:
            read(file)
        with pytest.raises(Unreadable) as slow:
            slowly(file, monkeypatch)
        assert str(quick.value) == str(slow.value)
