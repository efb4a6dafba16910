"""Is this curve normal? By rule, from a run's events alone: what is unusual, by which numbers, and what to try."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinjie.analyse.evidence import gather
from jinjie.analyse.rules import RULES
from jinjie.analyse.rules.finding import Finding, Lacks
from jinjie.base.errors import NotFound
from jinjie.base.words import Text, text

if TYPE_CHECKING:
    from jinjie.training.events import Event
    from jinjie.training.runs import Run

ORDER = ("high", "medium", "low")
SPOKEN = ("name", "title", "teaches", "expect", "size", "sizes")
"""What a recipe says rather than sets, or sets through other fields."""


@dataclass(frozen=True)
class Diagnosis:
    """What was found, gravest first; what was looked at and is usual; what could not be judged, and why."""

    run: str
    state: str
    findings: tuple[Finding, ...]
    usual: tuple[Text, ...]
    unjudged: tuple[tuple[Text, Text], ...]
    commands: Mapping[str, str]
    """By rule, the command that tries its change: this run's own settings with it."""

    def values(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "run": self.run,
            "state": self.state,
            "findings": [
                {
                    "rule": f.rule,
                    "severity": f.severity,
                    "sure": f.sure,
                    "name": f.name.both(),
                    "evidence": [e.both() for e in f.evidence],
                    "advice": f.advice.both(),
                    "change": dict(f.change),
                    "command": self.commands.get(f.rule),
                    "study": list(f.study),
                }
                for f in self.findings
            ],
            "usual": [asked.both() for asked in self.usual],
            "unjudged": [{"asked": asked.both(), "why": why.both()} for asked, why in self.unjudged],
        }


def diagnose(run: Run, events: Sequence[Event] | None = None) -> Diagnosis:
    """Ask every rule. `events`, where the caller has them, are taken instead of reading the folder.

    Raises JinjieError when the run's recipe cannot be read.
    """
    seen = gather(run, run.events if events is None else events)
    found: list[Finding] = []
    usual: list[Text] = []
    unjudged: list[tuple[Text, Text]] = []
    for rule in RULES:
        answer = rule.look(seen)
        if isinstance(answer, Finding):
            found.append(answer)
        elif isinstance(answer, Lacks):
            unjudged.append((text(rule.asks), answer.why))
        else:
            usual.append(text(rule.asks))
    kept = _causes(found)
    commands = {f.rule: _command(run, f.change) for f in kept if f.change}
    return Diagnosis(run.name, seen.state, tuple(kept), tuple(usual), tuple(unjudged), commands)


def _causes(found: Sequence[Finding]) -> list[Finding]:
    """The findings without those that another one explains; in the order of severity, then of the rules."""

    def explained(finding: Finding) -> bool:
        return any(
            finding.rule in other.explains and ORDER.index(other.severity) <= ORDER.index(finding.severity)
            for other in found
        )

    return sorted((f for f in found if not explained(f)), key=lambda f: ORDER.index(f.severity))


def _command(run: Run, change: Mapping[str, Any]) -> str:
    """`jinjie run RECIPE` with what this run set, and the change; the change alone where no recipe has its name."""
    from jinjie import recipes

    values = run.file["recipe"]
    try:
        named = recipes.find(values["name"]).model_dump(mode="json")
    except NotFound:
        return shlex.join(_word(path, value) for path, value in change.items())
    own = _differing(
        {k: v for k, v in named.items() if k not in SPOKEN},
        {k: v for k, v in values.items() if k not in SPOKEN},
    )
    settings = {**own, **change}
    if any(path in change for path in ("budget.steps", "budget.epochs")):
        settings = {p: v for p, v in settings.items() if v is not None}
    if "model.kind" in change:  # settings of the kind before may mean nothing to the next
        settings = {p: v for p, v in settings.items() if not p.startswith("model.") or p in change}
    words = [_word(path, value) for path, value in settings.items()]
    return shlex.join(["jinjie", "run", values["name"], *words])


def _differing(named: Mapping[str, Any], own: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The settings of `own` that `named` has otherwise, by dotted path; a kind before what depends on it."""
    found: dict[str, Any] = {}
    for name, value in own.items():
        path, before = f"{prefix}{name}", named.get(name)
        if isinstance(value, Mapping):
            inner = before if isinstance(before, Mapping) else {}
            if value.get("kind") != inner.get("kind"):
                found[f"{path}.kind"] = value.get("kind")
            found |= _differing(inner, value, f"{path}.")
        elif value != before:
            found[path] = value
    return found


def _word(path: str, value: Any) -> str:
    """A setting as the command line takes it."""
    return f"{path}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
