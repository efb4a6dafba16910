"""From a judged answer to the learner's log: the seed finds the question again, so no text of it is kept."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from jinjie.course.quizzes.judging import Judged, passable
from jinjie.course.quizzes.variants import Variant
from jinjie.learner.attempt import Attempt


def attempt(variant: Variant, judged: Judged, answer: Any, seconds: float | None = None) -> Attempt:
    """The event of an answer; `seconds` is how long the learner took."""
    from pydantic import TypeAdapter  # late, for the sake of commands that judge nothing

    from jinjie.course.content.schema import Item

    detail: dict[str, Any] = {"answer": str(answer)[:80], "params": variant.params}
    if judged.mistake is not None:
        detail["mistake"] = judged.mistake
    if passable(answer):
        detail["unknown"] = True
    return Attempt(
        kind="quiz",
        slug=variant.quiz,
        item=variant.id,
        seed=variant.seed,
        passed=judged.passed,
        seconds=seconds,
        detail=detail,
        content=sha256(TypeAdapter(Item).dump_json(variant.item)).hexdigest(),
        language=variant.lang,
    )
