"""What events may hold, so that every database and every file brings back exactly what was written."""

from __future__ import annotations

import json
import math
import re
import secrets
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from jinjie.base.errors import Problem

DETAIL = 1_000_000
"""Bytes that the detail of one event may have."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A random id that sorts by the time it was made (UUID version 7, RFC 9562 section 5.7).

    Within a process a later id is always greater, also when the clock stands still or goes backwards: events of one
    microsecond keep their order.
    """
    global _last
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    with _lock:
        # 48 bits of milliseconds and 12 of their parts, counted on where that is not more than the last
        _last = max((max(milliseconds, 0) << 12) | (rest * 4096 // 1_000_000), _last + 1)
        stamp = _last
    high = (stamp >> 12 & (1 << 48) - 1) << 16 | 7 << 12 | stamp & 0xFFF
    return str(uuid.UUID(int=high << 64 | 2 << 62 | secrets.randbits(62)))


def as_json(value: Any) -> str:
    """`value` as one line of JSON that is always the same for the same value, and always UTF-8.

    Raises TypeError or ValueError for what JSON does not hold, NaN and infinities among it.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half a character, as a program under test may print
            return json.dumps(value, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text


def minutes(moment: datetime) -> int:
    """Minutes east of UTC."""
    offset = moment.utcoffset()
    return round(offset.total_seconds() / 60) if offset else 0


def wrong_word(where: str, value: Any, longest: int, optional: bool = False) -> Iterator[Problem]:
    """What is wrong with a name: it is text without spaces or signs that steer a terminal."""
    if value is None and optional:
        return
    if not isinstance(value, str):
        yield Problem(where, "problem.not_of_type", wanted="str", came=_short(value))
    elif not value or len(value) > longest or not value.isprintable() or any(c.isspace() for c in value):
        yield Problem(where, "learner.no_word", longest=longest, came=_short(value))


def wrong_text(where: str, value: Any, longest: int) -> Iterator[Problem]:
    """What is wrong with a whole text: every database keeps UTF-8, and not all of them a NUL."""
    if not isinstance(value, str):
        yield Problem(where, "problem.not_of_type", wanted="str", came=_short(value))
        return
    try:
        came = len(value.encode())
    except UnicodeEncodeError as error:
        yield Problem(where, "learner.no_text", at=error.start, came=_short(value[error.start]))
        return
    if "\0" in value:
        yield Problem(where, "learner.no_text", at=value.index("\0"), came=_short("\0"))
    if came > longest:
        yield Problem(where, "learner.too_long", most=longest, came=came)


def wrong_id(where: str, value: Any, optional: bool = False) -> Iterator[Problem]:
    if not (value is None and optional) and not (isinstance(value, str) and _ID.fullmatch(value)):
        yield Problem(where, "learner.no_id", came=_short(value))


def wrong_whole(where: str, value: Any) -> Iterator[Problem]:
    """What is wrong with a whole number: databases keep 64 bits."""
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        yield Problem(where, "problem.not_of_type", wanted="int", came=_short(value))
    elif not -(2**63) <= value < 2**63:
        yield Problem(where, "learner.too_great", came=_short(value))


def wrong_number(where: str, value: Any, least: float | None = None) -> Iterator[Problem]:
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool):
        yield Problem(where, "problem.not_of_type", wanted="float", came=_short(value))
    elif abs(value) > 1.7e308 or not math.isfinite(value):
        yield Problem(where, "learner.not_finite", came=_short(value))
    elif least is not None and value < least:
        yield Problem(where, "problem.out_of_range", sign="≥", bound=least, came=_short(value))


def wrong_moment(where: str, value: Any) -> Iterator[Problem]:
    """What is wrong with a time: it has a zone, and a year that every zone and database can hold."""
    if not isinstance(value, datetime):
        yield Problem(where, "problem.not_of_type", wanted="datetime", came=_short(value))
    elif value.utcoffset() is None:
        yield Problem(where, "learner.no_zone", came=value.isoformat())
    elif not 1900 <= value.year <= 9900:
        yield Problem(where, "learner.no_time", came=value.isoformat())


def wrong_detail(where: str, value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(where, "problem.not_of_type", wanted="dict", came=_short(value))
        return
    if (path := _not_json(value, "")) is not None:
        yield Problem(where + path, "learner.not_json")
        return
    try:
        text = as_json(value)
    except (TypeError, ValueError, RecursionError):
        yield Problem(where, "learner.not_json")
        return
    if (came := len(text.encode())) > DETAIL:
        yield Problem(where, "learner.too_long", most=DETAIL, came=came)


def _not_json(value: Any, path: str, depth: int = 0) -> str | None:
    """The path of the first value within `value` that JSON would not bring back as it is, or None."""
    if value is None or isinstance(value, str | bool):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return None if abs(value) < 2**1000 else path
    if isinstance(value, float):
        return None if math.isfinite(value) else path
    if depth > 100:
        return path
    if isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                return f"{path}.{key!r}"
            if (found := _not_json(part, f"{path}.{key}", depth + 1)) is not None:
                return found
        return None
    if isinstance(value, list | tuple):
        for i, part in enumerate(value):
            if (found := _not_json(part, f"{path}[{i}]", depth + 1)) is not None:
                return found
        return None
    return path


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def stamp(moment: datetime) -> str:
    """A time as one text, always the same for the same time and zone."""
    return moment.isoformat(timespec="microseconds")
