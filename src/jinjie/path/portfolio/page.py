"""The portfolio as one page of HTML in the current language: no script, no outside address, fit for paper.

Whatever comes from a run or the log is text to the template, which escapes it; pictures are drawn here anew from
numbers, and no file of a run becomes part of the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinjie import __version__
from jinjie.analyse import evaluation as sentences
from jinjie.analyse.compare import spreads
from jinjie.base import amounts
from jinjie.base.svg import COLOURS, FONTS
from jinjie.base.words import language, say
from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.path.portfolio.card import SHOWN_MISTAKES, Card, Measured
from jinjie.path.portfolio.learned import Built, Passed, Stage, built, passed, stages
from jinjie.path.portfolio.private import name_of, without_paths

if TYPE_CHECKING:
    from jinja2 import Environment

METRICS = {
    "loss": "studio.metric.loss",
    "in_form": "studio.metric.in_form",
    "margin": "studio.metric.margin",
    "kept": "studio.metric.kept",
    "kept_before": "studio.metric.kept_before",
    "perplexity_before": "studio.metric.perplexity_before",
    "kl": "studio.metric.kl",
}
"""Scores as training measures them; `evaluate` has names for the others, and its loss is always one of tokens."""
CLASSES = 20
"""Classes up to which a confusion matrix can be read on paper."""


@dataclass(frozen=True)
class Shown:
    """All that a portfolio's page says. `files` and `marks` are each card's recipe file and fingerprint."""

    cards: tuple[Card, ...]
    files: tuple[str, ...]
    marks: tuple[str, ...]
    built: tuple[Built, ...]
    passed: tuple[Passed, ...]
    stages: tuple[Stage, ...]
    name: str | None
    title: str | None
    day: date

    @classmethod
    def of(
        cls,
        library: Library,
        events: Sequence[Attempt],
        cards: Sequence[Card],
        files: Sequence[str],
        marks: Sequence[str],
        name: str | None,
        title: str | None,
    ) -> Shown:
        now = datetime.now().astimezone()
        return cls(
            tuple(cards), tuple(files), tuple(marks), tuple(built(library, cards)), tuple(passed(library, events)),
            tuple(stages(library, events, now)), plain(name or "") or None, plain(title or "") or None,
            now.date(),
        )  # fmt: skip


def page(shown: Shown) -> str:
    """The whole page in the current language, as well-formed as XML."""
    return _environment().get_template("page.html").render(
        shown=shown,
        lang={"zh": "zh-CN", "en": "en"}[language()],
        heading=shown.name or shown.title or say("path.portfolio.title"),
        under=(shown.title or say("path.portfolio.title")) if shown.name else None,
        version=__version__,
        colours=COLOURS,
        fonts=FONTS,
        numbers_of=lambda card: shown.cards.index(card) + 1,
        learned=[stage for stage in shown.stages if stage.begun],
        stage_names={stage.stage: stage.name for stage in shown.stages},
    )  # fmt: skip


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    env = Environment(
        loader=PackageLoader("jinjie.path.portfolio", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if isinstance(value, str) and type(value) is str else value,
    )
    env.globals |= {
        "say": say, "facts": facts, "scores": score_table, "curve": curve, "picture": picture, "state": state,
        "result": result, "baseline": baseline,
        "split_name": sentences.split_name, "value_of": value_of, "mistakes": mistakes, "written": written,
        "notes": notes,
        "how": lambda card: sentences.how(card.evaluation),
        "mistakes_heading": mistakes_heading, "address": quote, "shorter": shorter, "evaluated": evaluated,
    }  # fmt: skip
    return env


def plain(text: str) -> str:
    """A text without the characters that no page may hold: controls, halves of a pair; line ends stay."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").replace("\r\n", "\n")
    return re.sub("[^\\t\\n\\x20-\\x7e\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]", "", text)


