"""What the doctor says of the sandbox: the tiers, which one is used, and whether its walls hold."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from jinjie.base.errors import InvalidInput
from jinjie.base.words import say


def examine(escapes: bool = False, tell: Callable[[str], None] | None = None) -> dict[str, Any]:
    """The tiers as plain values; with `escapes` what every attempt to get out came to, in every tier that is there.

    `tell` hears, in the viewer's language, of what takes its time.
    """
    from jinjie.course.sandbox import probe, tiers

    tried = probe()
    try:
        used: int | None = int(tiers.best())
        problem = None
    except InvalidInput as error:
        used, problem = None, str(error)
    found: dict[str, Any] = {
        "tier": used,
        "forced": bool(os.environ.get("JINJIE_SANDBOX", "").strip()),
        "problem": problem,
        "tiers": [
            {
                "tier": int(one.tier),
                "there": one.there,
                "seconds": one.seconds,
                "detail": one.detail,
                "reason": one.reason,
            }
            for one in tried
        ],
    }
    if escapes:
        found["escapes"] = _suite([int(one.tier) for one in tried if one.there], tell)
    return found


def _suite(tiers: list[int], tell: Callable[[str], None] | None) -> list[dict[str, Any]]:
    from jinjie.course.sandbox.probes import escape_suite

    if tell is not None:
        tell(say("sandbox.trying", tiers=", ".join(map(str, tiers))))
    return [
        {
            "name": one.name,
            "tier": one.tier,
            "verdict": str(one.verdict),
            "expected": one.expected,
            "right": one.right,
            "said": one.said,
        }
        for one in escape_suite(*tiers)
    ]


def warnings(found: dict[str, Any]) -> list[str]:
    """What the user has to know."""
    if found["problem"]:
        return [str(found["problem"])]
    told: list[str] = []
    used = next(one for one in found["tiers"] if one["tier"] == found["tier"])
    if not used["there"]:
        told.append(say("sandbox.forced_not_there", tier=used["tier"], reason=used["reason"]))
    elif used["tier"] == 3:
        told.append(say("sandbox.only_limits"))
        if not found["forced"]:
            told.append(say("sandbox.get_one"))
    for tier in {one["tier"] for one in found.get("escapes", ()) if not one["right"]}:
        told.append(say("sandbox.escaped", tier=tier, names=_names(found, tier, right=False)))
    return told


def lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Rows of a table: name and value."""
    rows = [(say("sandbox.used"), _used(found))] if found["tier"] else []
    names = (say("sandbox.tier_1"), say("sandbox.tier_2"), say("sandbox.tier_3"))
    for name, one in zip(names, found["tiers"], strict=True):
        words = "sandbox.there" if one["there"] else "sandbox.not_there"
        rows.append((name, say(words, **one).strip()))
    suite = found.get("escapes", [])
    for tier in sorted({one["tier"] for one in suite}):
        expected = [one for one in suite if one["tier"] == tier and one["expected"]]
        count = Counter(one["verdict"] for one in expected)
        told = say(
            "sandbox.suite", tier=tier, held=count["held"], expected=len(expected), unproven=count["unproven"]
        )
        rows.append(("", told))
        if names_let_through := _names(found, tier, right=True):
            rows.append(("", say("sandbox.not_promised", tier=tier, names=names_let_through)))
    return rows


def _used(found: dict[str, Any]) -> str:
    return say("sandbox.forced" if found["forced"] else "sandbox.best", tier=found["tier"])


def _names(found: dict[str, Any], tier: int, right: bool) -> str:
    """Attempts that got out of a tier: those it must hold (`right` False), or those it does not promise to."""
    suite = found.get("escapes", [])
    return ", ".join(
        one["name"]
        for one in suite
        if one["tier"] == tier and one["verdict"] == "escaped" and one["right"] is right
    )
