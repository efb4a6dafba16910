"""A grade as a terminal shows it: a mark for every case, what is wrong, what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinjie.base.words import say

if TYPE_CHECKING:
    from rich.console import Console

    from jinjie.course.content.library import Written
    from jinjie.course.content.schema import Exercise
    from jinjie.course.grading.faults import Fault
    from jinjie.course.grading.marking import Grade

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "dim")}


def show(exercise: Written[Exercise], grade: Grade, out: Console) -> None:
    """Print a grade."""
    from rich.text import Text

    out.print(Text.assemble((str(exercise.entry.title), "bold"), f"  {exercise.slug}"), soft_wrap=True)
    _cases(grade, out)
    if grade.note is not None:
        out.print(Text(str(grade.note), style="yellow"), soft_wrap=True)
    if grade.passed:
        out.print(Text(say("cli.exercise.passed"), style="bold green"))
    else:
        _faults(grade, out)
        _hints(grade, out)
        _example(grade, out)
        if grade.printed:
            out.print(f"\n[bold]{say('cli.exercise.printed')}[/]")
            for line in grade.printed.rstrip().splitlines():
                out.print(Text(f"  {line}", style="dim"), soft_wrap=True)
    out.print()
    out.print(Text(_took(exercise, grade), style="dim"), soft_wrap=True)
    slug = exercise.slug
    after = say("cli.exercise.after_pass" if grade.passed else "cli.exercise.after_fail", slug=slug)
    out.print(Text(after, style="dim"), soft_wrap=True)


def _cases(grade: Grade, out: Console) -> None:
    from rich.text import Text

    several = len({one.entry for one in grade.cases}) > 1
    for one in grade.cases:
        if one.visible:
            mark, style = _MARKS[one.passed]
            entry = f"{one.entry}: " if several else ""
            out.print(Text.assemble("  ", (mark, style), f" {entry}{one.name}"), soft_wrap=True)
    hidden = [one for one in grade.cases if not one.visible]
    if hidden:
        marks = [_MARKS[one.passed] for one in hidden]
        line = say("cli.exercise.hidden", passed=sum(bool(one.passed) for one in hidden), count=len(hidden))
        out.print(Text.assemble(f"  {line}  ", *marks), soft_wrap=True)
    if grade.cases:
        out.print()


def _faults(grade: Grade, out: Console) -> None:
    from rich.text import Text

    out.print(Text(say("cli.exercise.wrong", count=len(grade.faults)), style="bold red"))
    for fault in grade.faults:
        entry = f"{fault.entry}: " if fault.entry else ""
        out.print(Text.assemble("  • ", (entry, "bold"), str(fault.says)), soft_wrap=True)
        if fault.line is not None:
            out.print(
                Text(f"      {say('cli.exercise.line', line=fault.line)}  {fault.source}", style="cyan"),
                soft_wrap=True,
            )
        if where := _where(grade, fault):
            out.print(Text(f"      {where}", style="dim"), soft_wrap=True)


def _where(grade: Grade, fault: Fault) -> str:
    """In how many cases a fault shows, and what the first of them is."""
    if not fault.cases:
        return ""
    seen = sum(grade.cases[i].visible for i in fault.cases)
    key = "cli.exercise.where" if seen else "cli.exercise.where_hidden"
    first = grade.cases[fault.cases[0]].name
    return say(key, visible=seen, hidden=len(fault.cases) - seen, first=first)


def _hints(grade: Grade, out: Console) -> None:
    from rich.text import Text

    if grade.hints:
        out.print(f"\n[bold]{say('cli.exercise.hints', count=len(grade.hints))}[/]")
    for one in grade.hints:
        out.print(Text(f"  → {one}"), soft_wrap=True)


def _example(grade: Grade, out: Console) -> None:
    from rich.text import Text

    if grade.shown is None:
        if grade.tries > 1 and grade.cases and all(one.passed for one in grade.cases if one.visible):
            out.print(Text(f"\n{say('cli.exercise.only_hidden')}"), soft_wrap=True)
        return
    shown = grade.shown
    out.print(Text(f"\n{say('cli.exercise.smallest', name=shown.name)}", style="bold"), soft_wrap=True)
    for i, line in enumerate(shown.call.splitlines()):
        out.print(Text(f"  {'... ' if i else '>>> '}{line}", style="cyan"), soft_wrap=True)
    for label, value in (
        (say("cli.exercise.expected"), shown.expected),
        (say("cli.exercise.came"), str(shown.came)),
    ):
        first, *rest = value.splitlines() or [""]
        out.print(Text(f"  {label}{first}"), soft_wrap=True)
        for line in rest:
            out.print(Text(f"    {line}"), soft_wrap=True)


def _took(exercise: Written[Exercise], grade: Grade) -> str:
    if grade.tier is None:
        return say("cli.exercise.not_run")
    seconds, ran = f"{grade.seconds:.2f}", f"{grade.ran:.2f}"
    limit = f"{exercise.entry.limits.seconds:g}"
    tiers = {1: "cli.exercise.tier_one", 2: "cli.exercise.tier_two", 3: "cli.exercise.tier_three"}
    return say("cli.exercise.took", seconds=seconds, ran=ran, limit=limit, tier=say(tiers[grade.tier]))
