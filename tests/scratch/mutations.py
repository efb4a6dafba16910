"""Would a test notice? One token of `jinjie.scratch` is changed at a time, and the tests of its subject must fail.

    python tests/scratch/mutations.py networks.optimizers -n 40     # one subject, or a group, or nothing for all
    python tests/scratch/mutations.py -n 200 --seed 7

Each mutant lives in a process forked from one that has imported every library, so that it costs what its tests
cost. Survivors that no test could notice, because the mutant computes the same, are judged in `equivalent.toml`.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.util
import io
import os
import random
import re
import signal
import sys
import time
import tokenize
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jinjie.scratch

SOURCE = Path(jinjie.scratch.__file__).parent
TESTS = Path(__file__).parent
PATIENCE = 120
"""Seconds for the tests of one mutant. One that makes a loop endless is caught by this."""
PRELOADED = (
    *("hypothesis.strategies", "pytest", "scipy.stats", "sklearn.metrics", "sympy", "tokenizers", "torch.nn"),
    *(
        "transformers",
        "sacrebleu",
        "jiwer",
        "rouge_score.rouge_scorer",
        "opacus.accountants",
        "jinjie.data.dataset",
    ),
)

SWAPS = {
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "//": ["*"], "%": ["*"], "**": ["*"], "@": ["*"],
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="], "&": ["|"], "|": ["&"], "~": [""],
    "and": ["or"], "or": ["and"], "not": [""], "in": ["not in"], "is": ["is not"],
    "True": ["False"], "False": ["True"], "break": ["continue"], "continue": ["break"],
    "max": ["min"], "min": ["max"], "maximum": ["minimum"], "minimum": ["maximum"], "argmax": ["argmin"],
    "argmin": ["argmax"], "sum": ["mean"], "mean": ["sum"], "exp": ["log"], "log": ["exp"], "sqrt": ["square"],
    "square": ["sqrt"], "abs": [""], "any": ["all"], "all": ["any"], "zeros": ["ones"], "ones": ["zeros"],
    "zeros_like": ["ones_like"], "ones_like": ["zeros_like"], "floor": ["ceil"], "ceil": ["floor"],
    "tril": ["triu"], "triu": ["tril"], "sin": ["cos"], "cos": ["sin"], "cumsum": ["cumprod"],
    "left": ["right"], "right": ["left"], "append": ["extend"], "sorted": ["list"],
}  # fmt: skip


@dataclass(frozen=True)
class Mutation:
    """One token of one file, and what stands in its place."""

    subject: str
    line: int
    column: int
    before: str
    after: str
    text: str
    """The line as it is."""

    def __str__(self) -> str:
        return (
            f"{self.subject}:{self.line}:{self.column} {self.before!r} → {self.after!r}   {self.text.strip()}"
        )

    def key(self) -> tuple[str, str, str, str]:
        """What an equivalent mutant is known by: not its line's number, which other edits move."""
        return self.subject, self.text.strip(), self.before, self.after

    def apply(self, source: str) -> str:
        lines = source.splitlines(keepends=True)
        line = lines[self.line - 1]
        assert line[self.column :].startswith(self.before)
        lines[self.line - 1] = line[: self.column] + self.after + line[self.column + len(self.before) :]
        return "".join(lines)


def subjects() -> dict[str, Path]:
    files = (file for file in SOURCE.rglob("*.py") if file.name != "__init__.py")
    return {".".join(file.relative_to(SOURCE).with_suffix("").parts): file for file in sorted(files)}


def mutations(subject: str, file: Path) -> Iterator[Mutation]:
    """Every one-token mutation of code that computes: no docstrings, annotations, imports or messages of errors."""
    source = file.read_text("utf-8")
    left_alone = _left_alone(ast.parse(source))
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        row, column = token.start
        if any(first <= (row, column) < last for first, last in left_alone):
            continue
        if re.search(r"reshape\([^()]*-$", token.line[:column]):
            continue  # NumPy takes any negative size as the open one
        for after in _replacements(token):
            changed = Mutation(subject, row, column, token.string, after, lines[row - 1])
            try:
                ast.parse(changed.apply(source))
            except SyntaxError:
                continue
            yield changed


def _replacements(token: tokenize.TokenInfo) -> list[str]:
    if token.type == tokenize.NUMBER:
        if token.string.isdigit():
            return [str(int(token.string) + 1)]
        return [str(2 * float(token.string) or 1.0)] if not token.string.startswith("0x") else []
    if token.type == tokenize.OP or token.type == tokenize.NAME:
        return SWAPS.get(token.string, [])
    return []


