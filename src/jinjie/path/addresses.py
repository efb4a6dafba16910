"""Asking the addresses of the catalog whether they are still there: politely, from the learner's own machine.

One request at a time, a pause between two to the same host, hosts in turn; HEAD, and GET where HEAD is not answered
well, of which nothing but the beginning is read. A host that says it is asked too much is left alone.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from typing import IO
from urllib.parse import urlsplit

from jinjie import __version__
from jinjie.base.errors import JinjieError
from jinjie.path.checked import Status

AGENT = f"jinjie/{__version__} (a learner's check that links still work; one request at a time)"
TIMEOUT = 10.0
"""Seconds that an answer may take."""
PAUSE = 1.0
"""Seconds between two requests to one host."""
FIRST = 8
"""When so many hosts at the beginning do not answer at all, there is no line."""

_PERMANENT = (301, 308)
_TOO_MANY = 429


class NoLine(JinjieError):
    """Nothing answered: it is the line and not the addresses."""


@dataclass(frozen=True)
class Answer:
    """What an address answered.

    found        it is there
    moved        it is there, and says that it has another address from now on: `to`
    gone         404 or 410
    refused      it answers, but not to a program (401, 403, 429 and other codes of 400 to 499)
    failing      500 to 599, or turned round in a circle
    silent       no answer in time
    unreachable  no such host, no connection, or a certificate that does not hold
    """

    status: Status
    code: int | None = None
    to: str | None = None
    time: datetime = field(default_factory=lambda: datetime.now().astimezone())

    @property
    def there(self) -> bool:
        return self.status in ("found", "moved")


def ask_all(
    addresses: Iterable[str],
    timeout: float = TIMEOUT,
    pause: float = PAUSE,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[str, Answer]]:
    """Each address and its answer, hosts in turn; the rest of a host that has had too much is left out.

    Raises NoLine where the first hosts, or all where there are fewer, do not answer at all; nothing is given then.
    """
    waiting: dict[str, deque[str]] = {}
    for address in dict.fromkeys(addresses):
        waiting.setdefault(_host(address), deque()).append(address)
    last: dict[str, float] = {}
    held: list[tuple[str, Answer]] | None = []
    hosts = len(waiting)
    while waiting:
        for host in list(waiting):
            wait = last[host] + pause - time.monotonic() if host in last else 0.0
            if wait > 0:
                sleep(wait)
            address = waiting[host].popleft()
            answer = ask(address, timeout)
            last[host] = time.monotonic()
            if answer.code == _TOO_MANY or not waiting[host]:
                del waiting[host]
            if held is None:
                yield address, answer
                continue
            held.append((address, answer))
            if answer.status not in ("silent", "unreachable"):
                yield from held
                held = None
            elif len(held) >= min(FIRST, hosts):
                raise NoLine("path.resources.no_line", count=len(held))


def ask(address: str, timeout: float = TIMEOUT) -> Answer:
    """What one address answers."""
    answer = _request("HEAD", address, timeout)
    if answer.there or answer.code == _TOO_MANY or answer.status == "unreachable":
        return answer
    return _request("GET", address, timeout)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows what has moved, HEAD with HEAD, and keeps whether all of the way is for good."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        self.codes.append(code)
        # urllib's own would ask with GET from here on, and Python 3.10 takes 308 for an error.
        return urllib.request.Request(
            newurl.replace(" ", "%20"), headers=req.headers, method=req.get_method()
        )

    http_error_308 = urllib.request.HTTPRedirectHandler.http_error_302


def _request(method: str, address: str, timeout: float) -> Answer:
    way = _Redirects()
    opener = urllib.request.build_opener(way)
    opener.addheaders = []
    headers = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Language": "*"}
    try:
        request = urllib.request.Request(address, headers=headers, method=method)
        with opener.open(request, timeout=timeout) as answer:
            if method == "GET":
                answer.read(1)
            for_good = bool(way.codes) and all(code in _PERMANENT for code in way.codes)
            if for_good and _bare(answer.geturl()) != _bare(address):
                return Answer("moved", answer.status, answer.geturl())
            return Answer("found", answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (404, 410):
            return Answer("gone", error.code)
        return Answer("refused" if 400 <= error.code < 500 else "failing", error.code)
    except TimeoutError:
        return Answer("silent")
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = isinstance(error, urllib.error.URLError) and isinstance(error.reason, TimeoutError)
        return Answer("silent" if late else "unreachable")


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return address


def _bare(address: str) -> str:
    """An address without what is no other place: the scheme, www, a slash at the end, what stands behind #."""
    parts = urlsplit(address)
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}".casefold()
