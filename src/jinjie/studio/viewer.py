"""Who looks: their language and theme, from cookies and the browser's own wishes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request

from jinjie.base.words import LANGUAGES, Language, language, speaking

Theme = Literal["system", "light", "dark"]
THEMES: tuple[Theme, ...] = ("system", "light", "dark")
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Viewer:
    """How one viewer wants the pages."""

    lang: Language
    theme: Theme

    @classmethod
    def of(cls, request: Request) -> Viewer:
        cookies = request.cookies
        langs = [known for known in LANGUAGES if known == cookies.get("lang")]
        themes = [known for known in THEMES if known == cookies.get("theme")]
        wished = accepted(request.headers.get("accept-language", ""))
        return cls(langs[0] if langs else wished, themes[0] if themes else "system")


def accepted(header: str) -> Language:
    """The first of our languages in an Accept-Language header by its weights, else this machine's."""
    wishes: list[tuple[float, Language]] = []
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";q=")
        name = tag.lower().split("-")[0]
        for lang in LANGUAGES:
            if name == lang:
                try:
                    wishes.append((float(weight or 1), lang))
                except ValueError:
                    continue
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else language()


class Speaks:
    """ASGI middleware: everything said while a request is answered is in its viewer's language."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        viewer = Viewer.of(Request(scope))
        scope.setdefault("state", {})["viewer"] = viewer
        with speaking(viewer.lang):
            await self.app(scope, receive, send)
