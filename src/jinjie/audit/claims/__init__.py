"""What a tutorial says in words, held against the table of claims.

A sentence is wrong where it says of a subject what one of the patterns of a claim says; a question, a warning, a
quotation or a denial says nothing. Where the right saying is found, it is said to be right; all else is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from jinjie.audit.article import Article, Sentence
from jinjie.audit.claims import matching
from jinjie.audit.claims.reading import Claim, Groups, Subject, table
from jinjie.audit.finding import Finding, Shown, Verdict
from jinjie.base.words import LANGUAGES, Language, Text, say

_BACK = 3
"""Sentences of the section that are looked through for a subject, from the last one back."""


def judge(article: Article) -> list[Finding]:
    """Findings on the sentences of an article, in their order."""
    return list(_Reader(article).findings())


@dataclass(frozen=True)
class _Way:
    """One way to say a claim, wrongly or rightly."""

    wrong: bool
    groups: Groups
    first: re.Pattern[str]
    """Of its first group: nearly every sentence is done with when this is not found."""


@cache
def _ways(lang: Language) -> tuple[tuple[Claim, tuple[_Way, ...]], ...]:
    known = table()
    return tuple(
        (
            claim,
            tuple(
                _Way(wrong, groups, matching.compiled(groups[0], lang, known))
                for wrong, sayings in ((True, claim.wrong), (False, claim.right))
                for groups in sayings.in_(lang)
            ),
        )
        for claim in known.claims
    )


def _may_mean(claim: Claim, here: frozenset[str], around: frozenset[str]) -> bool:
    """Whether a claim's subject is named in a sentence or, where it may be carried, around it."""
    if not claim.subject or not here.isdisjoint(claim.subject):
        return True
    return claim.carried and not around.isdisjoint(claim.subject)


