"""LaTeX is read as it is meant, or not at all."""

import math
import random
import re
from pathlib import Path

import pytest

from jinjie.audit.article import of_text
from jinjie.audit.formulas import judge
from jinjie.audit.formulas.comparing import Side
from jinjie.audit.formulas.evaluating import Setting, work_out
from jinjie.audit.formulas.latex import equations, expression
from jinjie.audit.formulas.programs import inlined, program
from jinjie.audit.formulas.tree import Atom, walk
from jinjie.course.formula.registry import formulas

VALUES = {"x": 0.3, "y": 0.7, "a": 2.0, "\\beta_1": 0.9, "W": 0.4, "b": 0.25, "\\hatm": 0.6}


def worth(latex):
    node = expression(latex)
    assert node is not None, latex
    return work_out(node, Setting(lambda name, index: complex(VALUES.get(name, 0.5) + sum(index)))).real


@pytest.mark.parametrize(
    ("latex", "value"),
    [
        (r"\frac{x}{y} + 1", 0.3 / 0.7 + 1),
        (r"x - y \cdot a", 0.3 - 1.4),
        (r"\frac12 x^2", 0.045),
        (r"-\frac{1}{a}\left(x - y\right)^{2}", -0.08),
        (r"\sqrt{a} / (1 - \beta_1)", math.sqrt(2) / 0.1),
        (r"(1-\beta_1^2)x", 0.19 * 0.3),
        (r"\max(0, x - y)", 0.0),
        (r"e^{-x}", math.exp(-0.3)),
        (r"\exp(-x) \log y", math.exp(-0.3) * math.log(0.7)),
        (r"\tanh^2(x)", math.tanh(0.3) ** 2),
        (r"\log_2 a", 1.0),
        (r"\begin{cases} x, & y > 1 \\ a, & \text{otherwise} \end{cases}", 2.0),
        (r"\begin{cases} x & \text{if } y < 1 \\ a & \text{else} \end{cases}", 0.3),
        (r"\sum_{i=1}^{3} i x", 1.8),
        (r"\prod_{i=0}^{2} a", 8.0),
        (r"|x - y|", 0.4),
        (r"\lfloor a + x \rfloor", 2.0),
        (r"\hat{m} \times 2", 1.2),
        (r"\mathrm{sigmoid}(x)", 1 / (1 + math.exp(-0.3))),
        (r"\sigma(x)(1-\sigma(x))", 1 / (1 + math.exp(-0.3)) * (1 - 1 / (1 + math.exp(-0.3)))),
        (r"a(1-a)", -2.0),
        (r"\frac{1}{2}(\max(x, y) + \min(x, y))", 0.5),
    ],
)
def test_an_expression_is_worth_what_it_says(latex, value):
    assert worth(latex) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "latex",
    [
        r"\int_0^1 x\,dx",
        r"\begin{pmatrix} a \\ b \end{pmatrix}",
        r"x \in A",
        r"\frac{x}",
        r"a + ",
        r"\binom{n}{k} p^k",
    ],
)
def test_what_is_not_understood_is_none(latex):
    assert expression(latex) is None


def test_layouts_give_their_equations():
    read = equations(
        r"\begin{aligned} m &= a + b & n &= c \\ &= d \end{aligned} \qquad k \leftarrow m, \quad i = 1, \dots, n"
    )
    assert [(e.left, str(e.latex)[:1]) for e in read.equations] == [
        ("m", "m"),
        ("n", "n"),
        ("n", "="),
        ("k", "k"),
        ("i", "i"),
    ]
    assert [e.left for e in equations(r"p = \sigma(z) = \frac{1}{1+e^{-z}}").equations] == ["p", "p"]
    assert equations(r"a = \int f").unread == 1 and equations(r"a = \int f").equations == ()


def test_an_index_is_what_runs_and_a_name_is_what_does_not():
    (read,) = equations(r"y_i = \sum_{j} W_{ij} x_j + b_o d_k").equations
    atoms = {n.name: len(n.index) for n in walk(read.right) if isinstance(n, Atom) and n.name not in "ij"}
    assert atoms == {"W": 2, "x": 1, "b_o": 0, "d_k": 0}


def test_steps_of_time_come_off_and_lines_go_into_one_another():
    lines = program(
        equations(
            r"\begin{aligned} v_t &= \beta v_{t-1} + g_t \\ \theta_{t+1} &= \theta_t - \eta v_t \end{aligned}"
        ).equations
    )
    assert [(line.name, line.recursive) for line in lines] == [("v", True), ("\\theta", True)]
    whole = inlined(lines)["\\theta"].right
    assert {n.name for n in walk(whole) if isinstance(n, Atom)} == {"\\theta", "\\eta", "\\beta", "v", "g"}


def test_a_symbol_by_itself_is_no_formula():
    text = r"其中 $\theta$ 是参数，$\eta = 0.01$，$x \in \mathbb{R}^n$，$J(\theta)$ 是损失，$\beta_1 = 0.9$。"
    assert judge(of_text(text, Path("a.md"))) == []


def test_damaged_latex_raises_nothing():
    """Pieces of real formulas left out, doubled and exchanged: a formula may go unread, an article may not."""
    draw = random.Random(5)
    texts = [f.latex for f in formulas().values()]
    for _ in range(400):
        found = re.findall(r"\\[A-Za-z]+|.", draw.choice(texts))
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(found))
            found[at : at + draw.randint(0, 3)] = draw.choice(
                ([], found[at : at + 1] * 2, [draw.choice(found)], ["{"], ["]"], ["^"])
            )
            found = found or ["x"]
        for line in program(equations("".join(found)).equations):
            assert Side(line).key is not None
