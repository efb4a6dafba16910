"""One run as a model card: what it was made from, how, and how good it is, as far as the run itself says so."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jinjie.analyse.compare import SPOKEN, Row, compare
from jinjie.analyse.evaluation import Evaluation
from jinjie.base.errors import JinjieError, NotFound
from jinjie.base.words import Text, say
from jinjie.path.portfolio.choice import has_model
from jinjie.path.portfolio.private import cleaned, is_path, name_of
from jinjie.training.events import Event
from jinjie.training.runs import Run, State

HEADLINES = (
    "accuracy", "r2", "answer_f1", "f1", "bits_per_byte", "bits_per_character", "perplexity", "masked_accuracy",
    "margin", "loss",
)  # fmt: skip
"""The one score of a line, the first of these that a run has."""

SHOWN_MISTAKES = 3


@dataclass(frozen=True)
class Data:
    """What a model learned from. `own` is the name of the author's own file or folder, and None for published data."""

    title: Text
    source: str
    licence: str
    real: bool | None
    """None where the run does not say."""
    own: str | None
    counts: dict[str, int]
    """Examples (tokens of text) in each split."""
    repeats: dict[str, float]
    """Shares of each held-out split whose input is in the training split too."""


@dataclass(frozen=True)
class Setting:
    """A setting that differs from the recipe of that name: its dotted path, the recipe's value and the run's."""

    path: str
    recipe: Any
    here: Any


@dataclass(frozen=True)
class Measured:
    """A held-out score, and what guessing without a look at the input reaches on the same run; None where unknown."""

    name: str
    value: float
    baseline: float | None


@dataclass(frozen=True)
class Card:
    """A run as its reader sees it. Nothing here names a path of the machine."""

    run: str
    recipe: str
    title: Text
    state: State
    made: date | None
    """The day it was begun, here."""
    row: Row
    """Steps, time, sizes and curves."""
    data: Data
    model: str
    """The kind of model."""
    model_bytes: int | None
    """None where no model was kept."""
    start: str | None
    """What its weights began from; None for weights drawn at random."""
    settings: tuple[Setting, ...] | None
    """None where this Jinjie has no recipe of that name."""
    command: str | None
    """What trains it again; None where a setting names a file that only its author has."""
    seed: int
    computed: dict[str, str]
    """Device, precision, threads, versions."""
    early: bool
    """Whether it ended before its last step because nothing got better."""
    split: str
    """The split that `scores` are of, `test` or `validation`; empty without scores."""
    scores: tuple[Measured, ...]
    evaluation: Evaluation | None
    """What `jinjie evaluate` found on the test split."""
    evaluation_damaged: bool
    withheld: bool
    """Whether examples are left out because the data is the author's own."""
    sample: tuple[int, str] | None
    """The step and text of the last thing the model wrote in training."""
    values: dict[str, Any]
    """The whole recipe, without paths."""

    @property
    def headline(self) -> Measured | None:
        """The score that stands for the model in a line."""
        if self.evaluation is not None:
            for name in HEADLINES:
                score = self.evaluation.scores.get(name)
                if score is not None and score.value is not None:
                    return Measured(name, score.value, score.trivial)
        able = [score for score in self.scores if score.name in HEADLINES]
        # A score tells more beside its baseline.
        return min(
            able, key=lambda score: (score.baseline is None, HEADLINES.index(score.name)), default=None
        )

    @property
    def older_evaluation(self) -> bool:
        """Whether the evaluation is of another step than the model that is there."""
        best = self.row.best_step
        return self.evaluation is not None and best is not None and self.evaluation.step != best


