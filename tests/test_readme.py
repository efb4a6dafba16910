"""Both READMEs are true: every command in their `bash` blocks is run, in order, and prints what the README says.

A `text` block right after a `bash` block is what its commands print, in order; lines may be left out. Any number
stands for any other number, since times and scores differ by machine, and `…` for anything.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sampled import sampled

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = {"README.md": "en", "README.zh.md": "zh"}


@dataclass
class Block:
    """Commands that belong together, and what they are said to print."""

    kind: str
    lines: list[str]
    printed: list[str] = field(default_factory=list)


def blocks(readme: str) -> list[Block]:
    """The fenced blocks of commands, each with the block of text that stands right behind it."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, flags=re.M | re.S):
        lines = match[2].splitlines()
        if match[1] in ("bash", "sh"):
            found.append(Block(match[1], lines))
        elif found and match[1] == "text" and not text[end : match.start()].strip():
            found[-1].printed = lines
        end = match.end()
    return found


def pattern(line: str) -> re.Pattern[str]:
    """A line of the README as what the real line must look like."""
    escaped = re.escape(line.strip())
    escaped = re.sub(r"(?:\\ )+", r"\\s+", escaped)
    escaped = re.sub(r"\d+(?:\\\.\d+)?(?:e(?:\\-|\\\+)?\d+)?", r"[\\d.]+(?:e[-+]?\\d+)?", escaped)
    return re.compile(escaped.replace("…", ".*"))


def missing(printed: list[str], output: str) -> str | None:
    """The first line that the README promises and the output lacks, reading both from top to bottom."""
    lines = iter(output.splitlines())
    for promised in printed:
        wanted = pattern(promised)
        if promised.strip("… ") and not any(wanted.search(line) for line in lines):
            return promised
    return None


def environment(language: str, home: Path) -> dict[str, str]:
    """The machine of a reader who has set Jinjie up and activated its environment."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": programs,
        "JINJIE_LANG": language,
        "COLUMNS": "110",
        "JINJIE_HOME": str(home),
    }


ANSWERS = {"jinjie studio": ("/?token={token}", b"<html"), "jinjie serve": ("/v1/models", b'"poems"')}
"""The two servers: an address to ask each for, and what is in its answer."""


def served(command: str, environ: dict[str, str]) -> str:
    """Run a server until it has told its address and answered once; what it printed."""
    path, wanted = next(answer for name, answer in ANSWERS.items() if command.startswith(name))
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}"], env=environ, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        printed = ""
        for line in server.stdout:
            printed += line
            address = re.search(r"http://127\.0\.0\.1:\d+", printed)
            token = re.search(r"(?:token=|Token: |令牌：)(\S+)", printed)
            if address and token:
                break
        else:
            raise AssertionError(f"no address and token in: {printed}")
        try:
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
            )
            ask = urllib.request.Request(
                address[0] + path.format(token=token[1]), headers={"Authorization": f"Bearer {token[1]}"}
            )
            with opener.open(ask, timeout=60) as page:
                assert page.status == 200 and wanted in page.read()
        finally:
            server.terminate()
    return printed


@pytest.mark.long
@pytest.mark.parametrize("readme", sampled(LANGUAGES, 2))
def test_every_command_of_the_readme_does_what_it_says(readme: str, home: Path, tmp_path: Path) -> None:
    environ = environment(LANGUAGES[readme], home)
    commands = [block for block in blocks(readme) if block.kind == "bash"]
    assert len(commands) > 5
    for block in commands:
        output = ""
        for command in block.lines:
            if command.startswith(tuple(ANSWERS)):
                output += served(command, environ)
                continue
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=600,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}"
            output += done.stdout
        lacking = missing(block.printed, output)
        assert lacking is None, f"{block.lines} did not print\n{lacking}\nbut\n{output}"


@pytest.mark.parametrize("readme", LANGUAGES)
def test_the_set_up_commands_exist(readme: str) -> None:
    """They are run from nothing by `make prove` (tests/test_set_up.py); here each says what it would do."""
    for block in blocks(readme):
        for command in block.lines if block.kind == "sh" else []:
            if command == ". .venv/bin/activate":
                continue
            target = re.fullmatch(r"make (\w+)", command)
            assert target, command
            made = [sys.executable, "make.py", target[1], "--plan"]
            subprocess.run(made, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_both_readmes_run_the_same_commands() -> None:
    english, chinese = ([block.lines for block in blocks(readme)] for readme in LANGUAGES)
    assert english == chinese


def test_a_promise_that_is_not_kept_is_seen() -> None:
    output = "Run line-1-7 is ready\nloss 4.1e-13  r2 1\n"
    assert missing(["Run line-1-1 is ready", "loss 3.9e-12 …"], output) is None
    assert missing(["loss 3.9e-12 …", "Run line-1-1 is ready"], output) == "Run line-1-1 is ready"
    assert missing(["Run line-1-1 is gone"], output) == "Run line-1-1 is gone"


@pytest.mark.parametrize("readme", LANGUAGES)
def test_every_file_the_readme_links_to_is_there(readme: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / readme).read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target
