"""Counts, sizes and times as people write them, in the current language."""

from __future__ import annotations

import math
import time

from jinjie.base.words import language, say

LARGE = {
    "en": ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")),
    "zh": ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
}
"""How languages count: English in steps of a thousand, Chinese in steps of ten thousand."""


def count(number: float) -> str:
    """1234567 → 1.23M."""
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g}{suffix}"
    return f"{number:.3g}"


def large(number: float) -> str:
    """A large number in two digits as it is read aloud: 3.5 million, 6.3 billion; 350 万, 63 亿."""
    rounded = round(number, 1 - math.floor(math.log10(number))) if number >= 1 else 0.0
    for limit, unit in LARGE[language()]:
        if rounded >= limit:
            return f"{rounded / limit:.4g} {unit}"
    return f"{rounded:,.0f}"


def size(bytes_: float) -> str:
    """Bytes as KB, MB or GB (powers of ten)."""
    for limit, suffix in ((1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
        if bytes_ >= limit:
            return f"{bytes_ / limit:.3g} {suffix}"
    return f"{bytes_:.0f} B"


def duration(seconds: float) -> str:
    """Seconds as people say them: 0.4 s, 42 s, 3 min 20 s, 1 h 05 min, 4 days 2 h, 190 days, 22,000 years."""
    if seconds < 90:
        return say("amount.seconds", seconds=f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return say("amount.minutes", minutes=minutes, seconds=f"{rest:02d}")
    hours, minutes = divmod(minutes, 60)
    if hours >= 24 * 730:
        years = hours / (24 * 365.25)
        return say("amount.years", years=f"{round(years, 1 - math.floor(math.log10(years))):,.0f}")
    if hours >= 24 * 30:
        return say("amount.whole_days", days=round(hours / 24))
    if hours >= 48:
        return say("amount.days", days=hours // 24, hours=hours % 24)
    return say("amount.hours", hours=hours, minutes=f"{minutes:02d}")


def ago(then: float) -> str:
    """How long ago a Unix time was, in its largest unit."""
    seconds = max(0, round(time.time() - then))
    if seconds < 60:
        return say("amount.ago.seconds", count=seconds)
    if seconds < 3600:
        return say("amount.ago.minutes", count=seconds // 60)
    if seconds < 86400:
        return say("amount.ago.hours", count=seconds // 3600)
    return say("amount.ago.days", count=seconds // 86400)
