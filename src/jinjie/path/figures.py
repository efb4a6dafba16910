"""The numbers in answers, computed for this machine and from this course: `{machine_memory}` → 25.3 GB.

What a formula of the course says is computed by it. Each is a function of the `Asked` (the course and what was
measured here) that gives a `Figure`. Nothing here imports torch, fetches or trains. What nobody measured is taken from
a modest machine and says so.
"""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from jinjie.base import amounts, system
from jinjie.base.errors import JinjieError, did_you_mean, nearest
from jinjie.base.lazy import lazy
from jinjie.base.paths import home
from jinjie.base.words import LANGUAGES, say
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library
from jinjie.course.content.schema import Question

if TYPE_CHECKING:
    from jinjie.analyse import estimate as estimates
    from jinjie.base import machine
else:
    estimates, machine = (
        lazy("jinjie.analyse.estimate"),
        lazy("jinjie.base.machine"),
    )  # most answers need neither

PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""Where an answer has a number."""

TOKENS_EACH = 20
"""Training tokens for each parameter where compute is spent best (Hoffmann et al. 2022)."""
GPT2, GPT2_TOKENS = 124e6, 10e9
"""GPT-2's smallest size, and a training length that reaches it with today's data."""
GPT3_FLOPS = 3.14e23
"""What training GPT-3 took (Brown et al. 2020, appendix D)."""
SEVEN, SEVENTY = 7e9, 70e9
BF16, INT4 = 2.0, 0.5
"""Bytes a weight."""
ADAM = {"weight": 2, "gradient": 2, "master": 4, "moments": 8}
"""Bytes a parameter in mixed precision: weight and gradient in bf16, master copy and two moments in fp32."""
ADAPTERS = 40e6
"""Parameters of rank-16 adapters beside every matrix of a model of 7 billion, in order of size."""
LAYERS, HEADS, HEAD, CONTEXT = 32, 32, 128, 4096
"""A model of 7 billion parameters without shared key-value heads, and the tokens it remembers."""
USABLE = 0.8
"""Share of the memory that a model may take; the rest is the system's."""
HOURS = 5
"""Hours a week of the learner in `spine_weeks`."""


@dataclass(frozen=True)
class Figure:
    """One number: as a script wants it, with its unit, and as a reader does, in the current language."""

    value: float | str | None
    """None where it is not known yet."""
    unit: str
    text: str
    guessed: bool = False
    """Whether it stands on a machine that was assumed, because this one was not measured."""

    def for_json(self) -> dict[str, Any]:
        return {"value": self.value, "unit": self.unit, "text": self.text, "guessed": self.guessed}


class Asked:
    """The course and this machine, as far as a figure looks at them."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @cached_property
    def cores(self) -> int:
        return system.cores()

    @cached_property
    def installed(self) -> int:
        """Bytes of memory that this process may use."""
        return system.memory()

    @cached_property
    def measured(self) -> machine.Profile | None:
        return machine.profile()

    @cached_property
    def profile(self) -> machine.Profile:
        return self.measured or estimates.assumed(self.cores)

    @property
    def precision(self) -> machine.Precision:
        return machine.pick_precision(self.measured).value

    @property
    def rate(self) -> float:
        """Operations a second (FLOP/s) of large matrix products on all cores, as a run would multiply here."""
        rates = self.profile.all
        return 1e9 * (rates.bf16 if self.precision == "bf16" and rates.bf16 else rates.fp32)

    @property
    def trained(self) -> float:
        """Operations a second that a training reaches of that."""
        return self.rate * estimates.REACHED[self.precision]

    @property
    def memory(self) -> float:
        """Bytes that a model may take here."""
        return USABLE * self.installed

    @property
    def guessed(self) -> bool:
        return self.measured is None


def fill(answer: str, found: dict[str, Figure]) -> str:
    """The answer with its numbers; a place that is not in `found` stays as it is written."""
    return PLACE.sub(lambda place: found[place[1]].text if place[1] in found else place[0], answer)


def figures(question: Question, library: Library) -> dict[str, Figure]:
    """What a question's answer is filled with. A name that there is not is left out; C083 tells of it."""
    asked = Asked(library)
    return {name: FIGURES[name](asked) for name in question.figures if name in FIGURES}


def findings(library: Library) -> Iterator[Finding]:
    """C083: figures that there are not, that an answer does not use, or that it uses without naming them."""
    for question in library.questions.values():
        entry = question.entry
        for i, name in enumerate(entry.figures):
            if name not in FIGURES:
                suggestion = did_you_mean(name, FIGURES) if nearest(name, FIGURES) else ""
                yield question.finding(
                    "C083", ("figures", i), "check.catalog.unknown", slug=name, suggestion=suggestion
                )
        for lang in LANGUAGES:
            used = set(PLACE.findall(_without_mathematics(entry.answer.in_(lang))))
            for name in sorted(used.symmetric_difference(entry.figures)):
                key = "check.catalog.undeclared" if name in used else "check.catalog.unused"
                yield question.finding("C083", ("answer", lang), key, name=name)


