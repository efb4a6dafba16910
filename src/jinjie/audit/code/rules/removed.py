"""APIs that are gone or renamed; the table is `removed.toml`."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import path_of
from jinjie.audit.finding import Finding, Severity
from jinjie.base.words import Text

RULE = Rule(
    "removed-api",
    Text("`{name}` is {state} since {library} {since}", "`{name}` 自 {library} {since} 起{state_zh}"),
    Text("", ""),
    Text("{en}", "{zh}"),
    "high",
)
SAYS = {
    "removed": Text(
        "{library} took `{name}` out in {since}: with any version of today the program stops here.",
        "{library} 从 {since} 起移除了 `{name}`：用现在的版本运行，程序会停在这里。",
    ),
    "renamed": Text(
        "{library} renamed or moved `{name}` in {since}: with any version of today the program stops here.",
        "{library} 从 {since} 起给 `{name}` 换了名字或位置：用现在的版本运行，程序会停在这里。",
    ),
    "deprecated": Text(
        "`{name}` has been out of date since {library} {since}: it still works or warns, and no new program should be taught with it.",
        "`{name}` 自 {library} {since} 起已过时：目前还能用（或给出警告），但不应再拿来教新人。",
    ),
}
_STATES = {
    "removed": ("gone", "已移除"),
    "renamed": ("renamed", "已改名"),
    "deprecated": ("out of date", "已过时"),
}
_SEVERITY: dict[str, Severity] = {"removed": "high", "renamed": "high", "deprecated": "low"}


@dataclass(frozen=True)
class Api:
    """One entry of the table."""

    library: str
    since: str
    state: str
    instead: Text
    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    def has(self, full: str) -> bool:
        return full in self._exact or full.startswith(self._below)

    @cached_property
    def _exact(self) -> frozenset[str]:
        return frozenset(self.names)

    @cached_property
    def _below(self) -> tuple[str, ...]:
        return tuple(n[:-1] for n in self.names if n.endswith(".*"))


@cache
def table() -> tuple[Api, ...]:
    text = (resources.files(__package__ or "") / "removed.toml").read_text(encoding="utf-8")
    return tuple(
        Api(
            one["library"],
            one["since"],
            one["state"],
            Text(one["en"], one["zh"]),
            tuple(n for n in one.get("names", ()) if n not in one.get("not_since", {})),
            tuple(one.get("methods", ())),
            tuple(one.get("of", ())),
            tuple(one.get("keywords", ())),
        )
        for one in tomllib.loads(text)["api"]
    )


def find(m: Meaning) -> Iterator[Finding]:
    """One finding a name, at its first use."""
    seen: set[str] = set()
    old_graphs = "compat.v1" in m.program.text and "import tensorflow as tf" not in m.program.text
    for node, shown, api in _uses(m):
        if shown not in seen and not (old_graphs and api.library == "TensorFlow"):
            seen.add(shown)
            yield _finding(m, node, shown, api)


def _finding(m: Meaning, node: ast.AST, shown: str, api: Api) -> Finding:
    state = _STATES[api.state]
    return RULE.at(
        m.program,
        node,
        severity=_SEVERITY[api.state],
        names=(shown,),
        says=SAYS[api.state],
        instead=api.instead,
        name=shown,
        library=api.library,
        since=api.since,
        state=state[0],
        state_zh=state[1],
    )


def _uses(m: Meaning) -> Iterator[tuple[ast.AST, str, Api]]:
    imported: set[str] = set()
    for node in m.program.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _named(node, m_full(alias.name), alias.name)
                imported |= {alias.name}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found = list(_named(node, m_full(node.module), node.module))
            for alias in node.names if not found else ():
                full = f"{node.module}.{alias.name}"
                got = list(_named(alias, m_full(full), full))
                yield from got
                imported |= {full} if got else set()
            yield from found
        elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            yield from _used(m, node)
        elif isinstance(node, ast.Call):
            yield from _called(m, node)


def m_full(name: str) -> str:
    return "keras" + name[len("tensorflow.keras") :] if name.startswith("tensorflow.keras") else name


def _named(node: ast.AST, full: str, shown: str) -> Iterator[tuple[ast.AST, str, Api]]:
    for api in table():
        if not api.keywords and api.has(full):
            yield node, shown, api


def _used(m: Meaning, node: ast.Attribute | ast.Name) -> Iterator[tuple[ast.AST, str, Api]]:
    parent = m.program.parents.get(node)
    if isinstance(node, ast.Name):
        return  # a name by itself was told where it was imported
    full = m.dotted(node)
    if full is not None:
        first = (path_of(node) or "").split(".")[0]
        whole = not isinstance(parent, ast.Attribute) or m.dotted(parent) is None
        if whole and ("." not in m.aliases.get(first, "") or not _told(m, first)):
            yield from _named(node, full, _shown(full))
        return
    for api in table():
        if node.attr in api.methods and (isinstance(parent, ast.Call) or node.attr == "ix"):
            made = m.made(node.value)
            known = made is not None and made.name.startswith(api.of)
            if known and made is not None and _is_table(made.name, api):
                yield node, f".{node.attr}", api
            elif (
                node.attr == "ix"
                and "pandas" in m.imported
                and isinstance(parent, ast.Subscript)
                and made is None
            ):
                yield node, ".ix", api
            elif node.attr.endswith("_generator") and "keras" in m.program.text:
                yield node, f".{node.attr}", api


def _is_table(name: str, api: Api) -> bool:
    """Of pandas, only what gives a table or a column."""
    return api.library != "pandas" or name.rsplit(".", 1)[1] in (
        "DataFrame",
        "Series",
        "read_csv",
        "read_excel",
        "concat",
        "merge",
        "read_json",
        "read_table",
        "read_parquet",
    )


def _told(m: Meaning, first: str) -> bool:
    """Whether a name was imported by an import that is itself in the table."""
    return any(not api.keywords and api.has(m_full(m.aliases[first])) for api in table())


def _shown(full: str) -> str:
    for long, short in (("tensorflow.", "tf."), ("numpy.", "np."), ("pandas.", "pd.")):
        if full.startswith(long):
            return short + full[len(long) :]
    return full


def _called(m: Meaning, call: ast.Call) -> Iterator[tuple[ast.AST, str, Api]]:
    given = [k for k in call.keywords if k.arg]
    full = m.dotted(call.func)
    if full is None or not given:
        return
    for api in table():
        if api.keywords and api.has(full):
            for one in given:
                if one.arg in api.keywords:
                    yield one.value, f"{full.rsplit('.', 1)[1]}({one.arg}=…)", api
