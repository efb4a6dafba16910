"""`jinjie formula`: listed, looked for, shown at work, as text and as JSON."""

import json

import pytest

from invoked import invoke
from jinjie.course.formula.registry import find, formulas


def jinjie(*arguments):
    return invoke("formula", *arguments)


def test_the_list_has_every_formula_once_under_its_group():
    said = jinjie().stdout
    ids = [line.split()[0] for line in said.splitlines() if line.startswith("  ")]
    assert ids == list(formulas())
    assert "Neural networks" in said and f"{len(formulas())} formulas" in said
    listed = json.loads(jinjie("--json").stdout)
    assert [row["id"] for row in listed] == ids
    adam = listed[ids.index("adam")]
    assert adam["module"] == "jinjie.scratch.networks.optimizers" and adam["function"] == "adam"
    for row in listed:
        assert row["name"]["en"] and row["name"]["zh"] and row["latex"] and row["source"]
        assert row["test"] and row["symbols"] and all(s["en"] and s["zh"] for s in row["symbols"])


def test_words_find_formulas_in_either_language():
    assert "adagrad" in jinjie("优化器").stdout and "softmax" not in jinjie("优化器").stdout
    assert [row["id"] for row in json.loads(jinjie("--json", "VARIANCE").stdout)] == [
        f.id for f in formulas().values() if "variance" in f.name.en.lower()
    ]


def test_one_is_shown_with_what_its_lines_gave():
    said = jinjie("adam").stdout
    for part in (
        "θ ← θ − η m̂ / (√v̂ + ε)",
        "the second moment: a moving average",
        ">>> theta, m, v = adam(theta, grad, m=zero, v=zero, t=1, lr=0.1)",
        "m_hat = m / (1 - beta1**t)",
        "m_hat = [   0.5 -100. ]",
        "→ ([ 0.9 -1.9]",
        "Often got wrong",
        "test_optimizers.py::test_adam_does_not_see_the_scale_of_the_gradient",
    ):
        assert part in said, part
    said = jinjie("--lang", "zh", "adam").stdout
    assert "逐行演算" in said and "二阶矩" in said


def test_latex_and_json_are_for_scripts():
    assert jinjie("sgd", "--latex").stdout.strip() == find("sgd").latex
    told = json.loads(jinjie("momentum", "--json").stdout)
    assert told["symbols"][0]["code"] == "theta" and told["canonical"]
    assert told["example"]["arguments"]["velocity"] == [3.0]
    assert told["example"]["result"] == [[pytest.approx(0.53)], [4.7]]
    assert told["example"]["steps"][0]["source"] == "velocity = beta * velocity + grad"


def test_a_misspelt_id_is_an_error_with_a_suggestion():
    done = jinjie("adma")
    assert done.returncode == 2 and "Did you mean 'adam'?" in done.stderr


def test_every_formula_can_be_shown(capsys):
    """In this process: a hundred starts of Python would be a long test."""
    from jinjie.cli import formula as shown

    for one in formulas().values():
        shown._show(one)
        said = capsys.readouterr().out
        assert said.startswith(one.id) and one.plain().splitlines()[0] in said and one.test in said
        traced = json.loads(json.dumps(shown._trace_json(shown._trace(one))))
        assert traced["steps"], one.id