def _without_mathematics(text: str) -> str:
    """Braces within formulas and code are LaTeX's and Python's."""
    return re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`", "", text, flags=re.DOTALL)


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _plain(value: float, unit: str = "") -> Figure:
    return Figure(value, unit, _count(value))


def _bytes(value: float) -> Figure:
    return Figure(value, "byte", amounts.size(value))


def _parameters(value: float, guessed: bool = False) -> Figure:
    return Figure(value, "parameter", amounts.large(value), guessed)


def _seconds(value: float | None, guessed: bool) -> Figure:
    return Figure(value, "second", say("ask.unknown") if value is None else amounts.duration(value), guessed)


def _speed(asked: Asked) -> Figure:
    return Figure(asked.rate, "FLOP/s", f"{asked.rate / 1e9:,.0f} GFLOP/s", asked.guessed)


def _free_disk() -> int:
    """Bytes where Jinjie keeps what it keeps, also before it has kept anything."""
    there = next(folder for folder in (home(), *home().parents) if folder.is_dir())
    return shutil.disk_usage(there).free


def _device(asked: Asked) -> Figure:
    found = asked.profile.accelerators
    name = found[0].name if found else "CPU"
    return Figure(name, "", name, asked.guessed)


def _run(name: str, asked: Asked) -> Figure:
    """How long a recipe of ours takes here; not known where its data has not been looked at yet."""
    from jinjie import recipes

    try:
        seconds = estimates.estimate(recipes.find(name), profile=asked.measured).seconds
    except JinjieError:
        seconds = None
    return _seconds(seconds, asked.guessed)


def _size(name: str, asked: Asked) -> Figure:
    from jinjie import recipes

    try:
        value = estimates.estimate(recipes.find(name), profile=asked.measured).parameters
    except JinjieError:
        return Figure(None, "parameter", say("ask.unknown"))
    return _parameters(value)


def _training(flops: float, asked: Asked) -> Figure:
    return _seconds(flops / asked.trained, asked.guessed)


def _trainable(seconds: float, asked: Asked) -> Figure:
    """The largest model for which 20 tokens a parameter pass in this time: 6 · N · 20 N operations."""
    from jinjie.scratch.language.scaling import training_compute

    best = math.sqrt(asked.trained * seconds / training_compute(1, TOKENS_EACH))
    return _parameters(min(best, asked.memory / _with_adam(1)), asked.guessed)


def _gpt2(asked: Asked) -> Figure:
    from jinjie.scratch.language.scaling import training_compute

    return _training(training_compute(GPT2, GPT2_TOKENS), asked)


def _with_adam(parameters: float) -> float:
    """Bytes of a training in mixed precision, activations left out."""
    from jinjie.scratch.scale.estimate import training_memory

    return training_memory(parameters, **ADAM)


def _cache(asked: Asked) -> Figure:
    from jinjie.scratch.transformers.kv_cache import kv_cache_bytes

    return _bytes(kv_cache_bytes(B=1, T=CONTEXT, L=LAYERS, G=HEADS, D=HEAD))


def _reading(asked: Asked) -> Figure:
    """Tokens a second of 7 billion weights in 4 bits, each read from memory once a token."""
    value = asked.profile.read_gbytes * 1e9 / (SEVEN * INT4)
    return Figure(value, "token/s", f"{value:.2g}", asked.guessed)


def _hours(asked: Asked) -> float:
    return sum(lesson.entry.minutes for lesson in asked.library.lessons.values()) / 60


def _weeks(asked: Asked) -> Figure:
    from jinjie.path.plan import REVIEWS

    return _plain(math.ceil(_hours(asked) / (HOURS * (1 - REVIEWS))), "week")


def _free(asked: Asked) -> Figure:
    return _plain(sum(one.entry.cost == "free" for one in asked.library.resources.values()))


DAY = 86_400.0
FIGURES: dict[str, Callable[[Asked], Figure]] = {
    "machine_cores": lambda asked: _plain(asked.cores),
    "machine_memory": lambda asked: _bytes(asked.installed),
    "machine_disk_free": lambda asked: _bytes(_free_disk()),
    "machine_speed": _speed,
    "machine_precision": lambda asked: Figure(asked.precision, "", asked.precision, asked.guessed),
    "machine_device": _device,
    "time_mnist_mlp": partial(_run, "mnist-mlp"),
    "time_gpt_poems": partial(_run, "gpt-poems"),
    "time_bert_pretrain": partial(_run, "bert-pretrain"),
    "time_sentiment_zh": partial(_run, "sentiment-zh"),
    "time_gpt2": _gpt2,
    "time_gpt3": partial(_training, GPT3_FLOPS),
    "parameters_gpt_poems": partial(_size, "gpt-poems"),
    "parameters_in_a_day": partial(_trainable, DAY),
    "parameters_in_a_week": partial(_trainable, 7 * DAY),
    "weights_7b_bf16": lambda asked: _bytes(SEVEN * BF16),
    "weights_7b_int4": lambda asked: _bytes(SEVEN * INT4),
    "weights_70b_bf16": lambda asked: _bytes(SEVENTY * BF16),
    "training_7b_adam": lambda asked: _bytes(_with_adam(SEVEN)),
    "lora_7b": lambda asked: _bytes(SEVEN * BF16 + _with_adam(ADAPTERS)),
    "cache_7b": _cache,
    "speed_7b_int4": _reading,
    "largest_to_run_bf16": lambda asked: _parameters(asked.memory / BF16),
    "largest_to_run_int4": lambda asked: _parameters(asked.memory / INT4),
    "largest_to_train": lambda asked: _parameters(asked.memory / _with_adam(1)),
    "spine_hours": lambda asked: _plain(_hours(asked), "hour"),
    "spine_weeks": _weeks,
    "course_concepts": lambda asked: _plain(len(asked.library.concepts)),
    "lessons_written": lambda asked: _plain(len(asked.library.lessons)),
    "resources_free": _free,
    "resources_all": lambda asked: _plain(len(asked.library.resources)),
    "career_roles": lambda asked: _plain(len(asked.library.roles)),
}
"""Every figure that an answer may name. Memory of models: weights alone, or with what training keeps beside them."""
