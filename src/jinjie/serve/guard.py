"""The guard before Jinjie's servers: only someone who holds the token, on this machine, may ask for anything.

A server on 127.0.0.1 can be reached by every page the user's browser opens and by every other user of the machine.
Four checks, each against one way in:

- the token (a cookie, or `Authorization: Bearer`): other users of the machine, other programs;
- the `Host` header: DNS rebinding, where a stranger's domain is pointed at 127.0.0.1;
- the `Origin` header of requests that change something: other pages of the same browser;
- headers on every answer: what a page may load, who may frame it, what leaves with a link.

How a refusal is worded belongs to the server behind: `pages` for people, `serve/problems.py` for programs.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from html import escape
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode

from jinjie.base.files import write_whole
from jinjie.base.words import LANGUAGES, text

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

Reason = Literal["host", "token", "origin"]
Refuse = Callable[[Send, int, Reason, str, dict[str, str]], Awaitable[None]]
"""Answers with a status, and says why: (send, status, reason, the host or origin that came, the request's headers)."""

LOCAL = ("127.0.0.1", "localhost", "[::1]")
SAFE = ("GET", "HEAD", "OPTIONS")
YEAR = 365 * 24 * 3600


def kept_token(path: Path) -> str:
    """The token in `path`, made on first use, readable by its owner alone.

    It is kept so that a page that was open when the server died is accepted by the next one.
    """
    try:
        kept = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        kept = ""
    if len(kept) < 32:
        kept = secrets.token_urlsafe(32)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, kept + "\n")
    if os.name != "nt":
        path.chmod(0o600)
    return kept


class Guard:
    """ASGI middleware that lets through only requests that pass all four checks.

    The nonce for inline styles is left in `scope["state"]["nonce"]`. Paths under `open_paths` need no token: they
    must give away nothing but files of the program itself.

    With `cookie` None only `Authorization: Bearer` lets in, as programs send it. Only then may `hosts` be None, any
    name: a page on a rebound domain has no cookie to use and does not know the token. `origins` are other pages that
    may ask with the token ("*": all).
    """

    def __init__(
        self,
        app: App,
        token: str,
        cookie: str | None = "jinjie",
        open_paths: tuple[str, ...] = (),
        hosts: tuple[str, ...] | None = LOCAL,
        origins: tuple[str, ...] = (),
        refuse: Refuse | None = None,
    ) -> None:
        if hosts is None and cookie is not None:
            raise ValueError("a server that lets cookies in must know its own names")
        self.app = app
        self.token = token
        self.cookie = cookie
        self.open_paths = open_paths
        self.hosts = hosts
        self.origins = tuple(origin.lower() for origin in origins)
        self.refuse = refuse or pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no websockets are served
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        send = _with_headers(send, _headers(nonce))
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }

        host = headers.get("host", "")
        if self.hosts is not None and _name(host) not in self.hosts:
            await self.refuse(send, 400, "host", host, headers)
            return
        if scope["path"].startswith(self.open_paths) and scope["method"] in SAFE:
            await self.app(scope, receive, send)
            return
        if self.cookie and scope["method"] == "GET" and (clean := self._admitted(scope)) is not None:
            await _redirect(
                send, clean, f"{self.cookie}={self.token}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Strict"
            )
            return
        bearer = _same(_bearer(headers), self.token)
        if not bearer and not (self.cookie and _same(_cookie(headers, self.cookie), self.token)):
            if scope["method"] != "GET":
                headers.pop("sec-fetch-site", None)  # only what is read may be asked again
            await self.refuse(send, 401, "token", "", headers)
            return
        if scope["method"] not in SAFE and not self._own_origin(headers, host, bearer):
            await self.refuse(send, 403, "origin", headers.get("origin", "–"), headers)
            return
        await self.app(scope, receive, send)

    def _own_origin(self, headers: dict[str, str], host: str, bearer: bool) -> bool:
        """Whether a changing request comes from our own page, or one that may ask. Programs send no Origin, and carry
        the token themselves."""
        origin = headers.get("origin")
        if origin is None:
            return bearer
        if origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower()):
            return True
        return bearer and ("*" in self.origins or origin.lower() in self.origins)

    def _admitted(self, scope: Scope) -> str | None:
        """The address without its token, where the query carries the right one."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if not given or not _same(given[-1], self.token):
            return None
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + quote(str(scope["path"]).lstrip("/"))  # "//host" would lead elsewhere
        return f"{path}?{rest}" if rest else path


def _headers(nonce: str) -> list[tuple[bytes, bytes]]:
    policy = (
        f"default-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        # "no-referrer" would make browsers send `Origin: null` with our own forms
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]


def _with_headers(send: Send, extra: list[tuple[bytes, bytes]]) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message.get("headers", [])}
            message["headers"] = [*message.get("headers", []), *(h for h in extra if h[0] not in present)]
            if b"cache-control" not in present:
                message["headers"].append((b"cache-control", b"no-store"))
        await send(message)

    return sending


def _name(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _same(given: str, token: str) -> bool:
    """Compared in constant time, so that a guess cannot be bettered by watching the clock."""
    return hmac.compare_digest(given.encode(), token.encode())


def _bearer(headers: dict[str, str]) -> str:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _cookie(headers: dict[str, str], name: str) -> str:
    """The value of one cookie. Cookies know no ports, so those of other local servers, well-formed or not, come too."""
    for part in headers.get("cookie", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


async def _redirect(send: Send, to: str, cookie: str) -> None:
    headers = [
        (b"location", to.encode("ascii")),
        (b"set-cookie", cookie.encode()),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def pages(send: Send, status: int, reason: Reason, came: str, headers: dict[str, str]) -> None:
    """The studio's refusal: to people in both languages, to programs as JSON.

    A link on another site leads here by way of a second request: the browser withheld our strict cookie from the
    first, and sends it when our own page asks again.
    """
    match reason:
        case "host":
            why = text("studio.refused.host", host=came)
        case "token":
            why = text("studio.refused.token")
        case "origin":
            why = text("studio.refused.origin", origin=came)
    if "text/html" in headers.get("accept", ""):
        title = text("studio.refused.title")
        retry = reason == "token" and headers.get("sec-fetch-site") == "cross-site"
        again = '<meta http-equiv="refresh" content="0">' if retry else ""
        parts = "".join(
            f'<section lang="{lang}"><h1>{escape(title.in_(lang))}</h1><p>{escape(why.in_(lang))}</p></section>'
            for lang in LANGUAGES
        )
        body = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8">{again}'
            '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/studio.css">'
            f'<title>Jinjie</title></head><body class="refused"><main>{parts}</main></body></html>'
        )
        await refusal(send, status, "text/html; charset=utf-8", body)
    else:
        await refusal(send, status, "application/json", json.dumps({"error": why.both()}, ensure_ascii=False))


async def refusal(send: Send, status: int, kind: str, body: str) -> None:
    """Send a whole answer; 401 says what was expected."""
    content = body.encode()
    start = [(b"content-type", kind.encode()), (b"content-length", str(len(content)).encode())]
    if status == 401:
        start.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": content})
