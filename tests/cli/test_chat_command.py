"""`jinjie chat`: from a pipe as scripts use it, and at a real terminal's keys."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jinjie.cli.main import main

Said = tuple[int, str, str]
Jinjie = Callable[..., Said]


@pytest.fixture
def chat(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Jinjie:
    """`jinjie chat` in this process, with these lines on standard input."""

    def run(*words: str, lines: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["jinjie", "chat", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


def test_a_pipe_holds_answers_alone(chat: Jinjie) -> None:
    code, out, err = chat("poems", "--seed", "3", "-n", "20", lines="春眠不觉晓\n\n明月\n")
    assert code == 0
    assert "not taught to chat" in err and "taught" not in out
    _, told, _ = chat("poems", "--seed", "3", "-n", "20", "--json", lines="春眠不觉晓\n明月\n")
    messages = json.loads(told)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2
    assert out == messages[1]["content"] + "\n" + messages[3]["content"] + "\n"
    assert chat("poems", "--seed", "3", "-n", "20", "--no-stream", lines="春眠不觉晓\n明月\n")[1] == out
    assert chat("--seed", "4", "-n", "20", lines="春眠不觉晓\n明月\n")[1] != out


def test_characters_that_the_model_lacks_are_left_out_and_told(chat: Jinjie) -> None:
    code, out, err = chat("poems", "--seed", "3", "-n", "20", lines="hi 月\n")
    assert code == 0 and out.strip()
    assert re.search(r"left out.*h i", err, re.IGNORECASE)


def test_commands(chat: Jinjie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = (
        "/system 春\n月\n/save a.json\n/save a.json\n/reset\n/save b.json\n/sytem\n/save\n/help\n/exit\n江\n"
    )
    code, out, err = chat("poems", "--seed", "3", "-n", "10", lines=lines)
    assert code == 0 and len(out.strip().split("\n\n")) == 1
    saved = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert [message["role"] for message in saved["messages"]] == ["system", "user", "assistant"]
    assert saved["messages"][0]["content"] == "春"
    assert json.loads((tmp_path / "b.json").read_text("utf-8"))["messages"] == saved["messages"][:1]
    assert "a.json is there already" in err and "'/system'" in err and "/save [FILE]" in err
    assert len(list(tmp_path.glob("chat-*.json"))) == 1


def test_the_oldest_turns_are_told_of_once(chat: Jinjie) -> None:
    _, _, err = chat("poems", "--seed", "3", "-n", "60", lines="春眠不觉晓\n" * 5)
    assert err.count("128 tokens") == 1


def test_a_template_is_used(chat: Jinjie, tmp_path: Path) -> None:
    """A model folder with a chat template: its own form, no word of not having been taught."""
    import shutil

    from jinjie.training import finished

    folder = tmp_path / "taught"
    shutil.copytree(finished.model_folder("poems"), folder)
    template = "{% for m in messages %}{{ m.content }}，{% endfor %}"
    (folder / "chat_template.jinja").write_text(template, "utf-8")
    code, out, err = chat(str(folder), "--json", "-n", "30", "--seed", "1", lines="春\n月\n")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["taught"] is True
    for answer in told["messages"][1::2]:
        assert "，" not in answer["content"], "a turn ends with a comma in this form"
    (folder / "chat_template.jinja").write_text("{{ raise_exception('no') }}", "utf-8")
    code, out, err = chat(str(folder), lines="春\n")
    assert (code, out) == (0, "") and "no" in err


def test_wrong_settings_are_said_at_once(chat: Jinjie) -> None:
    code, out, err = chat("poems", "--top-p", "7", "--greedy", "--min-p", "0.1", "-n", "0", lines="")
    assert (code, out) == (2, "")
    assert all(word in err for word in ("--top-p", "--min-p", "--tokens"))
    assert chat("poms", lines="")[0] == 2


class Desk:
    """A process at a terminal of its own."""

    def __init__(self, *words: str) -> None:
        import pty

        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "OMP_NUM_THREADS": "1"}
        # Where these tests run in the background, SIGINT is ignored, and a child inherits that. Not by `preexec_fn`:
        # beside torch's threads it may wait for ever for a lock that no thread of the child will open.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jinjie", "chat", *words],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=environment,
                start_new_session=True,
            )
        finally:
            signal.signal(signal.SIGINT, before)
        os.close(slave)
        self.seen = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")()

    def until(self, pattern: str, seconds: float = 120) -> str:
        """What is shown up to and with `pattern`."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen, re.DOTALL)):
            assert time.monotonic() < end, f"no {pattern!r} in {self.seen!r}"
            if select.select([self.master], [], [], 0.2)[0]:
                self.seen += self.decoder.decode(os.read(self.master, 65536))
        shown, self.seen = self.seen[: found.end()], self.seen[found.end() :]
        return shown

    def interrupt(self, pattern: str) -> None:
        """Ctrl-C until `pattern` is shown.

        Between the prompt and the wait for keys is a moment in which the library that reads lines holds a Ctrl-C back
        until the next key; whoever sits there presses it once more.
        """
        for _ in range(20):
            os.killpg(self.process.pid, signal.SIGINT)
            end = time.monotonic() + 3
            while time.monotonic() < end:
                if select.select([self.master], [], [], 0.2)[0]:
                    self.seen += self.decoder.decode(os.read(self.master, 65536))
                if re.search(pattern, self.seen, re.DOTALL):
                    self.until(pattern)
                    return
        raise AssertionError(f"no {pattern!r} in {self.seen!r}")

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def end(self) -> int:
        """Wait until the process ends."""
        code = self.process.wait(timeout=60)
        os.close(self.master)
        return code


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_at_a_desk_ctrl_c_stops_the_answer_and_ctrl_d_ends() -> None:
    """Real keys. The poem model ends its poems, so that it is kept from it here: its answer would go on for long."""
    desk = Desk("poems", "--seed", "3", "-n", "100000", "--presence-penalty", "-2", "--temperature", "3")
    desk.until("Ctrl-D ends")
    desk.until("› ")
    desk.type("月\n")
    desk.until(r"[\u4e00-\u9fff].*\n.*\n")  # the answer goes on
    os.killpg(desk.process.pid, signal.SIGINT)
    desk.until("Stopped")
    desk.until("› ")
    desk.type("/reset\n")
    desk.until("Forgotten.*› ")
    desk.interrupt("› ")  # at the prompt it forgets the line
    desk.type("\x04")
    assert desk.end() == 0