def _left_alone(tree: ast.AST) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where nothing is computed: start and end, (line, column)."""
    found = []

    def skip(node: ast.AST | None) -> None:
        if node is not None:
            start, end = node.lineno, node.end_lineno  # type: ignore[attr-defined]
            found.append(((start, node.col_offset), (end, node.end_col_offset)))  # type: ignore[attr-defined]

    for node in ast.walk(tree):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or isinstance(node, (ast.Import, ast.ImportFrom, ast.Raise)):
            skip(node)
        elif isinstance(node, ast.FunctionDef):
            skip(node.returns)
            for decorator in node.decorator_list:
                skip(decorator)
        elif isinstance(node, (ast.arg, ast.AnnAssign)):
            skip(node.annotation)
    return found


def judged_equivalent() -> dict[tuple[str, str, str, str], str]:
    """Mutants that compute the same, each with the reason."""
    entries = tomllib.loads((TESTS / "equivalent.toml").read_text("utf-8")).get("mutant", [])
    return {(e["subject"], e["line"], e["before"], e["after"]): e["why"] for e in entries}


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed source; its traceback still names the real file."""

    def __init__(self, name: str, file: Path, source: str) -> None:
        self.name, self.file, self.source = name, file, source

    def find_spec(self, fullname, path=None, target=None):  # noqa: ANN001, ANN201
        if fullname != self.name:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self.file))

    def exec_module(self, module):  # noqa: ANN001, ANN201
        module.__file__ = str(self.file)
        exec(compile(self.source, str(self.file), "exec"), module.__dict__)


def preload() -> None:
    """Import what the tests need, so that a fork has it already; nothing of `scratch` itself."""
    for name in PRELOADED:
        importlib.import_module(name)
    import torch

    torch.set_num_threads(1)
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)  # the first one imports a second's worth
    for name in [name for name in sys.modules if name.startswith("jinjie.scratch.")]:
        del sys.modules[name]


def noticed_all(chosen: list[Mutation], jobs: int) -> Iterator[tuple[Mutation, bool]]:
    """Each mutation and whether a test noticed it, `jobs` at a time."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from zip(
            chosen, pool.map(lambda mutation: noticed(mutation, mutation.subject), chosen), strict=True
        )


def noticed(mutation: Mutation | None, subject: str) -> bool:
    """Whether the tests of `subject` fail on `mutation`; with None, whether they fail as they are."""
    child = os.fork()
    if child == 0:
        _be_judged(mutation, subject)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _be_judged(mutation: Mutation | None, subject: str) -> None:
    """In the fork: run the tests and leave with 0 when all of them pass."""
    code = 1
    try:
        os.setsid()
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        if mutation is not None:
            file = subjects()[subject]
            changed = mutation.apply(file.read_text("utf-8"))
            sys.meta_path.insert(0, _Mutated(f"jinjie.scratch.{subject}", file, changed))
        import pytest

        group, name = subject.split(".")
        arguments = ["-q", "-x", "-n0", "-p", "no:cacheprovider", "-m", "not slow"]
        code = pytest.main([*arguments, str(TESTS / group / f"test_{name}.py")])
        if code == 0:
            registry = TESTS.parent / "course" / "formula" / "test_registry.py"
            canonical = [*arguments, str(registry), "-k", f"({_ids(subject)}) and (canonical or example)"]
            code = pytest.main(canonical) if _ids(subject) else 0
            code = 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code
        if code == 0:
            code = pytest.main([*arguments, str(TESTS / "test_house.py"), "-k", f"examples and {subject}"])
    finally:
        os._exit(int(code))


def _ids(subject: str) -> str:
    file = SOURCE / f"{subject.replace('.', '/')}.toml"
    ids = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    return " or ".join(f"[{id_}]" for id_ in ids)


def drawn(wanted: str, number: int, seed: int) -> list[Mutation]:
    """`number` mutations of the subjects whose name begins with `wanted`, every token as likely as any other."""
    found = [
        mutation
        for subject, file in subjects().items()
        if f"{subject}.".startswith(f"{wanted}." if wanted else "")
        for mutation in mutations(subject, file)
    ]
    random.Random(seed).shuffle(found)
    known = judged_equivalent()
    return [mutation for mutation in found if mutation.key() not in known][:number]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("subject", nargs="?", default="", help="such as networks.optimizers, or networks")
    parser.add_argument("-n", type=int, default=200, help="how many mutations, at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="how many at once")
    given = parser.parse_args()
    chosen = drawn(given.subject, given.n, given.seed)
    preload()
    whole = sorted({mutation.subject for mutation in chosen})
    with ThreadPoolExecutor(given.jobs) as pool:
        failing = [
            s for s, red in zip(whole, pool.map(lambda s: noticed(None, s), whole), strict=True) if red
        ]
    if failing:
        print(f"These tests fail as they are, mend them first: {', '.join(failing)}")
        return 2
    survivors = []
    for i, (mutation, seen) in enumerate(noticed_all(chosen, given.jobs), start=1):
        if not seen:
            survivors.append(mutation)
            print(f"survived  {mutation}", flush=True)
        elif i % 20 == 0:
            print(f"          {i} of {len(chosen)}, {len(survivors)} survived", flush=True)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutations were noticed")
    return 0 if len(survivors) <= 0.05 * len(chosen) else 1


if __name__ == "__main__":
    # This folder has packages named as libraries are: it must not be where imports are looked for.
    sys.path[0] = str(TESTS.parent)
    sys.exit(main())
