"""The run that tells a printed formula from the right one: both worked out with the same drawn values, here and now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from jinjie.audit.finding import Shown
from jinjie.audit.formulas.aligning import Option
from jinjie.audit.formulas.comparing import Side
from jinjie.audit.formulas.evaluating import Unvalued, drawn
from jinjie.audit.formulas.mutating import called
from jinjie.audit.formulas.references import Known, known
from jinjie.audit.formulas.tree import Atom, walk
from jinjie.base.words import Text
from jinjie.course.formula.headings import headings

DRAWS = (21, 22, 23)
"""The seeds of the rows that are shown."""


def numbers(option: Option, printed: Side) -> Shown | None:
    """What the printed form gives beside what the right one gives, for three draws; None where that cannot be told."""
    right = _right_for(option)
    if right is None:
        return None
    letters = option.match.letters
    rows: list[tuple[str, ...]] = []
    apart = False
    for seed in DRAWS:
        try:
            here = printed.drawn(seed, 3, False, letters)
            there = right.side.drawn(seed, 3, False, {})
        except Unvalued:
            continue
        apart = apart or abs(here - there) > 1e-9 * abs(there)
        rows.append((_values(printed, letters, seed), _number(here), _number(there)))
    if not rows or not apart:
        return None
    id_ = option.id
    return Shown(
        Text(
            "Both forms worked out with the same numbers between 0.15 and 0.85, drawn by seeds 21, 22 and 23; "
            "sums run over three." + _property(option, "en"),
            "用同一组数（0.15 到 0.85 之间，由种子 21、22、23 抽取）算两种写法；求和取三项。"
            + _property(option, "zh"),
        ),
        (Text("with", "取值"), Text("as printed", "文中的写法"), Text("right", "正确的写法")),
        tuple(rows),
        f"jinjie formula {id_}",
    )


def _property(option: Option, lang: str) -> str:
    variant = option.known.form.variant
    if variant is None or variant.test is None:
        return ""
    said = variant.test.removeprefix("test_").replace("_", " ")
    return (
        f" The property that tells them apart is tested: {said}."
        if lang == "en"
        else f"区分二者的性质有测试：{variant.test}。"
    )


def _values(printed: Side, letters: Mapping[str, str], seed: int) -> str:
    """The values of the symbols without an index, as many as fit."""
    value = drawn(seed)
    plainly = [n for n in printed.atoms if n in letters and not _indexed(printed, n)]
    parts = [f"{called(n)} = {value(letters[n], ()).real:.3f}" for n in plainly[:5]]
    return ", ".join(parts) or f"seed {seed}"


def _indexed(side: Side, name: str) -> bool:
    return any(isinstance(n, Atom) and n.name == name and n.index for n in walk(side.node))


def _number(value: complex) -> str:
    return (
        f"{value.real:.5g}"
        if abs(value.imag) < 1e-9 * max(1.0, abs(value))
        else f"{value.real:.4g} + {value.imag:.4g}i"
    )


def _right_for(option: Option) -> Known | None:
    """The right side that the wrong one stands in the place of, in the same letters."""
    own = option.known
    fits = [k for k in known(option.id) if k.form.right and k.side.mark is not None]
    if option.changed is not None:
        same = [k for k in fits if k.form is own.form and k.side.line.name == own.side.line.name]
        return next((k for k in same if k.whole == own.whole), same[0] if same else None)
    letters = set(option.match.letters.values())
    ranked = sorted(
        fits,
        key=lambda k: (
            k.side.line.name != own.side.line.name,
            -len(letters & set(k.side.atoms)) + 0.5 * len(set(k.side.atoms) - letters),
            not k.whole,
        ),
    )
    best = ranked[0] if ranked else None
    return best if best is not None and letters & set(best.side.atoms) else None


def lessons(id_: str) -> tuple[str, ...]:
    """The lessons that show a formula; where none does, those that show others of its subject."""
    shown = _shown()
    if id_ in shown:
        return shown[id_]
    subject = headings()[id_].subject
    near = [
        lesson
        for other, several in shown.items()
        if other in headings() and headings()[other].subject == subject
        for lesson in several
    ]
    return tuple(dict.fromkeys(near))[:2]


@cache
def _shown() -> Mapping[str, tuple[str, ...]]:
    """The lessons that show each formula, by its id."""
    found: dict[str, list[str]] = {}
    folder = resources.files("jinjie").joinpath("content", "lessons")
    for lesson in sorted(folder.iterdir(), key=lambda f: f.name):
        text = lesson.joinpath("en.md")
        if not lesson.is_dir() or not text.is_file():
            continue
        for block in re.findall(
            r"^```formula\n(.*?)^```", text.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        ):
            for id_ in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", block.split("\n")[0]):
                found.setdefault(id_, []).append(lesson.name)
    return {id_: tuple(dict.fromkeys(names)) for id_, names in found.items()}
