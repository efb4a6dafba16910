"""Models by hub names, from a real server on this machine that speaks the hub's protocol, and without any."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from jinjie.training import finished, hub

pytest.importorskip("huggingface_hub")

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """The two things that the hub's client asks for: what files a revision has, and the files, from any byte on."""

    protocol_version = "HTTP/1.1"
    repositories: dict[str, Path] = {}
    asked: list[str] = []
    cut: dict[str, int] = {}
    """Files that break off after so many bytes, once."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(f"{self.command} {path}")
        if path.startswith("/api/models/"):
            return self._about(path.removeprefix("/api/models/"))
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        folder = self.repositories.get(found[1]) if found else None
        if found is None or folder is None or not (folder / found[3]).is_file():
            return self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        content = (folder / found[3]).read_bytes()
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        start = int(re.findall(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))[0])
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self._answer(206 if start else 200, content[start:], headers, self.cut.pop(found[3], None))

    def _about(self, path: str) -> None:
        name = "/".join(path.split("/")[:2])
        folder = self.repositories.get(name)
        if folder is None:
            return self._answer(404, b"", {"X-Error-Code": "RepoNotFound"})
        if "/revision/" in path and path.split("/revision/")[1] not in ("main", "v2", COMMIT):
            return self._answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        names = [p.relative_to(folder).as_posix() for p in files]
        told: Any = {"id": name, "sha": COMMIT, "siblings": [{"rfilename": n} for n in names]}
        if "/tree/" in path:
            told = [
                {
                    "type": "file",
                    "path": n,
                    "size": p.stat().st_size,
                    "oid": hashlib.sha1(p.read_bytes()).hexdigest(),
                }
                for n, p in zip(names, files, strict=True)
            ]
        return self._answer(200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _answer(self, code: int, body: bytes, headers: dict[str, str], cut: int | None = None) -> None:
        self.send_response(code)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:cut])
        if cut is not None and self.command == "GET":
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A hub with one good model, one that is a pickle, and files in it that nobody should fetch."""
    poems = finished.packaged()["poems"]
    good = tmp_path / "good"
    (good / "onnx").mkdir(parents=True)
    for file in poems.iterdir():
        if file.name != "jinjie.json":
            (good / file.name).write_bytes(file.read_bytes())
    for name in ("pytorch_model.bin", "train.py", "onnx/model.safetensors", "consolidated.safetensors"):
        (good / name).write_text("not to be fetched")
    pickle = tmp_path / "pickle"
    pickle.mkdir()
    (pickle / "config.json").write_bytes((poems / "config.json").read_bytes())
    (pickle / "pytorch_model.bin").write_text("not to be fetched")
    Hub.repositories = {"me/poems": good, "me/pickle": pickle}
    Hub.asked, Hub.cut = [], {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def generate(home: Path, address: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "HF_ENDPOINT": address,
        "HF_HOME": str(home / "hf"),
        "HF_HUB_DISABLE_XET": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "jinjie", "generate", *words, "-n", "8", "--seed", "1"],
        capture_output=True,
        text=True,
        check=False,
        env={**environment, "PYTHONUTF8": "1", **more},
    )


def test_a_name_is_fetched_and_then_needs_no_line(address: str, home: Path) -> None:
    done = generate(home, address, "me/poems", "月")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("月") and len(done.stdout.strip()) > 3
    fetched = {line.rpartition("/")[2] for line in Hub.asked if line.startswith("GET /me/")}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= fetched
    assert not any(
        name in " ".join(Hub.asked) for name in ("pytorch_model", "train.py", "onnx", "consolidated")
    )
    again = generate(home, address, "me/poems", "月", HF_HUB_OFFLINE="1")
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout
    # A server that is gone is as good as no line; and a name alone is then the model's and no prompt.
    gone = generate(home, "http://127.0.0.1:9", "me/poems", "--json")
    assert gone.returncode == 0, gone.stderr
    assert json.loads(gone.stdout)["model"] == "me/poems"


def test_the_short_name_of_articles(address: str, home: Path) -> None:
    """`gpt2` is what every article calls it; the hub keeps it under an owner. A run of that name would come first."""
    Hub.repositories["openai-community/gpt2"] = Hub.repositories["me/poems"]
    done = generate(home, address, "gpt2", "月", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["model"] == "gpt2" and told["samples"][0]["text"].startswith("月")
    # A word that is one of these names is never taken for a prompt.
    assert generate(home, "http://127.0.0.1:9", "gpt2", "--json").returncode == 0
    assert generate(home, "http://127.0.0.1:9", "gpt2-xl").returncode == 6


def test_a_revision_and_a_download_that_breaks_off(address: str, home: Path) -> None:
    """The client takes up a broken file at the byte where it stands, at once or when it is asked again."""
    size = (Hub.repositories["me/poems"] / "model.safetensors").stat().st_size
    Hub.cut = {"model.safetensors": size // 2}
    for _ in range(2):
        done = generate(home, address, "me/poems@v2", "月")
        if done.returncode == 0:
            break
        assert done.returncode == 6 and "what has arrived is kept" in done.stderr
    assert done.returncode == 0, done.stderr
    assert any("/api/models/me/poems/revision/v2" in line for line in Hub.asked)


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("me/nothing", 2, "has no model 'me/nothing'"),
        ("me/poems@v9", 2, "has no revision 'v9'"),
        ("me/pickle", 6, "only as pytorch_model.bin, a pickle, which can run any program"),
    ],
)
def test_what_the_hub_lacks(name: str, code: int, says: str, address: str, home: Path) -> None:
    done = generate(home, address, name, "x")
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert not any("pytorch_model.bin" in line for line in Hub.asked if line.startswith("GET"))


@pytest.mark.parametrize("more", [{}, {"HF_HUB_OFFLINE": "1"}], ids=["no server", "offline"])
def test_without_a_line_it_says_what_to_do(more: dict[str, str], home: Path) -> None:
    done = generate(home, "http://127.0.0.1:9", "me/poems", "x", **more)
    assert done.returncode == 6, done.stderr
    assert "On a machine with a connection run: hf download me/poems" in done.stderr


def test_a_prompt_with_a_slash_is_no_name(home: Path) -> None:
    """One word alone that no cache knows is a prompt: nothing is asked of any server."""
    done = generate(home, "http://127.0.0.1:9", "他/她", "--json")
    assert done.returncode in (0, 2), done.stderr  # the poems' vocabulary has no slash
    assert "hub" not in (done.stdout + done.stderr).lower()


def test_what_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gpt2", "a/b/c", "/a/b", "./a", "a b/c", "", "a/", "~/m/x", "../x"):
        assert not hub.is_name(name), name
    for name in ("openai-community/gpt2", "Qwen/Qwen2-0.5B", "a/b@main", "a/b@refs/pr/1"):
        assert hub.is_name(name), name
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert not hub.is_name("a/b")
