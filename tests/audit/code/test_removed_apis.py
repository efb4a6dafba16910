"""The table of removed names, held to the libraries that are installed here: what it calls removed is gone."""

from __future__ import annotations

import importlib
import warnings

import pytest

from jinjie.audit.code.rules.removed import table

HERE = ("numpy", "sklearn", "pandas")


def _there(full: str) -> bool:
    """Whether an installed library still has a name."""
    parts = full.removesuffix(".*").split(".")
    for at in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:at]))
        except ImportError:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for part in parts[at:]:
                try:
                    thing = getattr(thing, part)
                except (AttributeError, ImportError):
                    return False
        return True
    return False


@pytest.mark.parametrize("library", HERE)
def test_what_is_called_removed_is_gone(library: str) -> None:
    names = [
        name
        for api in table()
        for name in api.names
        if name.startswith(library + ".") and api.state in ("removed", "renamed") and not api.keywords
    ]
    assert len(names) > 5
    assert [name for name in names if _there(name)] == []


def test_names_that_are_there_are_seen_as_such() -> None:
    assert _there("numpy.float64") and _there("sklearn.datasets.load_iris") and not _there("numpy.nothing")
