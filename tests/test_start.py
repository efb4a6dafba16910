"""The start of the command line: cycles are not looked for while modules are imported, and are while a command runs."""

from __future__ import annotations

import gc
import sys

import pytest

from jinjie import __main__
from jinjie.cli import main


def test_waste_is_looked_for_while_a_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, bool]] = []

    def build(wanted: str | None) -> object:
        seen.append(("built", gc.isenabled()))
        return lambda **_: seen.append(("ran", gc.isenabled()))

    monkeypatch.setattr(main, "build", build)
    monkeypatch.setattr(sys, "argv", ["jinjie", "runs"])
    try:
        with pytest.raises(SystemExit):
            __main__.start()
        assert seen == [("built", False), ("ran", True)]
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.enable()
