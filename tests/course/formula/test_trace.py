"""The trace shows what ran: each statement with what it changed, in order, copies and no aliases."""

import numpy as np
import pytest

from jinjie.course.formula import trace


def running_sum(values, start=0.0):
    """Adds up.

    >>> total = running_sum(np.array([1.0, 2.0]))
    >>> total
    3.0
    """
    total = start
    seen = np.zeros(2)
    for i, value in enumerate(values):
        total = total + value
        seen[i] = value
    if total > 100:
        total = 100.0
    return float(
        total  # a statement on more than one line
    )


def countdown(n):
    """Calls itself.

    >>> countdown(3)
    3
    """
    if n == 0:
        return 0
    below = countdown(n - 1)
    return below + 1


def long_loop():
    """Goes round often.

    >>> long_loop()
    500
    """
    n = 0
    while n < 500:
        n += 1
    return n


def silent():
    """Has no example."""


def never():
    """Shows something else.

    >>> 1 + 1
    2
    """


def test_each_statement_is_shown_with_what_it_changed():
    ran = trace.run(running_sum)
    assert ran.example == "total = running_sum(np.array([1.0, 2.0]))\ntotal" and ran.printed == "3.0"
    assert ran.arguments["start"] == 0.0 and ran.arguments["values"].tolist() == [1.0, 2.0]
    shown = [(step.source.split("\n")[0], dict(step.changed)) for step in ran.steps]
    names = [source for source, _ in shown]
    assert names == [
        "total = start",
        "seen = np.zeros(2)",
        "for i, value in enumerate(values):",
        "total = total + value",
        "seen[i] = value",
        "for i, value in enumerate(values):",
        "total = total + value",
        "seen[i] = value",
        "return float(",
    ]
    assert shown[4][1]["seen"].tolist() == [1.0, 0.0], "as it was then, not as it became"
    assert shown[7][1]["seen"].tolist() == [1.0, 2.0]
    assert shown[-1][1] == {"": 3.0} and ran.result == 3.0
    assert [ran.steps[0].line, ran.steps[-1].line] == [7, 14]


def test_a_function_that_calls_itself_is_followed_once():
    ran = trace.run(countdown)
    assert [dict(step.changed) for step in ran.steps] == [{"below": 2}, {"": 3}]


def test_a_long_loop_is_cut_short_and_says_so():
    ran = trace.run(long_loop)
    assert len(ran.steps) == trace.MOST_STEPS and ran.left_out == 502 - trace.MOST_STEPS
    assert ran.result == 500


def test_without_an_example_of_its_own_there_is_nothing_to_show():
    with pytest.raises(ValueError, match="silent has no example"):
        trace.run(silent)
    with pytest.raises(ValueError, match="the example of never never calls it"):
        trace.run(never)
