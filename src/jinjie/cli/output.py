"""What the commands print with: one console, and JSON for scripts."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Rich on standard output; plain text when it is piped."""
    from rich.console import Console

    return Console(highlight=False)


def print_json(value: Any) -> None:
    """`value` as JSON for a script."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")


def json_option() -> Any:
    """The `--json` that every command has."""
    return typer.Option(False, "--json", help=say("cli.json"))
