"""A job goes in, an outcome comes out, in every tier of this machine."""

from __future__ import annotations

import numpy as np
import pytest

from jinjie.base.errors import InvalidInput
from jinjie.course.sandbox import Call, Ended, Job, Limits, Outcome, run

SOURCE = """\
import numpy as np
print("loaded")

def double(x, by=2):
    return x * by

def overwrite(x):
    x[0] = 9
    return None

def deep(x):
    return inner(x)

def inner(x):
    raise ValueError(f"no {x}")
"""

TIERS = [1, 2, 3]


def ran(source: str, *calls: Call, tier: int | None = None, **limits: float) -> Outcome:
    return run(Job({"s.py": source}, "s", calls, Limits(**limits), tier=tier))  # type: ignore[arg-type]


@pytest.mark.parametrize("tier", TIERS)
def test_values_faults_and_what_was_printed_come_back(tier: int) -> None:
    outcome = ran(
        SOURCE,
        Call("double", (np.arange(3.0),), {"by": 3}),
        Call("overwrite", (np.arange(2.0),)),
        Call("deep", (7,)),
        Call("absent"),
        tier=tier,
    )
    assert (outcome.ended, outcome.tier, outcome.printed) == (Ended.DONE, tier, "loaded\n"), outcome
    value, overwritten, raised, absent = outcome.results
    assert value.value.tolist() == [0.0, 3.0, 6.0] and not value.mutated
    assert overwritten.ok and overwritten.value is None and overwritten.mutated == ("0",)
    assert raised.fault is not None and (raised.fault.type, raised.fault.message) == ("ValueError", "no 7")
    assert [(line.line, line.function) for line in raised.fault.lines] == [(12, "deep"), (15, "inner")]
    assert raised.fault.line is not None and raised.fault.line.text == 'raise ValueError(f"no {x}")'
    assert absent.fault is not None and absent.fault.type == "NotDefined"


def test_every_problem_of_a_job_is_said_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        Job({"../x.py": "", "/etc/passwd": "", "a.py": ""}, "b", tier=4)
    assert [p.where for p in caught.value.problems] == [
        "files['../x.py']",
        "files['/etc/passwd']",
        "module",
        "tier",
    ]
    with pytest.raises(InvalidInput):
        Limits(seconds=0, memory_mb=-1)
