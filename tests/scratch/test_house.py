"""`scratch` is NumPy alone, each file one subject and short, and every example in it says what Python says."""

import ast
import doctest
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

import jinjie.scratch

FOLDER = Path(jinjie.scratch.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
SUBJECTS = [file for file in FILES if file.name != "__init__.py"]


def name(file: Path) -> str:
    return ".".join(file.relative_to(FOLDER).with_suffix("").parts)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_file_has_less_than_250_lines_and_imports_numpy_alone(file):
    text = file.read_text("utf-8")
    assert len(text.splitlines()) < 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            imported = [node.module or ""]
        elif isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        else:
            continue
        for module in imported:
            root = module.partition(".")[0]
            own = module == "jinjie.scratch" or module.startswith("jinjie.scratch.")
            assert own or root == "numpy" or root in sys.stdlib_module_names, module


@pytest.mark.parametrize("file", SUBJECTS, ids=name)
def test_the_examples_in_the_docstrings_are_true(file):
    module = importlib.import_module(f"jinjie.scratch.{name(file)}")
    with np.printoptions(legacy=False):
        failed, tried = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.ELLIPSIS)
    assert failed == 0
    assert tried > 0, "a subject without an example"


@pytest.mark.parametrize("file", SUBJECTS, ids=name)
def test_a_subject_has_its_own_tests(file):
    group, subject = file.relative_to(FOLDER).with_suffix("").parts
    assert (Path(__file__).parent / group / f"test_{subject}.py").is_file()
