"""`jinjie tokenize` as users type it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from invoked import invoke

JINJIE = [sys.executable, "-m", "jinjie", "tokenize"]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


Done = subprocess.CompletedProcess


def jinjie(*words: str, given: str | bytes = "") -> Done[str]:
    """A command, run within this process: a hundred of them in their own would take a minute."""
    return invoke("tokenize", *words, typed=given)


def done(*words: str, given: str | bytes = "") -> Any:
    came = jinjie(*words, "--json", given=given)
    assert came.returncode == 0, came.stdout + came.stderr
    return json.loads(came.stdout)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level BPE of 600 tokens, trained by the command line on Shakespeare."""
    out = tmp_path_factory.mktemp("tokenizers") / "bpe"
    came = jinjie("train", str(out), "shakespeare", "--size", "600", "--chat", "--special", "<x>")
    assert came.returncode == 0, came.stderr
    assert "bpe, 600 tokens" in came.stdout
    return out


def test_ids_come_back_as_text(trained: Path) -> None:
    text = "To be,\n\tor not  to be? 床前🙂<|im_start|>"
    ids = jinjie("encode", str(trained), text)
    assert ids.returncode == 0
    back = jinjie("decode", str(trained), *ids.stdout.split())
    assert back.stdout == text + "\n"
    assert jinjie("decode", str(trained), given=ids.stdout).stdout == text + "\n"
    assert (
        jinjie("decode", str(trained), "-", given=f"[{', '.join(ids.stdout.split())}]").stdout == text + "\n"
    )
    assert (
        jinjie("decode", str(trained), "--skip-special", *ids.stdout.split()).stdout
        == text.removesuffix("<|im_start|>") + "\n"
    )


def test_texts_come_from_arguments_files_and_standard_input(trained: Path, tmp_path: Path) -> None:
    text = "  two lines\nof text \n"
    (tmp_path / "a.txt").write_text(text)
    expected = done("encode", str(trained), text)["ids"]
    assert done("encode", str(trained), "-", given=text)["ids"] == expected
    assert done("encode", str(trained), given=text)["ids"] == expected
    assert done("encode", str(trained), "--file", str(tmp_path / "a.txt"))["ids"] == expected


def test_published_tokenizers_by_name() -> None:
    came = done("encode", "gpt2", "hello 世")
    assert came["ids"] == [31_373, 220, 10_310, 244]
    assert came["tokens"][0] == "hello" and came["offsets"][0] == [0, 5] and came["count"] == len(came["ids"])
    assert jinjie("encode", "bert", "Hello, world!").stdout == "101 7592 1010 2088 999 102\n"
    assert jinjie("encode", "bert", "Hello, world!", "--plain").stdout == "7592 1010 2088 999\n"


def test_a_packaged_model_and_a_file_are_tokenizers_too(trained: Path) -> None:
    assert done("inspect", "poems")["kind"] == "characters"
    assert done("encode", str(trained / "tokenizer.json"), "to be") == done(
        "encode", str(trained), "to be"
    ) | {"tokenizer": str(trained / "tokenizer.json")}


def test_inspect_tells_of_a_tokenizer(trained: Path) -> None:
    said = done("inspect", str(trained))
    assert (said["kind"], said["size"], said["special"], said["ends"]) == (
        "bpe",
        600,
        {"bos": 0, "eos": 0},
        [0],
    )
    assert set(said["texts"]) == {"shakespeare", "poems"}
    assert (
        said["texts"]["shakespeare"]["bytes_per_token"]
        > 1.8
        > 1.1
        > said["texts"]["poems"]["bytes_per_token"]
    )
    assert said["texts"]["shakespeare"]["tokens_per_word"] > 1
    assert len(said["longest"]) == 10
    for lang in ("en", "zh"):
        came = jinjie("inspect", str(trained), "--lang", lang)
        assert came.returncode == 0 and "600" in came.stdout


def test_inspect_shows_the_split_and_the_merges(trained: Path, tmp_path: Path) -> None:
    shown = jinjie(
        "inspect", "gpt2", "unbelievable 世", "--merges", "--picture", str(tmp_path / "a.svg")
    ).stdout
    assert "un│bel│iev│able│" in shown and "世+│" in shown
    assert "u n b e l i e v a b l e" in shown and "un + bel" not in shown
    assert "世" in (tmp_path / "a.svg").read_text("utf-8")
    said = done("inspect", "gpt2", "low", "--merges", "--picture", str(tmp_path / "b.html"))
    assert said["merges"][0][0] == {"rank": None, "word": ["l", "o", "w"]}
    assert said["merges"][0][-1]["word"] == ["low"]
    assert [part["token"] for part in said["split"]] == ["low"]
    assert (tmp_path / "b.html").is_file()