def card(run: Run, own_examples: bool = False) -> Card:
    """The card of a run. Of data of the author's own no example is shown unless `own_examples` is true.

    Raises JinjieError when the run's files cannot be read.
    """
    try:
        return _card(run, own_examples)
    except JinjieError:
        raise
    except (OSError, KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise JinjieError("run.unreadable", run=run.name, reason=reason) from error


def _card(run: Run, own_examples: bool) -> Card:
    file, events = run.file, run.events
    asked, launched = file["recipe"], file.get("launch", {})
    started = _last(events, "started")
    finished = _last(events, "finished")
    (row,) = compare([run])
    data = _data(asked, started)
    evaluation, damaged = _evaluation(run)
    settings = _settings(asked, run.name)
    tested = [e["metrics"] for e in events if e["type"] == "evaluated" and e["split"] == "test"]
    split = "test" if tested else "validation" if row.best else ""
    metrics = tested[-1] if tested else row.best
    baseline = started.get("baseline") or {}
    withheld = data.own is not None and not own_examples
    if withheld and evaluation is not None:
        evaluation = _without_examples(evaluation)
    created = launched.get("created")
    return Card(
        run=run.name,
        recipe=str(asked["name"]),
        title=_title(Text(**asked["title"]), data),
        state=run.state(events),
        made=None if created is None else datetime.fromtimestamp(created).astimezone().date(),
        row=row,
        data=data,
        model=str(asked["model"]["kind"]),
        model_bytes=_bytes(run.path / "model") if has_model(run) else None,
        start=None if asked.get("start") is None else cleaned(str(asked["start"])),
        settings=settings,
        command=_command(asked, settings),
        seed=int(asked["seed"]),
        computed={
            name: str(started.get(name, launched.get(name)))
            for name in ("device", "precision", "threads", "torch", "jinjie")
            if started.get(name, launched.get(name)) is not None
        },
        early=bool(finished.get("early")),
        split=split,
        scores=tuple(
            Measured(str(name), float(value), _number(baseline.get(name)))
            for name, value in metrics.items()
            if _number(value) is not None
        ),
        evaluation=evaluation,
        evaluation_damaged=damaged,
        withheld=withheld,
        sample=None if withheld else _sample(events),
        values=cleaned(asked),
    )


def _title(recipe: Text, data: Data) -> Text:
    """The recipe's title, and what it does not say: that the data is another."""
    if data.own is None:
        return recipe
    return Text(
        en=say("path.portfolio.on_own", "en", title=recipe.en, name=data.own),
        zh=say("path.portfolio.on_own", "zh", title=recipe.zh, name=data.own),
    )


def _last(events: list[Event], type: str) -> Event:
    return next((event for event in reversed(events) if event["type"] == type), {})


def _number(value: Any) -> float | None:
    """A finite number, else None."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if fine else None


def _sample(events: list[Event]) -> tuple[int, str] | None:
    sample = _last(events, "sample")
    return (int(sample["step"]), str(sample["text"])) if sample else None


def _data(asked: Mapping[str, Any], started: Event) -> Data:
    """What the run noted when it began; what the recipe says where it did not come so far."""
    config = asked["data"]
    own = str(config["path"]) if config.get("path") else None
    title = Text(str(config["kind"]), str(config["kind"]))
    told: dict[str, Any] = dict(started.get("source") or {})
    if own is not None:
        file = name_of(own)
        title = Text(
            say("path.portfolio.own_file", "en", name=file), say("path.portfolio.own_file", "zh", name=file)
        )
    else:
        about = _about(config)
        if about is not None:
            title = about.title
            told = {"source": about.source, "licence": about.licence, "real": about.real} | told
    repeats = started.get("repeats") or {}
    return Data(
        title=title,
        source="" if own is not None else cleaned(str(told.get("source", ""))),
        licence="" if own is not None else str(told.get("licence", "")),
        real=None if own is not None else told.get("real"),
        own=None if own is None else name_of(own),
        counts={str(name): int(count) for name, count in (started.get("counts") or {}).items()},
        repeats={
            name: float(repeats[name])
            for name in ("validation", "test")
            if _number(repeats.get(name)) is not None
        },
    )


def _about(config: Mapping[str, Any]) -> Any:
    """What this Jinjie knows of the data, without loading any; None where it no longer knows that kind."""
    from pydantic import TypeAdapter

    from jinjie.training import recipe as recipes

    try:
        return TypeAdapter(recipes.Data).validate_python(dict(config)).about()
    except (JinjieError, ValueError, OSError):
        return None


def _evaluation(run: Run) -> tuple[Evaluation | None, bool]:
    """The evaluation of the test split, and whether there is one that cannot be read."""
    file = run.path / "evaluation" / "evaluation.json"
    if not file.is_file():
        return None, False
    try:
        return Evaluation.model_validate(json.loads(file.read_bytes())), False
    except (OSError, ValueError, ValidationError):
        return None, True


def _without_examples(made: Evaluation) -> Evaluation:
    """An evaluation's numbers without the examples that they were found on, and without what the model wrote."""
    texts = made.texts
    if texts is not None:
        texts = texts.model_copy(update={"best": (), "worst": (), "written": ()})
    return made.model_copy(update={"mistakes": (), "texts": texts})


def _settings(asked: Mapping[str, Any], run: str) -> tuple[Setting, ...] | None:
    from jinjie import recipes

    try:
        recipe = recipes.find(str(asked["name"])).model_dump(mode="json")
    except NotFound:
        return None
    theirs, here = _flat(recipe), _flat(asked)
    return tuple(
        Setting(path, theirs.get(path), value)
        for path, value in here.items()
        if value != theirs.get(path) and not _inside(value, run)
    )


def _inside(value: Any, run: str) -> bool:
    """Whether a setting names a file of the run's own folder: that was put there by the launch, not chosen."""
    return isinstance(value, str) and is_path(value) and run in re.split(r"[\\/]", value)


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by dotted path; what a recipe says rather than sets is left out."""
    flat: dict[str, Any] = {}

    def take(inner: Mapping[str, Any], prefix: str) -> None:
        for name, value in inner.items():
            if not prefix and name in SPOKEN:
                continue
            if isinstance(value, Mapping) and value:
                take(value, f"{prefix}{name}.")
            else:
                flat[prefix + name] = value

    take(values, "")
    return flat


def _command(asked: Mapping[str, Any], settings: tuple[Setting, ...] | None) -> str | None:
    if settings is None:
        return None
    words = ["jinjie", "run", str(asked["name"])]
    for setting in settings:
        value = setting.here
        if isinstance(value, str) and is_path(value):
            return None
        if setting.path in ("budget.steps", "budget.epochs") and value is None:
            continue  # the one that is set clears the other
        words.append(
            f"{setting.path}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        )
    return shlex.join(words)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
