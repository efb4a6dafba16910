"""`jinjie recipes` and `jinjie show`: what there is to train, and what one training will do and take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.amounts import count, duration, size
from jinjie.base.words import Text, language, say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from jinjie.training.recipe import Recipe


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command("recipes", help=say("cli.recipes.help"))
    def recipes(as_json: bool = json_option()) -> None:
        from jinjie.analyse import told

        rows = told.recipes()
        if as_json:
            print_json(rows)
            return
        out = console()
        for row in rows:
            out.print(f"[bold]{row['name']}[/]  {_in(row['title'])}", soft_wrap=True)
            out.print(f"  {_in(row['teaches'])}", soft_wrap=True)
            out.print(f"  [dim]{' · '.join(_facts(row))}[/]", soft_wrap=True)

    @app.command("show", help=say("cli.show.help"))
    def show(
        name: str = typer.Argument(..., metavar="RECIPE", help=say("cli.recipe")),
        changes: list[str] = typer.Argument(None, help=say("cli.changes"), metavar="[KEY=VALUE]..."),
        settings: bool = typer.Option(False, "--settings", help=say("cli.show.settings")),
        as_json: bool = json_option(),
    ) -> None:
        if settings:
            _settings(_changed(name, changes), as_json)
            return
        found = _whole(name, changes)
        if as_json:
            print_json(found)
        else:
            _show(found)


def _whole(name: str, changes: list[str] | None) -> dict[str, Any]:
    if changes:
        from jinjie.analyse import describe

        return describe.whole(_changed(name, changes))
    from jinjie.analyse import told  # what was told before takes no recipe, and no torch for its layers

    return told.recipe(name)


def _changed(name: str, changes: list[str] | None) -> Recipe:
    from jinjie.base.config import parse_changes
    from jinjie.recipes import find

    return find(name).changed(parse_changes(changes or []))


def _in(value: dict[str, str]) -> str:
    return Text(**value).in_(language())


def _facts(row: dict[str, Any]) -> Iterator[str]:
    yield say("cli.recipes.real", data=_in(row["data"])) if row["real"] else _in(row["data"])
    if row["parameters"] is not None:
        yield say("cli.recipes.parameters", count=count(row["parameters"]))
    if row["seconds"] is not None:
        yield say("cli.recipes.time", duration=duration(row["seconds"]))
    if row["download_bytes"]:
        yield say("cli.data.to_fetch", size=size(row["download_bytes"]))
    if row["sizes"]:
        yield say("cli.recipes.sizes", sizes=", ".join(row["sizes"]))


def _show(told: dict[str, Any]) -> None:
    out = console()
    out.print(f"[bold]{told['name']}[/]  {_in(told['title'])}")
    out.print(_in(told["teaches"]), soft_wrap=True)
    for heading, lines in (
        (say("cli.show.data"), _data(told["data"])),
        (say("cli.show.training"), _training(told)),
        (say("cli.show.when"), _when(told["when"])),
        (say("cli.show.takes"), _takes(told["estimate"])),
        (say("cli.show.expect"), iter([_in(told["expect"])])),
    ):
        out.print(f"\n[bold]{heading}[/]")
        for line in lines:
            out.print(f"  {line}", soft_wrap=True)
    _layers(told["layers"], out)


def _data(data: dict[str, Any]) -> Iterator[str]:
    kind = say("cli.data.real") if data["real"] else say("cli.data.synthetic")
    yield f"{_in(data['title'])} · {kind}"
    yield say("cli.data.source", source=data["source"], licence=data["licence"])
    if data["counts"]:
        parts = {split: f"{data['counts'].get(split, 0):,}" for split in ("train", "validation", "test")}
        yield say("cli.data.counts", train=parts["train"], validation=parts["validation"], test=parts["test"])
    if not data["cached"]:
        yield say("cli.data.to_fetch", size=size(data["download_bytes"]))
    if data["settings"]:
        yield _pairs(data["settings"])


def _training(told: dict[str, Any]) -> Iterator[str]:
    for name in ("model", "task", "optimizer", "schedule"):
        values = dict(told[name])
        kind = values.pop("kind")
        yield f"{name:<10} [bold]{kind}[/]  {_pairs(values)}"
    yield f"{'budget':<10} {_pairs(told['budget'])}"
    if told["start"] is not None:
        yield f"{'start':<10} [bold]{told['start']}[/]  {_pairs(told['tuning'])}"
    if told["dial"]:
        yield say("cli.show.dial", size=told["size"], values=_pairs(told["dial"]))


def _pairs(values: dict[str, Any]) -> str:
    return "[dim]" + "  ".join(f"{k}={_value(v)}" for k, v in values.items() if v is not None) + "[/]"


def _value(value: Any) -> str:
    """A setting as one would type it."""
    import json

    from rich.markup import escape

    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _when(when: dict[str, int | None]) -> Iterator[str]:
    if when["steps"] is None:
        yield say("cli.show.unknown_steps")
        return
    yield say("cli.show.steps", steps=f"{when['steps']:,}")
    yield say("cli.show.log", every=when["log"])
    yield say("cli.show.evaluate", every=when["evaluate"])
    yield say("cli.show.checkpoint", every=when["checkpoint"])
    yield say("cli.show.end")


def _takes(estimate: dict[str, Any] | None) -> Iterator[str]:
    if estimate is None:
        yield say("cli.show.unknown_size")
        return
    memory = estimate["memory"]
    time = "?" if estimate["seconds"] is None else duration(estimate["seconds"])
    yield say("cli.show.time", duration=time, how=_in(estimate["how"]))
    yield say(
        "cli.show.memory",
        total=size(memory["total"]),
        weights=size(memory["weights"] + memory["masters"]),
        gradients=size(memory["gradients"]),
        moments=size(memory["moments"]),
        activations=size(memory["activations"]),
        data=size(memory["data"]),
        spare=size(memory["spare"]),
        program=size(memory["program"]),
    )
    yield say(
        "cli.show.arithmetic",
        flops=count(estimate["flops_per_step"]),
        precision=estimate["precision"],
        threads=estimate["threads"],
    )


def _layers(layers: list[dict[str, Any]], out: Any) -> None:
    if not layers:
        return
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False, title_justify="left")
    table.add_column(say("cli.show.layer"))
    table.add_column(say("cli.show.kind"))
    table.add_column(say("cli.show.shapes"))
    table.add_column(say("cli.show.parameters"), justify="right")
    for layer in _folded(layers):
        shapes = "  ".join("×".join(map(str, shape)) for shape in layer["shapes"])
        table.add_row(layer["name"], layer["kind"], shapes, f"{layer['parameters']:,}")
    total = sum(layer["parameters"] for layer in layers)
    table.add_row(f"[bold]{say('cli.show.together')}[/]", "", "", f"[bold]{total:,}[/]")
    out.print(f"\n[bold]{say('cli.show.layers')}[/]")
    out.print(table)


def _folded(layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks with the shapes of the first one told in one line: GPT-2 XL has 48 of six layers each."""
    from itertools import groupby

    told: list[dict[str, Any]] = []
    first: dict[str, Any] = {}
    for (stack, number), group in groupby(layers, key=lambda layer: _block(layer["name"])[:2]):
        block = list(group)
        shapes = [(_block(layer["name"])[2], layer["kind"], layer["shapes"]) for layer in block]
        if number is None or first.setdefault(stack, shapes) != shapes or number == 0:
            told += block
            continue
        size = sum(layer["parameters"] for layer in block)
        if told[-1].get("stack") != stack:
            told.append({"stack": stack, "begin": number, "parameters": 0, "kind": say("cli.show.same")})
        line = told[-1]
        names = f"{stack}.{line['begin']}" + (f" … {stack}.{number}" if number > line["begin"] else "")
        line |= {"name": names, "shapes": [], "parameters": line["parameters"] + size}
    return told


def _block(name: str) -> tuple[str, int | None, str]:
    """`blocks.3.norm1` as ("blocks", 3, "norm1"); (name, None, "") where there is no number."""
    stack, _, rest = name.partition(".")
    number, _, inside = rest.partition(".")
    return (stack, int(number), inside) if number.isdigit() else (name, None, "")


def _settings(recipe: Any, as_json: bool) -> None:
    """Every setting that KEY=VALUE can change, with its value and hint."""
    from jinjie.base.config import settings

    hidden = ("name", "title", "teaches", "expect", "sizes")
    found = [s for s in settings(recipe) if s.path.split(".")[0] not in hidden]
    if as_json:
        print_json(
            [{"path": s.path, "value": s.value, "hint": s.hint.both(), "choices": s.choices} for s in found]
        )
        return
    out = console()
    for setting in found:
        choices = f" [dim]({' | '.join(map(str, setting.choices))})[/]" if setting.choices else ""
        out.print(f"[bold]{setting.path}[/]={_value(setting.value)}{choices}", soft_wrap=True)
        if str(setting.hint):
            out.print(f"    [dim]{setting.hint}[/]", soft_wrap=True)
