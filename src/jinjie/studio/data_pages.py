"""The data there is: source, licence, sizes, whether it is on this machine; and a look at the first examples of one."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie import recipes
from jinjie.analyse.examples import Look, entry, look
from jinjie.analyse.told import counted, kind_of, where
from jinjie.base.errors import JinjieError
from jinjie.base.words import Language, language
from jinjie.data.catalogue import Entry, catalogue
from jinjie.studio.render import page

router = APIRouter(include_in_schema=False)


@router.get("/data")
def data(request: Request) -> Response:
    """All of them; nothing is loaded."""
    return page(request, "data.html", entries=[_row(one) for one in catalogue()])


@router.get("/data/{name}")
def one(request: Request, name: str) -> Response:
    """One, with its first examples where it is on this machine: a page fetches nothing. Raises NotFound."""
    found = entry(name)
    shown: Look | None = None
    error = ""
    if found.about.cached:
        try:
            shown = seen(name)
        except JinjieError as told:
            error = str(told)
    return page(
        request,
        "data_set.html",
        entry=_row(found),
        recipes=[
            (one.name, one.title)
            for one in recipes.all_recipes().values()
            if one.data.kind == found.config.kind
        ],
        look=shown,
        counts=counted(shown.counts) if shown else counted(found.about.counts),
        picture=_address(shown.picture) if shown and shown.picture else "",
        error=error,
    )


def seen(name: str) -> Look:
    """The first examples of a data set that is here."""
    return _seen(name, language())


@lru_cache(maxsize=16)
def _seen(name: str, lang: Language) -> Look:
    """Loading takes a second or five; classes have names in either language."""
    return look(entry(name))


def _address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _row(one: Entry) -> dict[str, Any]:
    about = one.about
    return {
        "name": one.name,
        "title": str(about.title),
        "kind": kind_of(about.real),
        "where": where(about.cached, about.download_bytes),
        "here": about.cached,
        "counts": counted(about.counts),
        "source": about.source,
        "licence": about.licence,
    }
