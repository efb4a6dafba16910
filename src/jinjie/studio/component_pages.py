"""What the pages are made of, on one page: colours with their contrasts, type, buttons, fields, states, the map.

For whoever changes a page. No other page leads here. The colours are read from the style sheet that is served, so
that what stands here is what is seen; their contrasts are reckoned from them as WCAG 2.2 does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.base.errors import JinjieError
from jinjie.base.words import say
from jinjie.studio.map_drawing import Kind, State, stone
from jinjie.studio.render import page

router = APIRouter(include_in_schema=False)

Shade = Literal["light", "dark"]
GROUNDS = ("paper", "sheet", "wash")
"""What text stands on."""
TEXTS = ("ink", "soft", "seal", "running", "finished", "stopped", "failed", "interrupted")
LINES = ("train", "validation", *(f"series-{number}" for number in range(3, 9)))
"""Curves of a chart, in the order in which they are taken."""
TEXT, LINE = 4.5, 3.0
"""The least contrast of text (WCAG 1.4.3), and of what is drawn and has to be told apart from its ground (1.4.11)."""
STATES = ("running", "finished", "stopped", "interrupted", "failed")
STONES: tuple[tuple[Kind, State, bool], ...] = (
    ("written", "new", False),
    ("written", "some", False),
    ("written", "held", False),
    ("written", "held", True),
    ("planned", "new", False),
    ("prior", "held", False),
)
_RULE = re.compile(r":root(?P<of>\[data-theme=\"?dark\"?\])?\{(?P<body>[^}]*--paper:[^}]*)\}")
_COLOUR = re.compile(r"--(?P<name>[\w-]+):\s*(?P<hex>#[0-9a-fA-F]{3,8})\b")


@router.get("/components")
def components(request: Request) -> Response:
    """Every part, in the viewer's language and theme."""
    known = colours(_served())
    return page(
        request,
        "components.html",
        grounds=[_swatch(known, name, ()) for name in (*GROUNDS, "line")],
        texts=[_swatch(known, name, GROUNDS, TEXT) for name in TEXTS]
        + [_swatch(known, "on-seal", ("seal",), TEXT)],
        lines=[_swatch(known, name, GROUNDS, LINE) for name in LINES],
        least={"text": TEXT, "line": LINE},
        fields=_fields(),
        states=STATES,
        stones=_stones(),
    )


def colours(sheet: str) -> dict[Shade, dict[str, str]]:
    """The colours of a style sheet by theme and name, as `#rrggbb` or with an opacity. Raises JinjieError for none."""
    found: dict[Shade, dict[str, str]] = {}
    for rule in _RULE.finditer(sheet):
        shade: Shade = "dark" if rule["of"] else "light"
        found[shade] = {one["name"]: _whole(one["hex"]) for one in _COLOUR.finditer(rule["body"])}
    if set(found) != {"light", "dark"}:
        raise JinjieError("studio.server.not_built")
    return found


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _whole(short: str) -> str:
    """`#abc`, as a bundler writes it, as `#aabbcc`."""
    return ("#" + "".join(2 * digit for digit in short[1:]) if len(short) in (4, 5) else short).lower()


@cache
def _served() -> str:
    try:
        return resources.files("jinjie.studio").joinpath("static", "built", "studio.css").read_text("utf-8")
    except FileNotFoundError:
        raise JinjieError("studio.server.not_built") from None


def _swatch(
    known: Mapping[Shade, Mapping[str, str]], name: str, grounds: tuple[str, ...], least: float = 0.0
) -> dict[str, Any]:
    """A colour in both themes, and its contrast on the ground on which it is worst."""
    made: dict[str, Any] = {"name": name}
    for shade, of in known.items():
        figures = [(contrast(of[name], of[ground]), ground) for ground in grounds]
        worst = min(figures, default=None)
        made[shade] = {
            "hex": of[name],
            "contrast": f"{worst[0]:.1f}" if worst else None,
            "on": worst[1] if worst else None,
            "good": worst is None or worst[0] >= least,
        }
    return made


def _fields() -> list[dict[str, Any]]:
    """A setting as it comes, one that is wrong, one to choose."""
    plain = {"errors": [], "choices": [], "words": {}, "optional": False, "limits": "", "kind": "number"}
    return [
        {**plain, "id": "part-lr", "path": "optimizer.lr", "label": say("studio.components.rate"), "value": "0.001"}
        | {"limits": "> 0"},
        {**plain, "id": "part-steps", "path": "budget.steps", "label": say("studio.components.steps"), "value": "-3"}
        | {"limits": "≥ 1", "errors": [say("studio.components.wrong_steps")]},
        {**plain, "id": "part-device", "path": "device", "label": say("studio.components.device"), "value": "auto"}
        | {"kind": "choice", "choices": ["auto", "cpu", "cuda"]},
    ]  # fmt: skip


def _stones() -> list[dict[str, Any]]:
    words = (
        say("studio.components.stone_new"),
        say("studio.components.stone_some"),
        say("studio.components.stone_held"),
        say("studio.components.stone_due"),
        say("studio.components.stone_planned"),
        say("studio.components.stone_prior"),
    )
    return [
        {"kind": kind, "state": state, "due": due, "svg": stone(kind, state, due), "word": word}
        for (kind, state, due), word in zip(STONES, words, strict=True)
    ]
