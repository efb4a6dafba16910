"""Tutorials with planted errors and without: what is found in them, and what is not.

`snippets/` was written before the rules, `snippets/late/` after them; each holds `wrong/`, `clean/` and an index of
what is wrong where. A finding counts when it has the rule's name and its place has the line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from jinjie.audit.article import read
from jinjie.audit.code import judge
from jinjie.audit.finding import Finding

SNIPPETS = Path(__file__).parents[1] / "snippets"


@dataclass
class Measured:
    planted: int = 0
    missed: list[str] = field(default_factory=list)
    further: list[str] = field(default_factory=list)
    """Findings in wrong files that are not in the index."""
    alarms: dict[str, list[str]] = field(default_factory=dict)
    """By clean file."""


def _told(finding: Finding) -> str:
    return f"{finding.rule} at {finding.place}: {finding.quote}"


def measure(folder: Path) -> Measured:
    found = Measured()
    for name, planted in yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8")).items():
        left = judge(read(folder / "wrong" / name).codes)
        for one in planted:
            found.planted += 1
            met = [f for f in left if f.rule == one["rule"] and f.place.cell == one.get("cell")]
            met = [f for f in met if f.place.line <= one["line"] <= f.place.end]
            if not met:
                found.missed.append(f"{name}: {one}")
            left = [f for f in left if f not in met]
        found.further += [f"{name}: {_told(f)}" for f in left]
    for path in sorted((folder / "clean").iterdir()):
        if findings := judge(read(path).codes):
            found.alarms[path.name] = [_told(f) for f in findings]
    return found


@pytest.fixture(scope="module")
def first() -> Measured:
    return measure(SNIPPETS)


@pytest.mark.parametrize(("folder", "many"), [(SNIPPETS, 40), (SNIPPETS / "late", 20)], ids=["first", "late"])
def test_the_index_names_every_wrong_file(folder: Path, many: int) -> None:
    expected = yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))
    assert sorted(expected) == sorted(p.name for p in (folder / "wrong").iterdir())
    assert len(expected) == many and len(list((folder / "clean").iterdir())) == many


def test_four_of_five_planted_errors_are_found(first: Measured) -> None:
    assert first.planted >= 60
    assert len(first.missed) <= 0.2 * first.planted, first.missed


def test_at_most_one_clean_file_in_forty_is_accused(first: Measured) -> None:
    assert len(first.alarms) <= 1, first.alarms


def test_of_a_wrong_file_only_what_is_wrong_is_told(first: Measured) -> None:
    assert not first.further


def test_the_set_that_was_written_after_the_rules() -> None:
    """Measured once before anything was mended for it: 22 of 25, one alarm in 20 (docs/log.md)."""
    late = measure(SNIPPETS / "late")
    assert late.planted == 25 and len(late.missed) <= 0.2 * late.planted, late.missed
    assert len(late.alarms) <= 1, late.alarms
    assert not late.further
