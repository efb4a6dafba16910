"""Modules that are imported at their first use, so that configs, `--help` and the studio stay quick.

if TYPE_CHECKING:
    import torch
else:
    torch = lazy("torch")
"""

from __future__ import annotations

import importlib
from typing import Any


class _Lazy:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)  # the next look-up is a plain attribute
        return value


def lazy(name: str) -> Any:
    """Stands for the module `name`, imported when one of its attributes is first asked for."""
    return _Lazy(name)
