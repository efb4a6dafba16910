"""The rules: one subject a file, each with its words in English and Chinese and the function that looks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.rules import (
    activations,
    axes,
    choosing,
    devices,
    evaluation,
    gradients,
    labels,
    leakage,
    measures,
    modes,
    modules,
    removed,
    schedulers,
    tables,
    undefined,
    unsafe,
)
from jinjie.audit.finding import Finding

JUDGES: tuple[Callable[[Meaning], Iterator[Finding]], ...] = (
    undefined.find,
    removed.find,
    activations.find,
    labels.find,
    evaluation.find,
    choosing.find,
    leakage.find,
    gradients.find,
    schedulers.find,
    devices.find,
    modes.find,
    modules.find,
    axes.find,
    measures.find,
    tables.find,
    unsafe.find,
)
