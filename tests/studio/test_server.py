"""A free port, the kept token, and a studio that ends when it is told to."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from jinjie.base.errors import JinjieError
from jinjie.studio import server


@pytest.fixture(autouse=True)
def built(tmp_path, monkeypatch):
    """Stands for the built pages: these tests are about the port and the process."""
    folder = tmp_path / "built"
    folder.mkdir()
    (folder / "studio.js").write_text("")
    monkeypatch.setattr(server, "BUILT", folder)


def test_a_taken_port_is_passed_over_and_the_token_stays_the_same():
    first = server.prepare(0)
    taken = first.port
    second = server.prepare(taken)
    try:
        assert second.port > taken and second.moved and not first.moved
        assert second.token == first.token
        assert second.address == f"http://127.0.0.1:{second.port}/?token={second.token}"
    finally:
        first.listener.close()
        second.listener.close()


def test_pages_that_were_not_built_are_said_to_be_so(monkeypatch, tmp_path):
    monkeypatch.setattr(server, "BUILT", tmp_path)
    with pytest.raises(JinjieError, match="npm ci && npm run build"):
        server.prepare(0)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_it_serves_and_ends_at_once_although_a_page_is_open():
    code = (
        "import pathlib, sys; from jinjie.studio import server; server.BUILT = pathlib.Path(sys.argv[1]);"
        "s = server.prepare(0); print(s.port, s.token, flush=True); s.serve()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(server.BUILT)], stdout=subprocess.PIPE, text=True
    )
    try:
        port, token = process.stdout.readline().split()
        open_page = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
        open_page.request("GET", "/live", headers={"Authorization": f"Bearer {token}"})
        stream = open_page.getresponse()
        assert stream.getheader("content-type").startswith("text/event-stream")
        assert stream.readline().startswith(b"retry")
        other = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
        other.request("GET", "/api/health", headers={"Authorization": f"Bearer {token}"})
        assert json.loads(other.getresponse().read())["studio"] is True
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        # without telling the streams, uvicorn waits for them until its own limit of 3 s
        assert time.monotonic() - begin < 2.5
    finally:
        process.kill()
        process.stdout.close()


def test_a_port_in_time_wait_can_be_taken_again():
    first = server.prepare(0)
    port = first.port
    page = socket.create_connection(("127.0.0.1", port))
    served, _ = first.listener.accept()
    served.close()  # the server's side closes first: this is the side that lingers
    page.close()
    first.listener.close()
    again = server.prepare(port)
    try:
        assert again.port == port
    finally:
        again.listener.close()