def facts(card: Card) -> list[tuple[str, str]]:
    """What a model was made from and how, a line each; what the run does not say is not there."""
    data, row, here = card.data, card.row, card.computed
    lines = [(say("path.portfolio.data"), _data(card))]
    if data.counts:
        names = {
            "train": say("path.portfolio.train"),
            "validation": sentences.split_name("validation"),
            "test": sentences.split_name("test"),
        }
        counts = [f"{names.get(name, name)} {count:,}" for name, count in data.counts.items()]
        lines.append((say("path.portfolio.sizes"), " · ".join(counts)))
    leaks = [
        say("path.portfolio.repeat", share=f"{share:.1%}", split=sentences.split_name(name))
        for name, share in data.repeats.items()
        if share > 0
    ]
    if leaks:
        lines.append((say("path.portfolio.repeats"), "; ".join(leaks)))
    model = [card.model]
    if row.parameters is not None:
        model.append(say("path.portfolio.parameters", count=amounts.count(row.parameters)))
    if card.model_bytes is not None:
        model.append(amounts.size(card.model_bytes))
    lines.append((say("path.portfolio.model"), " · ".join(model)))
    if card.start is not None:
        lines.append((say("path.portfolio.start"), card.start))
    steps = say("path.portfolio.steps", step=row.step, total=row.total if row.total is not None else "?")
    lines.append((say("path.portfolio.trained"), f"{steps} · {amounts.duration(row.seconds)}"))
    if card.made is not None:
        lines.append((say("path.portfolio.day"), card.made.isoformat()))
    if "device" in here:
        on = say(
            "path.portfolio.computed",
            device=here["device"],
            precision=here.get("precision", "?"),
            threads=here.get("threads", "?"),
        )
        with_ = ", ".join(
            f"{name} {here[key]}" for name, key in (("PyTorch", "torch"), ("Jinjie", "jinjie")) if key in here
        )
        lines.append((say("path.portfolio.machine"), f"{on} · {with_}"))
    lines.append((say("path.portfolio.seed"), str(card.seed)))
    return lines


def _data(card: Card) -> str:
    data = card.data
    if data.own is not None:
        return str(data.title)
    kind = ""
    if data.real is not None:
        kind = say("path.portfolio.real") if data.real else say("path.portfolio.synthetic")
    said = [
        str(data.title),
        data.source,
        data.licence and say("path.portfolio.licence", licence=data.licence),
        kind,
    ]
    return " · ".join(one for one in said if one)


def state(card: Card) -> str | None:
    """What a reader must know of how the training ended; None where it ended as it should."""
    if card.state == "finished":
        return say("path.portfolio.early") if card.early else None
    return {
        "stopped": say("path.portfolio.stopped"),
        "failed": say("path.portfolio.failed"),
    }.get(card.state, say("path.portfolio.interrupted"))


def score_table(card: Card) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of the held-out scores: those of the evaluation, else those of the training's own last look."""
    if card.evaluation is not None:
        return sentences.score_head(card.evaluation), sentences.score_rows(card.evaluation)
    head = [say("evaluate.column.score"), say("evaluate.column.value"), say("path.portfolio.baseline")]
    return head, [
        [score_name(score.name), sentences.number(score.value), sentences.number(score.baseline)]
        for score in card.scores
    ]


def evaluated(made: sentences.Evaluation) -> str:
    """Which model was evaluated, and on how much."""
    split = sentences.split_name(made.split)
    if made.texts is not None:
        return say("path.portfolio.evaluated_text", step=made.step, count=made.texts.tokens, split=split)
    return say("path.portfolio.evaluated", step=made.step, count=made.examples, split=split)


def shorter(text: str, most: int) -> str:
    """A text of at most so many characters, and a sign where there was more."""
    return text if len(text) <= most else text[:most].rstrip() + " …"


def score_name(name: str, evaluated: bool = False) -> str:
    """A score in the current language; one that has no name there as the task wrote it."""
    if name in METRICS and not (evaluated and name in sentences.NAMES):
        said = say(METRICS[name]).strip()
        return said if said[:2].isupper() else said[:1].lower() + said[1:]
    return sentences.score_name(name) if name in sentences.NAMES else name.replace("_", " ")


def result(card: Card) -> str:
    """The one score that stands for a model, with its interval and its baseline."""
    score = card.headline
    if score is None:
        return "–"
    made = card.evaluation
    whole = made.scores.get(score.name) if made is not None else None
    value = sentences.number(score.value) if whole is None else sentences.with_interval(whole)
    return f"{score_name(score.name, made is not None)} {value}"


def baseline(score: Measured | None) -> str:
    return sentences.number(None if score is None else score.baseline)