def test_other_kinds_are_trained(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("Café au lait, 咖啡加奶。" * 50, "utf-8")
    texts = str(tmp_path / "texts")
    said = done("train", str(tmp_path / "w"), texts, "--kind", "wordpiece", "--size", "200", "--cased")
    assert (
        said["kind"] == "wordpiece"
        and said["asked"] == 200
        and said["size"] <= 200
        and said["lower"] is False
    )
    assert done("encode", str(tmp_path / "w"), "咖啡", "--plain")["tokens"] == ["咖", "啡"]
    said = done("train", str(tmp_path / "c"), texts, "--kind", "characters")
    assert said["size"] == len(set("Café au lait, 咖啡加奶。")) + 2
    small = jinjie("train", str(tmp_path / "b"), texts, "--size", "900")
    assert small.returncode == 0 and "900 tokens were asked for" in small.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("encode", "gtp2", "a"), "'gpt2'"),
        (("encode", "no/such", "a"), "no/such"),
        (("encode", "poems", "xyz"), "x y z"),
        (("encode", "gpt2", "a", "--file", "b"), "--file"),
        (("encode", "gpt2", "--file", "nowhere.txt"), "nowhere.txt"),
        (("decode", "gpt2", "1", "x", "-1", "50257", "2"), "50257"),
        (("decode", "gpt2", "x1"), "x1"),
        (("inspect", "bert", "a", "--merges"), "only BPE"),
        (("inspect", "gpt2", "--merges"), "--merges"),
        (("inspect", "gpt2", "--picture", "a.svg"), "--picture"),
        (("inspect", "gpt2", "a", "--picture", "a.png"), ".svg"),
        (("train", "out", "nowhere.txt"), "nowhere.txt"),
        (("train", "out", "shakespeare", "--kind", "bpf"), "'bpe'"),
        (("train", "out", "shakespeare", "--size", "100"), "257"),
        (("train", "out", "shakespeare", "--kind", "wordpiece", "--chat"), "chat"),
        (("train", "out"), "TEXT"),
    ],
)
def test_what_is_wrong_is_said(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    came = jinjie(*words)
    assert came.returncode in (1, 2, 6), came.stdout  # 6: a name on the hub, which cannot be reached
    assert says in came.stderr and "Traceback" not in came.stderr
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "home"])


def test_bytes_that_are_no_text_are_refused(trained: Path) -> None:
    came = jinjie("encode", str(trained), "-", given=b"ab\xff")
    assert came.returncode == 2 and "0xff" in came.stderr


def test_errors_are_json_for_scripts() -> None:
    came = jinjie("decode", "gpt2", "-5", "--json")
    assert came.returncode == 2
    assert json.loads(came.stdout)["error"]["problems"][0]["where"] == "-5"


SCRIPT = """
import sys
from jinjie.cli.main import main
sys.argv = ["jinjie", "tokenize", "--help"]
try:
    main()
except SystemExit:
    pass
heavy = {"torch", "numpy", "tokenizers", "matplotlib", "safetensors"} & set(sys.modules)
assert not heavy, heavy
"""


def test_help_imports_nothing_heavy() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True)


def test_a_pipe_of_two_commands(trained: Path) -> None:
    """As processes, with bytes through a real pipe."""
    text = "To be, or not to be: 床前🙂".encode()
    encoded = subprocess.run(
        [*JINJIE, "encode", str(trained), "-"], input=text, capture_output=True, check=True
    )
    decoded = subprocess.run(
        [*JINJIE, "decode", str(trained)], input=encoded.stdout, capture_output=True, check=True
    )
    assert decoded.stdout == text + b"\n"


def test_help_in_both_languages() -> None:
    for command in ("train", "encode", "decode", "inspect"):
        assert re.search("分词器|词元", jinjie(command, "--help", "--lang", "zh").stdout)
        assert "okenizer" in jinjie(command, "--help", "--lang", "en").stdout
