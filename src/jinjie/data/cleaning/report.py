"""What a cleaning found and did, as data, and as sentences in either language."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from jinjie.base.amounts import size
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.cleaning import types
from jinjie.data.cleaning.found import Found, Notice

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from jinjie.data.cleaning.fitted import Fitted
    from jinjie.data.cleaning.found import Look
    from jinjie.data.cleaning.source import Source
    from jinjie.data.cleaning.work import Work
else:
    np = lazy("numpy")
    pl = lazy("polars")

BINS = 30
PICTURED = 24
"""Columns that get a picture."""
SHOWN = 1000
"""Dropped rows that are listed one by one; the rest are counted."""


class Step(BaseModel):
    """One thing that was done."""

    did: Literal[
        "encoding", "trimmed", "rewritten", "unfit", "duplicates", "outlier_dropped", "clipped",
        "blanked", "missing_dropped", "filled", "predicted", "standardised", "minmax", "onehot", "ordinal", "truth",
    ]  # fmt: skip
    column: str = ""
    count: int = 0
    """Cells or rows that changed."""
    values: dict[str, Any] = {}
    """What it was done with."""


class Dropped(BaseModel):
    """A row that is not in the cleaned file."""

    line: int
    """The line of the file on which it begins."""
    why: Literal["duplicate", "outlier", "missing"]
    column: str = ""


class Columns(BaseModel):
    """One column before and after, for its picture: counts between edges, from the sampled rows."""

    name: str
    edges: tuple[float, ...]
    before: tuple[int, ...]
    after_edges: tuple[float, ...]
    after: tuple[int, ...]


class Report(BaseModel):
    """All of it. `source` and `out` are paths as they were given."""

    source: str
    out: str
    found: Found
    done: tuple[Step, ...] = ()
    rows: int = 0
    """Rows that were written."""
    columns: tuple[str, ...] = ()
    """Columns that were written."""
    dropped: tuple[Dropped, ...] = ()
    dropped_count: int = 0
    seconds: float = 0.0
    bytes: int = 0
    """The size of the file that was read."""
    plan: dict[str, Any] = {}
    fitted: dict[str, Any] = {}
    """What was learnt, as `Fitted.to_json` writes it."""
    pictures: tuple[Columns, ...] = ()


def headline(report: Report) -> str:
    """The file in one sentence."""
    found = report.found
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
    words = {
        "comma": say("clean.comma"),
        "semicolon": say("clean.semicolon"),
        "tab": say("clean.tab"),
        "pipe": say("clean.pipe"),
    }
    return say(
        "clean.found",
        rows=found.rows,
        columns=len(found.columns),
        encoding=encoding_name(found.encoding),
        delimiter=words[names[found.delimiter]],
        size=size(report.bytes),
    )


def result(report: Report) -> str:
    """What was written, in one sentence."""
    return say("clean.written", rows=report.rows, columns=len(report.columns), dropped=report.dropped_count)


def encoding_name(encoding: str) -> str:
    """As people call it."""
    names = {
        "utf-8": "UTF-8",
        "utf-8-sig": "UTF-8 + BOM",
        "utf-16": "UTF-16",
        "utf-16-le": "UTF-16 LE",
        "utf-16-be": "UTF-16 BE",
        "utf-32": "UTF-32",
        "gb18030": "GB18030",
        "big5": "Big5",
        "shift-jis": "Shift-JIS",
        "cp1252": "Windows-1252",
        "latin-1": "Latin-1",
    }
    return names.get(encoding, encoding)


def type_name(kind: str) -> str:
    """A type in the reader's language."""
    return {
        "whole": say("clean.type.whole"),
        "number": say("clean.type.number"),
        "truth": say("clean.type.truth"),
        "date": say("clean.type.date"),
        "text": say("clean.type.text"),
        "empty": say("clean.type.empty"),
    }[kind]


def notice_line(notice: Notice) -> str:
    """A notice as a sentence."""
    key = {
        "constant": "clean.notice.constant",
        "empty": "clean.notice.empty",
        "mostly_missing": "clean.notice.mostly_missing",
        "identifier": "clean.notice.identifier",
        "mixed": "clean.notice.mixed",
        "copy": "clean.notice.copy",
        "tells": "clean.notice.tells",
        "formula": "clean.notice.formula",
    }[notice.about]
    return say(key, column=notice.column, detail=notice.detail)


