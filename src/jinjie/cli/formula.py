"""`jinjie formula`: every formula of the course, and each one at work, line by line."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from jinjie.course.formula.headings import Heading
    from jinjie.course.formula.registry import Formula
    from jinjie.course.formula.trace import Trace


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("formula", help=say("cli.formula.help"))
    def formula(
        wanted: str = typer.Argument(None, metavar="[ID]", help=say("cli.formula.id")),
        latex: bool = typer.Option(False, "--latex", help=say("cli.formula.latex")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.formula.headings import headings, search

        known = headings()
        if wanted is None:
            _list(list(known.values()), as_json)
            return
        if wanted not in known and (near := search(wanted)):
            _list(near, as_json)
            return
        from jinjie.course.formula.registry import find

        found = find(wanted)
        if latex:
            print(found.latex.strip())
        elif as_json:
            print_json({**found.for_json(), "plain": found.plain(), "example": _trace_json(_trace(found))})
        else:
            _show(found)


def _trace(formula: Formula) -> Trace:
    from jinjie.course.formula import trace

    return trace.run(formula.callable())


def _list(found: list[Heading], as_json: bool) -> None:
    """A line each for a reader; for a script everything that is known of each."""
    from jinjie.course.formula.headings import GROUPS

    if as_json:
        from jinjie.course.formula.registry import formulas

        whole = formulas()
        print_json([whole[heading.id].for_json() for heading in found])
        return
    out = console()
    width = max(len(formula.id) for formula in found)
    for group, members in itertools.groupby(found, key=lambda formula: formula.subject.partition(".")[0]):
        out.print(f"\n[bold]{GROUPS[group]}[/]")
        for formula in members:
            out.print(f"  {formula.id:<{width}}  {formula.name}", soft_wrap=True)
    out.print(f"\n{say('cli.formula.count', count=len(found))}")


def _show(formula: Formula) -> None:
    from rich.markup import escape

    out = console()
    out.print(f"[bold]{formula.id}[/]  {formula.name}", soft_wrap=True)
    out.print(f"[dim]{escape(formula.source)}[/]\n", soft_wrap=True)
    for line in formula.plain().splitlines():
        out.print(f"  {escape(line)}", style="cyan", soft_wrap=True)
    _symbols(formula, out)
    _at_work(formula, _trace(formula), out)
    _variants(formula, out)
    out.print(f"\n[bold]{say('cli.formula.proof')}[/]")
    out.print(f"  {formula.test_file}::{formula.test}", soft_wrap=True)


def _symbols(formula: Formula, out: Any) -> None:
    from rich.markup import escape
    from rich.table import Table

    from jinjie.course.formula.plain import plain

    out.print(f"\n[bold]{say('cli.formula.symbols')}[/]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for symbol in formula.symbols:
        shape = symbol.shape or ""
        table.add_row(
            "  " + escape(plain(symbol.latex)),
            escape(symbol.code or ""),
            f"[dim]{escape('' if shape in ('()', '(...)') else shape)}[/]",
            escape(str(symbol.meaning)),
        )
    out.print(table)


def _at_work(formula: Formula, ran: Trace, out: Any) -> None:
    """The example, and each line of the function with what it gave."""
    from rich.markup import escape

    out.print(f"\n[bold]{say('cli.formula.example')}[/]  [dim]{formula.module}.{formula.function}[/]")
    for line in ran.example.splitlines():
        out.print(f"  {'... ' if line.startswith(' ') else '>>> '}{escape(line)}", soft_wrap=True)
    for line in ran.printed.splitlines():
        out.print(f"  {escape(line)}", soft_wrap=True)
    out.print(f"\n[bold]{say('cli.formula.trace')}[/]")
    for name, value in ran.arguments.items():
        _value(name, value, out)
    for step in ran.steps:
        for line in step.source.splitlines():
            out.print(f"  {escape(line)}", style="cyan", soft_wrap=True)
        for name, value in step.changed.items():
            _value(name, value, out)
    if ran.left_out:
        out.print(f"  {say('cli.formula.left_out', count=ran.left_out)}")


def _value(name: str, value: Any, out: Any) -> None:
    from rich.markup import escape

    from jinjie.course.formula.shown import text

    sign = f"{name} = " if name else "→ "
    lines = text(value).splitlines() or [""]
    out.print(f"      {escape(sign + lines[0])}", style="dim", soft_wrap=True)
    for line in lines[1:]:
        out.print(f"      {' ' * len(sign)}{escape(line)}", style="dim", soft_wrap=True)


def _variants(formula: Formula, out: Any) -> None:
    from rich.markup import escape

    from jinjie.course.formula.plain import plain

    if not formula.wrong:
        return
    out.print(f"\n[bold]{say('cli.formula.wrong')}[/]")
    for variant in formula.wrong:
        lines = plain(variant.latex).splitlines() if variant.latex else [variant.id]
        for line in lines:
            out.print(f"  ✗ {escape(line)}", style="red", soft_wrap=True)
        out.print(f"    {escape(str(variant.says))}", soft_wrap=True)
        if variant.test:
            out.print(f"    [dim]{formula.test_file}::{variant.test}[/]", soft_wrap=True)


def _trace_json(ran: Trace) -> dict[str, Any]:
    return {
        "code": ran.example,
        "printed": ran.printed,
        "arguments": _plain(ran.arguments),
        "steps": [{"line": s.line, "source": s.source, "changed": _plain(s.changed)} for s in ran.steps],
        "left_out": ran.left_out,
        "result": _plain(ran.result),
    }


def _plain(value: Any) -> Any:
    """As JSON can hold it; what it cannot, as Python writes it."""
    import numpy as np

    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(part) for part in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)
