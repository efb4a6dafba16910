"""Which hints a learner is shown: what fits their mistake at once, and one more with each further try.

A hint fits when a submission behaves as the wrong solution does that it is named after. Where faults are left that no
wrong solution explains, those for exceptions come, then the general ones. Several hints of one name are steps: the
first says least.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinjie.base.words import Text
from jinjie.course.content.schema import Hint
from jinjie.course.grading.faults import Fault

UNRUNNABLE = ("syntax", "indentation", "too_large", "encoding", "null", "empty")
"""Kinds of faults that are told whole by themselves: Python did not get to run the text."""


def ordered(hints: Sequence[Hint], faults: Sequence[Fault]) -> tuple[list[Hint], list[Hint]]:
    """The hints shown at the first failed try, and those that further tries add one by one, in order."""
    if not faults or all(fault.kind in UNRUNNABLE for fault in faults):
        return [], []
    like = {fault.like for fault in faults if fault.like}
    unexplained = [fault for fault in faults if fault.like is None]
    fitting = [hint for hint in hints if hint.when in like]
    first = [hint for i, hint in enumerate(fitting) if hint.when not in {one.when for one in fitting[:i]}]
    later = [hint for hint in fitting if hint not in first]
    raised = [hint for hint in hints if hint.when == "exception"]
    if not any(fault.kind == "exception" for fault in unexplained):
        raised = []
    general = [hint for hint in hints if hint.when == "always"]
    rest = later + raised + general
    if unexplained and rest:
        # a fault that no wrong solution explains is never left without a word
        extra = (raised or general or rest)[0]
        first.append(extra)
        rest.remove(extra)
    return first, rest


def shown(hints: Sequence[Hint], faults: Sequence[Fault], tries: int) -> list[Text]:
    """What is shown at the failed try number `tries` (from 1)."""
    first, rest = ordered(hints, faults)
    count = max(0, tries - 1)
    return [hint.says for hint in [*first, *rest[:count]]]