class _Reader:
    def __init__(self, article: Article) -> None:
        self._article, self._table = article, table()
        self._sentences = article.sentences
        self._plain = [matching.plain(sentence.text) for sentence in self._sentences]
        self._langs: list[Language] = [matching.language_of(text) for text in self._plain]
        self._named = [
            matching.named(text, lang, self._table)
            for text, lang in zip(self._plain, self._langs, strict=True)
        ]

    def findings(self) -> Iterator[Finding]:
        for at, sentence in enumerate(self._sentences):
            text, here, around, stands = self._plain[at], self._named[at], self._around(at), None
            for claim, all_ways in _ways(self._langs[at]):
                if not _may_mean(claim, here, around):
                    continue
                ways = [way for way in all_ways if way.first.search(text)]
                if ways and stands is None:
                    stands = self._stands(at)
                if ways and stands and (verdict := self._verdict(claim, ways, at)):
                    yield _finding(claim, verdict, sentence)

    def _around(self, at: int) -> frozenset[str]:
        """Who is named where a subject may be carried from."""
        heading = matching.plain(self._sentences[at].section)
        said = matching.named(heading, matching.language_of(heading), self._table)
        return said.union(*self._named[max(0, at - _BACK) : at])

    def _stands(self, at: int) -> bool:
        """Whether the sentence is meant as it is written, by itself, its heading and its neighbours."""
        text, lang, section = self._plain[at], self._langs[at], self._sentences[at].section
        if not matching.asserted(text, lang) or matching.doubtful_heading(matching.plain(section)):
            return False
        if at and matching.introduced_as_doubt(self._plain[at - 1], self._langs[at - 1]):
            return False
        return not (at + 1 < len(self._plain) and matching.denies(self._plain[at + 1], self._langs[at + 1]))

    def _verdict(self, claim: Claim, ways: list[_Way], at: int) -> Verdict | None:
        """What the ways to say a claim, wrong ones and right, come to; wrong where any is."""
        text, lang = self._plain[at], self._langs[at]
        if self._says(claim, [way.groups for way in ways if way.wrong], at) and self._beside(claim, at):
            unless = claim.unless.in_(lang)
            clause = at and self._sentences[at - 1].text.endswith((";", "；"))
            whole = f"{self._plain[at - 1]} {text}" if clause else text
            if not any(matching.compiled(one, lang, self._table).search(whole) for one in unless):
                return "wrong"
        return "right" if self._says(claim, [way.groups for way in ways if not way.wrong], at) else None

    def _says(self, claim: Claim, ways: list[Groups], at: int) -> bool:
        text, lang = self._plain[at], self._langs[at]
        names = [f"<{slug}>" for slug in claim.subject]
        own = [groups for groups in ways if not names or any(name in "".join(groups) for name in names)]
        whole = matching.Stretch(0, len(text), frozenset())
        if any(matching.said(text, lang, groups, whole, self._table) for groups in own):
            return True
        others = [groups for groups in ways if groups not in own]
        if not others:
            return False
        family = {self._table.subjects[slug].family for slug in claim.subject}
        rivals = {slug: one for slug, one in self._table.subjects.items() if one.family in family}
        before = self._spoken_of(at, rivals) if claim.carried else frozenset()
        return any(
            matching.said(text, lang, groups, part, self._table)
            for part in matching.stretches(text, lang, rivals, before, claim.anywhere)
            if part.who & set(claim.subject)
            for groups in others
        )

    def _spoken_of(self, at: int, rivals: dict[str, Subject]) -> frozenset[str]:
        """Who a sentence without a name speaks of: the only one named shortly before, or in the heading."""
        here = self._sentences[at]
        if matching.turns(self._plain[at], self._langs[at]):
            return frozenset()
        for back in range(at - 1, max(-1, at - 1 - _BACK), -1):
            if (
                self._sentences[back].section != here.section
                or self._sentences[back].place.cell != here.place.cell
            ):
                break
            named = {slug for _, _, slug in matching.mentions(self._plain[back], self._langs[back], rivals)}
            if named:
                return frozenset(named) if len(named) == 1 else frozenset()
            if matching.asks_of_another(self._plain[back]):
                return frozenset()
        heading = matching.plain(here.section)
        named = {slug for _, _, slug in matching.mentions(heading, matching.language_of(heading), rivals)}
        return frozenset(named) if len(named) == 1 else frozenset()

    def _beside(self, claim: Claim, at: int) -> bool:
        """Whether what the claim wants to see in the same section is there."""
        wanted, here = claim.beside, self._sentences[at]
        if wanted is None:
            return True
        if wanted.says is not None and not re.search(wanted.says, self._section(here)):
            return False
        if wanted.formula is None:
            return True
        after = (
            formula.latex
            for formula in self._article.formulas
            if formula.section == here.section
            and formula.place.cell == here.place.cell
            and formula.place.end > here.place.line
            and len(formula.latex) > 8
        )
        latex = next(after, "")
        return bool(re.search(wanted.formula, latex)) and not (
            wanted.lacks and re.search(wanted.lacks, latex)
        )

    def _section(self, here: Sentence) -> str:
        said = [s.text for s in self._sentences if s.section == here.section]
        programs = [code.text for code in self._article.codes if code.section == here.section]
        return matching.plain(" ".join([here.section, *said, *programs]))


def _finding(claim: Claim, verdict: Verdict, sentence: Sentence) -> Finding:
    wrong = verdict == "wrong"
    source = Text(*(say("audit.claims.source", lang, source=claim.source) for lang in LANGUAGES))
    shown = Shown(source)
    if claim.run is not None:
        run = claim.run
        shown = Shown(
            Text(en=f"{run.says.en} {source.en}", zh=f"{run.says.zh}{source.zh}"), command=run.command
        )
    return Finding(
        kind="claim",
        rule=claim.id,
        verdict=verdict,
        place=sentence.place,
        quote=sentence.text,
        title=claim.title,
        says=claim.says,
        severity=claim.severity if wrong else "low",
        instead=claim.instead if wrong else None,
        shown=shown,
        formula=claim.formula,
        lessons=claim.lessons,
    )