def notes(card: Card) -> list[str]:
    """What to know before the numbers are believed."""
    lines = []
    if card.evaluation is not None:
        lines += [without_paths(line) for line in sentences.notes(card.evaluation)]
        if card.older_evaluation:
            lines.append(say("path.portfolio.other_step", step=card.evaluation.step, best=card.row.best_step))
    elif card.evaluation_damaged:
        lines.append(say("path.portfolio.evaluation_damaged"))
    if card.evaluation is None and card.scores:
        lines.append(
            say("path.portfolio.own_look" if card.split == "test" else "path.portfolio.only_validation")
        )
    if card.data.real is False and card.evaluation is None:
        lines.append(say("evaluate.note.synthetic"))
    return lines


def value_of(value: Any) -> str:
    """A setting as people read it: a path by its last part."""
    if value is None:
        return say("path.portfolio.none")
    if isinstance(value, bool):
        return say("path.portfolio.yes") if value else say("path.portfolio.no")
    if isinstance(value, str):
        return name_of(value) if value.startswith(("/", "~")) else without_paths(value)
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def mistakes(card: Card) -> list[tuple[str, str]]:
    """The first mistakes of the evaluation: what was said of each, and its input."""
    if card.evaluation is None:
        return []
    return [(sentences.mistake_line(one), one.words) for one in card.evaluation.mistakes[:SHOWN_MISTAKES]]


def mistakes_heading(card: Card) -> str:
    assert card.evaluation is not None
    first = card.evaluation.mistakes[:SHOWN_MISTAKES]
    return sentences.mistakes_heading(card.evaluation.model_copy(update={"mistakes": first}))


def written(card: Card) -> tuple[str, str, str] | None:
    """What a model wrote: how it came about, the opening it was given, its own text. None where it wrote nothing."""
    texts = card.evaluation.texts if card.evaluation is not None else None
    if texts is not None and texts.written:
        from jinjie.analyse.texts.sentences import written_heading

        one = texts.written[0]
        return written_heading(one), one.opening.lstrip("\n"), one.written
    if card.sample is not None and card.sample[1].strip():
        step, text = card.sample
        return say("path.portfolio.sample", step=step), "", text.strip("\n")
    return None


def curve(card: Card, number: int) -> str:
    """The training and validation loss over the steps as SVG; empty where there are not two points."""
    from jinjie.base.pictures import Curve, curves

    row = card.row
    if len(row.train_curve) < 2:
        return ""
    lines = {}
    for name, path, faint in (
        (say("path.portfolio.training_loss"), row.train_curve, True),
        (say("path.portfolio.validation_loss"), row.validation_curve, False),
    ):
        if path:
            lines[name] = Curve([x for x, _ in path], [y for _, y in path], faint, 1)
    log = spreads([row.train_curve, row.validation_curve])
    return _inlined(curves(lines, "", say("picture.step"), say("picture.loss"), log), f"c{number}")


def picture(card: Card, number: int) -> tuple[str, str] | None:
    """The picture of the evaluation that tells most and its name: where a classifier errs, what a line leaves over."""
    from jinjie.base.pictures import confusion, scatter_line

    made = card.evaluation
    if made is None:
        return None
    drawn, name = b"", ""
    if made.confusion and len(made.labels) <= CLASSES:
        name = "confusion.svg"
        drawn = confusion(
            made.confusion, made.labels, x_label=say("picture.predicted"), y_label=say("picture.true")
        )
    elif made.residuals:
        name = "residuals.svg"
        across, up = [p for p, _ in made.residuals], [e for _, e in made.residuals]
        line = ([min(across), max(across)], [0.0, 0.0])
        labels = {"x_label": say("evaluate.axis.predicted"), "y_label": say("evaluate.axis.residual")}
        drawn = scatter_line((across, up), line, **labels)
    return (_inlined(drawn, f"e{number}"), sentences.picture_name(name)) if drawn else None


def _inlined(svg: bytes, prefix: str) -> str:
    """A picture of ours for a page that holds several: its ids become its own."""
    from markupsafe import Markup

    text = svg.decode()
    for name in set(re.findall(r'\bid="([^"]+)"', text)):
        for before, after in (('id="', '"'), ("url(#", ")"), ('href="#', '"')):
            text = text.replace(f"{before}{name}{after}", f"{before}{prefix}-{name}{after}")
    return Markup(text)  # noqa: S704 (drawn by us from numbers; labels were escaped when it was made)
