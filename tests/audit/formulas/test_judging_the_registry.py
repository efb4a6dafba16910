"""The registry's own formulas are found right, its wrong variants are not.

The shares are asserted as they were measured (docs/log.md), a little below.
"""

from pathlib import Path

import pytest

from jinjie.audit.article import of_text
from jinjie.audit.formulas import judge
from jinjie.course.formula.registry import formulas
from sampled import sampled

BY_WORDS = {
    "three-methods-one-name", "batch-norm-evaluation-by-the-batch", "linear-decay-called-adaptive",
        "matmul-backward-order",
    "mix-up-labels-unmixed", "clipping-each-tensor", "gru-without-one-minus-z",
}  # fmt: skip
"""Right by their letters: what is wrong with them stands in words, in another line, or in the order of a matrix
product."""


def findings(name, latex):
    return judge(of_text(f"## {name}\n\n{name}:\n\n$$\n{latex}\n$$\n", Path("a.md")))


@pytest.mark.parametrize("part", sampled(range(3), 3))
def test_every_formula_of_the_course_is_right_or_unknown(part):
    read, right, wrong, several = 0, 0, [], list(formulas().values())[part::3]
    for formula in several:
        found = findings(formula.name.en, formula.latex)
        read += bool(found) and all(f.rule != "not-read" for f in found)
        right += any(f.verdict == "right" for f in found)
        wrong += [(formula.id, f.rule) for f in found if f.verdict == "wrong"]
    assert wrong == []
    assert read >= 0.84 * len(several) and right >= 0.83 * len(several), (read, right, len(several))


def test_every_further_form_is_right():
    wrong = []
    for formula in formulas().values():
        for latex in formula.printed:
            verdicts = [f.verdict for f in findings(formula.name.zh, latex)]
            if "right" not in verdicts or "wrong" in verdicts:
                wrong.append((formula.id, latex, verdicts))
    assert wrong == []


def test_wrong_variants_are_found():
    number, caught, held_right = 0, 0, []
    for formula in formulas().values():
        for variant in formula.wrong:
            for latex in (*((variant.latex,) if variant.latex else ()), *variant.printed):
                number += 1
                verdicts = [f.verdict for f in findings(formula.name.en, latex)]
                caught += "wrong" in verdicts
                if "wrong" not in verdicts and "right" in verdicts:
                    held_right.append(variant.id)
    assert set(held_right) <= BY_WORDS
    assert caught >= 0.74 * number, (caught, number)
