"""What a rule of code is: its words in both languages, and how a finding is made of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from jinjie.audit.code.program import Program
from jinjie.audit.finding import Finding, Severity
from jinjie.base.words import Text


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong in a program. `{word}` in its texts is filled in from what was found."""

    slug: str
    title: Text
    says: Text
    """What is wrong and what follows from it."""
    instead: Text
    severity: Severity
    lessons: tuple[str, ...] = ()

    def at(
        self,
        program: Program,
        node: ast.AST,
        *,
        severity: Severity | None = None,
        names: tuple[str, ...] = (),
        says: Text | None = None,
        instead: Text | None = None,
        **words: str,
    ) -> Finding:
        """The finding at a node; what is given here takes the place of the rule's own."""
        return Finding(
            kind="code",
            rule=self.slug,
            verdict="wrong",
            place=program.place(node),
            quote=program.quote(node),
            title=_filled(self.title, words),
            says=_filled(says or self.says, words),
            severity=severity or self.severity,
            instead=_filled(instead or self.instead, words),
            lessons=self.lessons,
            names=names,
        )


def _filled(text: Text, words: dict[str, str]) -> Text:
    en, zh = text.en, text.zh
    for name, value in words.items():
        en, zh = en.replace("{" + name + "}", value), zh.replace("{" + name + "}", value)
    return Text(en, zh)
