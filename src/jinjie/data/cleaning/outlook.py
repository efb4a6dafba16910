"""What a plan would do to a file, before it is done: rules by column, passes over it, and what is held in memory."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from jinjie.base.amounts import size
from jinjie.base.words import say
from jinjie.data.cleaning import types
from jinjie.data.cleaning.duplicates import BYTES_A_ROW
from jinjie.data.cleaning.file import MANY, initial_kinds, learns, many_rows
from jinjie.data.cleaning.fit import check_rules, fill_rule, is_encoded
from jinjie.data.cleaning.plan import Cleaning, check_columns
from jinjie.data.cleaning.report import encoding_name
from jinjie.data.cleaning.source import BLOCK, open_source
from jinjie.data.cleaning.spill import HELD

DISK_A_ROW = 20
"""Bytes on disk that a row takes whose hash does not stay in memory."""


class Planned(BaseModel):
    """One column, its type by the first megabyte, and the rules that will touch it."""

    name: str
    type: str
    rules: tuple[str, ...]


class Outlook(BaseModel):
    """The plan for one file. Rows are reckoned from the first megabyte, memory in bytes."""

    encoding: str
    delimiter: str
    bytes: int
    rows_about: int
    passes: int
    columns: tuple[Planned, ...]
    duplicates: int = 0
    """Bytes for the hashes of rows, where repeated ones are dropped: of memory, or of disk where rows are many."""
    held: tuple[str, ...] = ()
    """Columns whose numbers are held, eight bytes a row, for a median or quartiles."""
    counted: tuple[str, ...] = ()
    """Columns whose distinct values are held, for a mode or categories."""

    def headline(self) -> str:
        return say(
            "clean.plan.headline",
            size=size(self.bytes),
            encoding=encoding_name(self.encoding),
            rows=self.rows_about,
            passes=self.passes,
        )

    def lines(self) -> list[str]:
        """What needs memory, a sentence each."""
        found = [say("clean.plan.blocks", size=size(8 * BLOCK))]
        if self.duplicates and self.rows_about > MANY:
            found.append(say("clean.plan.duplicates_on_disk", size=size(self.duplicates)))
        elif self.duplicates:
            found.append(say("clean.plan.duplicates", size=size(self.duplicates)))
        if self.held:
            names, kept = ", ".join(self.held), 8 * self.rows_about * len(self.held)
            if kept > HELD:
                found.append(say("clean.plan.held_on_disk", columns=names, size=size(kept)))
            else:
                found.append(say("clean.plan.held", columns=names, size=size(kept)))
        if self.counted:
            found.append(say("clean.plan.counted", columns=", ".join(self.counted)))
        return found


def look_ahead(path: Path, cleaning: Cleaning) -> Outlook:
    """The outlook for the file at `path`; reads a megabyte of it. Raises as `clean` does."""
    source = open_source(path, cleaning)
    check_columns(cleaning, source.names)
    kinds = initial_kinds(source, cleaning)
    check_rules(cleaning, kinds)
    columns, held, counted = [], [], []
    bounds = fills = scales = False
    for name, kind in kinds.items():
        numeric = types.is_numeric(kind)
        rules = []
        if types.rewritten(kind):
            rules.append("types")
        if numeric and (outliers := cleaning.rule(name, "outliers")) != "keep":
            rules.append(f"outliers={outliers}")
            bounds = True
            if cleaning.outliers_by == "quartiles":
                held.append(name)
        rule = fill_rule(cleaning, name, kind)
        if rule != "keep":
            rules.append(f"missing={rule}")
            fills |= rule in ("mean", "median", "mode", "predict")
            if rule == "median" or (rule == "predict" and numeric):
                held += [] if name in held else [name]
            elif rule in ("mode", "predict"):
                counted.append(name)
        if is_encoded(cleaning, name, kind):
            rules.append(f"encode={cleaning.rule(name, 'encode')}")
            scales = True
            counted += [] if name in counted else [name]
        elif numeric and (scale := cleaning.rule(name, "scale")) != "keep":
            rules.append(f"scale={scale}")
            scales = True
        columns.append(Planned(name=name, type=types.family(kind), rules=tuple(rules)))
    rows = source.rows_about()
    more = learns(cleaning, kinds) or many_rows(cleaning, rows)
    return Outlook(
        encoding=source.encoding,
        delimiter=source.delimiter,
        bytes=source.size,
        rows_about=rows,
        passes=2 + bounds + fills + scales if more else 1,
        columns=tuple(columns),
        duplicates=0
        if cleaning.duplicates == "keep"
        else (DISK_A_ROW if rows > MANY else BYTES_A_ROW) * rows,
        held=tuple(held),
        counted=tuple(counted),
    )
