"""The names and sentences that a person reads the evaluation of a model of text under."""

from __future__ import annotations

import math

from jinjie.analyse.texts.values import Benchmark, Kind, Shown, Speed, Texts, Written
from jinjie.base.amounts import size
from jinjie.base.words import say

KINDS = {
    "all": "evaluate.kind.all",
    "agreement": "evaluate.kind.agreement",
    "arithmetic": "evaluate.kind.arithmetic",
    "aspect": "evaluate.kind.aspect",
    "case": "evaluate.kind.case",
    "closing": "evaluate.kind.closing",
    "measure": "evaluate.kind.measure",
    "rhyme": "evaluate.kind.rhyme",
    "sense": "evaluate.kind.sense",
    "tense": "evaluate.kind.tense",
    "verse_next": "evaluate.kind.verse_next",
    "verse_order": "evaluate.kind.verse_order",
    "verse_rhyme": "evaluate.kind.verse_rhyme",
    "word_order": "evaluate.kind.word_order",
}
LN2 = math.log(2)
LEVELS = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 11.0)
"""Bits from which on a token is coloured one level darker."""


def how(texts: Texts, resamples: int, masked: bool = False) -> str:
    """What the intervals are drawn from, and what the baselines are."""
    if masked:
        drawn = say("evaluate.text.how_documents", resamples=resamples, units=texts.units)
        return f"{drawn} {say('evaluate.text.how_neighbours', count=texts.ngram_tokens)}"
    if texts.documents:
        told = say("evaluate.text.how_documents", resamples=resamples, units=texts.units)
    else:
        told = say("evaluate.text.how_stretches", resamples=resamples, units=texts.units)
    if texts.ngram_order is None:
        return told
    baselines = say("evaluate.text.how_baselines", order=texts.ngram_order, count=texts.ngram_tokens)
    return f"{told} {baselines}"


def level(nats: float) -> int:
    """How dark a token is shown, 0 … 7."""
    return sum(nats / LN2 >= border for border in LEVELS)


def visible(one: Shown) -> list[tuple[str, float]]:
    """The pieces of a text without the line breaks that it begins with."""
    pieces = list(one.pieces)
    while pieces and not pieces[0][0].strip("\n"):
        pieces.pop(0)
    return pieces


def shown_heading(one: Shown, documents: bool) -> str:
    """Which text it is, and what it costs."""
    if not one.bits_per_byte:  # of hidden tokens
        return say("evaluate.text.shown_hidden", index=one.index, tokens=one.tokens, nats=f"{one.nats:.3f}")
    bits = f"{one.bits_per_byte:.3f}"
    if documents:
        return say("evaluate.text.shown_document", index=one.index, tokens=one.tokens, bits=bits)
    return say("evaluate.text.shown_stretch", index=one.index, tokens=one.tokens, bits=bits)


def written_heading(one: Written) -> str:
    return say("evaluate.text.written_by", seed=one.seed)


def kind_name(name: str) -> str:
    return say(KINDS[name]) if name in KINDS else name


def benchmark_name(made: Benchmark) -> str:
    """The benchmark's heading, with how many questions were left out where some were."""
    language = say("evaluate.text.english") if made.language == "en" else say("evaluate.text.chinese")
    if made.all.left_out:
        return say(
            "evaluate.text.benchmark_part",
            language=language,
            count=made.all.count,
            left_out=made.all.left_out,
        )
    return say("evaluate.text.benchmark", language=language, count=made.all.count)


def benchmark_head() -> list[str]:
    """Headings of `benchmark_rows`."""
    return [
        say("evaluate.column.kind"),
        say("evaluate.column.questions"),
        say("evaluate.score.accuracy"),
        say("evaluate.column.interval"),
        say("evaluate.column.chance"),
        say("evaluate.column.per_byte"),
    ]


def benchmark_rows(made: Benchmark) -> list[list[str]]:
    """A line a kind, the sum over all first."""
    return [_row(kind) for kind in (made.all, *(kind for kind in made.kinds if kind.count))]


def _row(kind: Kind) -> list[str]:
    interval = "–" if kind.low is None or kind.high is None else f"{kind.low:.1%} – {kind.high:.1%}"
    return [
        kind_name(kind.name),
        str(kind.count),
        f"{kind.accuracy:.1%}",
        interval,
        f"{kind.chance:.1%}",
        f"{kind.per_byte:.1%}",
    ]


def missed_line(one: tuple[str, str, str]) -> str:
    """A question that the model is wrong about."""
    context, right, preferred = (part.replace("\n", " / ") for part in one)
    return say("evaluate.text.missed", context=context, right=right.strip(), preferred=preferred.strip())


def speed_lines(speed: Speed) -> list[str]:
    """How quick, how large, and where and when that was measured."""
    lines = [say("evaluate.text.speed_read", rate=round(speed.read), precision=speed.precision)]
    if speed.written is not None:
        lines.append(say("evaluate.text.speed_written", rate=round(speed.written)))
    lines.append(say("evaluate.text.memory", weights=size(speed.weights)))
    if speed.cache is not None:
        lines.append(say("evaluate.text.memory_cache", cache=size(speed.cache)))
    lines.append(say("evaluate.text.measured", machine=speed.machine, threads=speed.threads, date=speed.date))
    return lines
