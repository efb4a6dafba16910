"""Addresses asked of a real server on this machine: well, moved, gone, failing, slow, not there at all."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jinjie.path.addresses import AGENT, FIRST, Answer, NoLine, ask, ask_all


class Site(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, str, str, float]]

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        host = str(self.headers["Host"])
        self.seen.append((self.command, self.path, host, str(self.headers["User-Agent"]), time.monotonic()))
        there = f"http://{host}/well"
        match self.path:
            case "/well" | "/old/":
                self._send(200)
            case "/moved":
                self._send(301, there)
            case "/moved-308":
                self._send(308, there)
            case "/elsewhere-today":
                self._send(302, there)
            case "/to-another":
                self._send(301, there.replace("127.0.0.1", "127.0.0.2"))
            case "/old":
                self._send(301, f"http://{host}/old/")
            case "/round":
                self._send(301, f"http://{host}/round")
            case "/no-head":
                self._send(405 if self.command == "HEAD" else 200)
            case "/head-404":
                self._send(404 if self.command == "HEAD" else 200)
            case "/browsers-only":
                self._send(403)
            case "/broken":
                self._send(500)
            case "/enough":
                self._send(429)
            case "/slow":
                time.sleep(1.0)
            case "/hangs-up":
                self.connection.shutdown(socket.SHUT_RDWR)
            case _:
                self._send(404)

    def _send(self, code: int, to: str | None = None) -> None:
        self.send_response(code)
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Site.seen = []
    server = ThreadingHTTPServer(("0.0.0.0", 0), Site)  # hosts 127.0.0.1, 127.0.0.2 … are all this machine
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/well", "found", 200),
        ("/moved", "moved", 200),
        ("/moved-308", "moved", 200),
        ("/elsewhere-today", "found", 200),
        ("/old", "found", 200),  # a slash more is no other place
        ("/round", "failing", 301),
        ("/no-head", "found", 200),
        ("/head-404", "found", 200),
        ("/browsers-only", "refused", 403),
        ("/nothing", "gone", 404),
        ("/broken", "failing", 500),
        ("/slow", "silent", None),
        ("/hangs-up", "unreachable", None),
    ],
)
def test_each_kind_of_answer(site: int, path: str, status: str, code: int | None) -> None:
    answer = ask(f"http://127.0.0.1:{site}{path}", timeout=0.2)
    assert (answer.status, answer.code) == (status, code)
    assert answer.to == (f"http://127.0.0.1:{site}/well" if status == "moved" else None)
    assert answer.time.tzinfo is not None
    assert {agent for _, _, _, agent, _ in Site.seen} == {AGENT}


def test_what_head_finds_is_not_fetched(site: int) -> None:
    ask(f"http://127.0.0.1:{site}/moved")
    assert [command for command, *_ in Site.seen] == ["HEAD", "HEAD"]
    ask(f"http://127.0.0.1:{site}/nothing")
    assert [command for command, *_ in Site.seen] == ["HEAD", "HEAD", "HEAD", "GET"]


def test_a_move_to_another_host_names_that_host(site: int) -> None:
    """Asked by its own name: a server of many sites answers by it."""
    assert ask(f"http://127.0.0.1:{site}/to-another").to == f"http://127.0.0.2:{site}/well"
    assert [host for _, _, host, _, _ in Site.seen] == [f"127.0.0.1:{site}", f"127.0.0.2:{site}"]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/", "http://no-such-host.invalid/", "http://[/", "http://a b/"]
)
def test_what_cannot_be_reached(address: str) -> None:
    assert ask(address, timeout=0.5).status == "unreachable"


def test_hosts_in_turn_and_a_pause_at_each(site: int) -> None:
    addresses = [
        f"http://127.0.0.{host}:{site}/{page}" for host in (1, 2) for page in ("well", "nothing", "moved")
    ]
    waited: list[float] = []
    found = dict(ask_all(addresses, 1.0, pause=5.0, sleep=waited.append))
    assert {address: answer.status for address, answer in found.items()} == {
        address: {"well": "found", "nothing": "gone", "moved": "moved"}[address.rpartition("/")[2]]
        for address in addresses
    }
    assert list(found)[:2] == [addresses[0], addresses[3]]  # in turn
    assert len(waited) == 4 and all(4.0 < seconds <= 5.0 for seconds in waited)


def test_a_host_that_has_had_enough_is_left_alone(site: int) -> None:
    addresses = [
        f"http://127.0.0.1:{site}/enough",
        f"http://127.0.0.1:{site}/well",
        f"http://127.0.0.2:{site}/well",
    ]
    found = dict(ask_all(addresses, 1.0, pause=0.0))
    assert list(found) == [addresses[0], addresses[2]]
    assert [path for _, path, host, _, _ in Site.seen if host.startswith("127.0.0.1")] == ["/enough"]


def test_an_address_that_is_none_keeps_nobody_from_the_others(site: int) -> None:
    addresses = ["http://[/", f"http://127.0.0.1:{site}/well"]
    assert [answer.status for _, answer in ask_all(addresses, 0.5, pause=0.0)] == ["unreachable", "found"]


def test_without_a_line_it_says_so_soon_and_gives_nothing() -> None:
    given: list[tuple[str, Answer]] = []
    asked = iter(f"http://host-{n}.invalid/" for n in range(50))
    begun = time.monotonic()
    with pytest.raises(NoLine) as error:
        given.extend(ask_all(asked, 0.5))
    assert not given and error.value.params["count"] == FIRST
    assert time.monotonic() - begun < 5
    assert "没有连上互联网" in error.value.in_("zh")


def test_one_host_that_is_down_is_no_missing_line(site: int) -> None:
    addresses = ["http://host.invalid/", f"http://127.0.0.1:{site}/nothing"]
    assert [answer.status for _, answer in ask_all(addresses, 0.5, pause=0.0)] == ["unreachable", "gone"]


def test_the_same_address_twice_is_asked_once(site: int) -> None:
    assert len(list(ask_all([f"http://127.0.0.1:{site}/well"] * 3, 1.0))) == 1
    assert len(Site.seen) == 1


def test_a_machine_that_takes_no_connection_in_time_is_silent() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:  # what is taken before the queue is full
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        answer = ask(f"http://127.0.0.1:{full.getsockname()[1]}/", timeout=0.2)
        for one in waiting:
            one.close()
    assert answer.status == "silent"
