"""How wide a character is, which decides where Chinese text may break and where no space belongs."""

from __future__ import annotations

import unicodedata


def is_wide(character: str) -> bool:
    """Whether a character is Chinese, or a mark that is as wide as one."""
    return unicodedata.east_asian_width(character) in "WF" or character in "“”‘’…—·"
