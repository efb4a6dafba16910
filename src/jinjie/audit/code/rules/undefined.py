"""Names that are used and never defined."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.scopes import undefined
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

RULE = Rule(
    "undefined-name",
    Text("`{name}` is never defined", "`{name}` 从未定义"),
    Text(
        "The program is printed as if it were whole, but nothing in it defines `{name}`: it stops here with a NameError.",
        "程序看起来是完整的，却没有任何一行定义 `{name}`：运行到这里就会报 NameError。",
    ),
    Text(
        "Define `{name}` before it is used, or say where it comes from.",
        "在使用之前定义 `{name}`，或者说明它从哪里来。",
    ),
    "high",
)
FRAGMENT = Text(
    "This piece uses names that the article never defines: {names}. It cannot be run as it stands; a reader has to guess them.",
    "这段代码用到了文中没有定义的名字：{names}。照原样无法运行，读者只能自己去猜。",
)
FRAGMENT_INSTEAD = Text(
    "Say that it is a fragment and what these names stand for, or print the lines that define them.",
    "说明这只是片段、这些名字各指什么，或者把定义它们的几行也印出来。",
)

_BROUGHT = re.compile(
    r"loader|data|corpus|batches|samples|texts|sentences|images|(?:^|_)(?:train|val|valid|validation|test|df|ds)(?:_|$)|"
    r"^(?:num_|n_)?epochs$|^[Xxy]_\w+$"
)
"""Data, and how often to go through it."""
_TOLD = re.compile(
    r"My[A-Z]|(?:train|evaluate|validate|test|get|make|build|load|create|prepare|preprocess)(?:_\w+)?$"
)
"""What a tutorial calls by a name that says what it does, and leaves to the reader."""


def find(m: Meaning) -> Iterator[Finding]:
    program = m.program
    if any(
        isinstance(c.func, ast.Name) and c.func.id in ("exec", "globals", "locals") for c in program.calls
    ):
        return
    first: dict[str, ast.Name] = {}
    for use in sorted(undefined(program.tree), key=lambda u: (line_of(u), u.col_offset)):
        if not program.block_of(use).only_shows and not _guarded(m, use):
            first.setdefault(use.id, use)
    if not first:
        return
    left = {name: use for name, use in first.items() if _left(m, use)}
    if _whole(m, len(first)):
        for name, use in first.items():
            if name not in left:
                yield RULE.at(program, use, names=(name,), name=name)
        first = left
    if first and any(
        isinstance(n, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef) for n in program.nodes
    ):
        names = tuple(first)
        use = next(iter(first.values()))
        shown = ", ".join(f"`{name}`" for name in names)
        yield RULE.at(
            program,
            use,
            severity="low",
            names=names,
            name=names[0],
            says=Text(
                FRAGMENT.en.replace("{names}", shown),
                FRAGMENT.zh.replace("{names}", shown.replace(", ", "、")),
            ),
            instead=FRAGMENT_INSTEAD,
        )


def _left(m: Meaning, use: ast.Name) -> bool:
    """Whether a name is plainly one that the reader brings: data, how long to train, a function told of before."""
    if _BROUGHT.search(use.id):
        return True
    parent = m.program.parents.get(use)
    called = isinstance(parent, ast.Call) and parent.func is use
    return called and bool(_TOLD.match(use.id))


def _whole(m: Meaning, missing: int) -> bool:
    """Whether the program is meant to be run as it is printed: it imports, is no mere fragment, and defines most of what it uses."""
    program = m.program
    statements = sum(isinstance(n, ast.stmt) for n in program.nodes)
    imports = any(isinstance(n, ast.Import | ast.ImportFrom) for n in program.nodes)
    imported = {
        (a.asname or a.name).split(".")[0]
        for n in program.nodes
        if isinstance(n, ast.Import | ast.ImportFrom)
        for a in n.names
    }
    defined = program.scopes[program.tree].bound - imported
    runs = any(
        isinstance(s, ast.For | ast.While | ast.With | ast.If | ast.Expr | ast.Assign)
        for s in program.tree.body
    )
    return imports and runs and statements >= 8 and missing <= max(1, len(defined) // 2)


def _guarded(m: Meaning, use: ast.Name) -> bool:
    """Within `try: … except NameError`."""
    for around in m.program.up(use):
        if isinstance(around, ast.Try):
            for handler in around.handlers:
                if handler.type is None or "NameError" in ast.dump(handler.type):
                    return True
    return False
