"""One thing wrong with the course's files: its code, where it stands, and how it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinjie.base.errors import Problem
from jinjie.base.words import Language, say


@dataclass(frozen=True)
class Code:
    """A kind of finding: what it is, and what mends it, as keys of the words."""

    name: str
    fix: str


CODES: dict[str, Code] = {
    "C001": Code("check.schema", "check.schema_fix"),
    "C002": Code("check.duplicate", "check.duplicate_fix"),
    "C003": Code("check.language", "check.language_fix"),
    "C004": Code("check.unsynced", "check.unsynced_fix"),
    "C005": Code("check.reference", "check.reference_fix"),
    "C010": Code("check.cycle", "check.cycle_fix"),
    "C011": Code("check.untaught", "check.untaught_fix"),
    "C012": Code("check.bare", "check.bare_fix"),
    "C013": Code("check.early", "check.early_fix"),
    "C020": Code("check.starter", "check.starter_fix"),
    "C021": Code("check.solution", "check.solution_fix"),
    "C022": Code("check.wrong", "check.wrong_fix"),
    "C023": Code("check.tolerance", "check.tolerance_fix"),
    "C024": Code("check.slow", "check.slow_fix"),
    "C030": Code("check.quiz", "check.quiz_fix"),
    "C031": Code("check.variant", "check.variant_fix"),
    "C032": Code("check.expression", "check.expression_fix"),
    "C040": Code("check.fence", "check.fence_fix"),
    "C041": Code("check.mathematics", "check.mathematics_fix"),
    "C042": Code("check.uncited", "check.uncited_fix"),
    "C043": Code("check.languages", "check.languages_fix"),
    "C044": Code("check.command", "check.command_fix"),
    "C050": Code("check.link", "check.link_fix"),
    "C060": Code("check.alt", "check.alt_fix"),
    "C070": Code("check.experiment", "check.experiment_fix"),
    "C071": Code("check.recording", "check.recording_fix"),
    "C080": Code("check.named", "check.named_fix"),
    "C081": Code("check.cited", "check.cited_fix"),
    "C082": Code("check.asked_twice", "check.asked_twice_fix"),
    "C083": Code("check.figure", "check.figure_fix"),
}
"""Every code of `jinjie content check`, in the order of its report. Codes keep their meaning for good."""


@dataclass(frozen=True)
class Finding:
    """A problem of the content. `problem` says what was expected and what came, in both languages."""

    code: str
    file: Path
    line: int
    problem: Problem

    @classmethod
    def at(cls, code: str, file: Path, line: int, key: str, /, **params: Any) -> Finding:
        return cls(code, file, line, Problem("", key, **params))

    @property
    def fix_key(self) -> str:
        return CODES[self.code].fix

    def says(self, lang: Language | None = None) -> str:
        """What is wrong, after the place in the file's data where it is known."""
        text = self.problem.in_(lang)
        return f"{self.problem.where}: {text}" if self.problem.where else text

    def fix(self, lang: Language | None = None) -> str:
        return say(self.fix_key, lang)

    def for_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "file": str(self.file),
            "line": self.line,
            "text": self.says(),
            "fix": self.fix(),
        }

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.says()}"