def step_line(step: Step) -> str:
    """A step as a sentence."""
    filled: dict[str, Any] = {"column": step.column, "count": step.count}
    filled |= {name: plain(value) for name, value in step.values.items()}
    key = {
        "encoding": "clean.did.encoding",
        "trimmed": "clean.did.trimmed",
        "rewritten": "clean.did.rewritten",
        "unfit": "clean.did.unfit",
        "duplicates": "clean.did.duplicates",
        "outlier_dropped": "clean.did.outlier_dropped",
        "clipped": "clean.did.clipped",
        "blanked": "clean.did.blanked",
        "missing_dropped": "clean.did.missing_dropped",
        "filled": "clean.did.filled",
        "predicted": "clean.did.predicted",
        "standardised": "clean.did.standardised",
        "minmax": "clean.did.minmax",
        "onehot": "clean.did.onehot",
        "ordinal": "clean.did.ordinal",
        "truth": "clean.did.truth",
    }[step.did]
    return say(key, **filled)


def reason(row: Dropped) -> str:
    """Why a row is gone."""
    key = {
        "duplicate": "clean.why.duplicate",
        "outlier": "clean.why.outlier",
        "missing": "clean.why.missing",
    }[row.why]
    return say(key, column=row.column)


def plain(value: Any) -> str:
    """A value as a sentence shows it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def assemble(source: Source, out: Path, look: Look, work: Work, fitted: Fitted) -> Report:
    """The report of a cleaning, from what each part of it counted."""
    cleaning = fitted.cleaning
    columns, notices = look.columns(cleaning.iqr, cleaning.target)
    found = Found(
        rows=look.rows,
        encoding=source.encoding,
        delimiter=source.delimiter,
        unnamed=source.unnamed,
        duplicates=look.duplicates if cleaning.duplicates == "drop" else None,
        blank_lines=look.blank_lines,
        trimmed=look.trimmed,
        sampled=len(look.sample()),
        columns=columns,
        notices=notices,
    )
    steps = []
    if source.encoding != "utf-8":
        steps.append(Step(did="encoding", values={"encoding": encoding_name(source.encoding)}))
    if look.trimmed:
        steps.append(Step(did="trimmed", count=look.trimmed))
    for name, kind in look.kinds.items():
        if look.unfit[name]:
            values = {"kind": types.family(kind)}
            steps.append(Step(did="unfit", column=name, count=look.unfit[name], values=values))
        if types.rewritten(kind):
            count = look.rows - look.missing[name]
            steps.append(Step(did="rewritten", column=name, count=count, values={"form": _form(kind)}))
    return Report(
        source=str(source.path),
        out=str(out),
        found=found,
        done=tuple(steps + work.steps()),
        rows=work.rows,
        columns=work.columns,
        dropped=tuple(work.dropped),
        dropped_count=sum(work.reasons.values()),
        bytes=source.size,
        plan=cleaning.model_dump(mode="json", exclude_defaults=True),
        fitted=fitted.model_dump(mode="json", exclude_defaults=True),
        pictures=_pictures(look, work),
    )


def _form(kind: str) -> str:
    """How cells of a type were written, in an example that needs no language."""
    family, _, form = kind.partition(":")
    if family == "date" and form != "any":
        return datetime(2020, 3, 14, 15, 9, 26).strftime(form)
    return {"thousands": "1,234", "percent": "12%", "comma": "1,5", "any": "…"}.get(form, form)


def _pictures(look: Look, work: Work) -> tuple[Columns, ...]:
    """Columns of numbers before and after, from the sampled rows."""
    before, after = look.sample(), work.sample()
    found: list[Columns] = []
    for name, kind in look.kinds.items():
        if not types.is_numeric(kind) or len(found) == PICTURED or name not in after.columns:
            continue
        was = before[name].drop_nulls().cast(pl.Float64)
        now = after[name].cast(pl.Float64, strict=False).drop_nulls()
        if len(was) < 2 or was.min() == was.max() or not len(now):
            continue
        counts, edges = np.histogram(was.to_numpy(), BINS)
        inside = edges[0] <= float(now.min()) and float(now.max()) <= edges[-1]  # type: ignore[arg-type]
        later, later_edges = np.histogram(now.to_numpy(), edges if inside else BINS)
        found.append(
            Columns(
                name=name,
                edges=tuple(edges.tolist()),
                before=tuple(counts.tolist()),
                after_edges=tuple(later_edges.tolist()),
                after=tuple(later.tolist()),
            )
        )
    return tuple(found)
