"""`jinjie generate` with the poem GPT that travels in the package: every knob, and what is wrong said at once."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from jinjie.cli.main import main
from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling
from jinjie.training import finished

Said = tuple[int, str, str]
Jinjie = Callable[..., Said]


@pytest.fixture
def jinjie(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Jinjie:
    """A command in this process: its exit code and what it wrote."""

    def run(*words: str, given: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "argv", ["jinjie", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        monkeypatch.setenv("COLUMNS", "160")
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


def samples(jinjie: Jinjie, *words: str, given: bytes = b"") -> list[dict[str, Any]]:
    code, out, err = jinjie("generate", *words, "--json", given=given)
    assert code == 0, err
    found: list[dict[str, Any]] = json.loads(out)["samples"]
    return found


def reference(prompt: str, **settings: Any) -> str:
    """The text by the floors below, token by token."""
    model = finished.open_finished(finished.model_folder("poems"))
    processor = finished.text_processor(model)
    ids = list(generate(model.network, processor.prompt(prompt), Sampling(**settings), stop=processor.ends))
    return prompt + processor.text(ids).split("\n\n")[0]


def test_greedy_is_the_likeliest_every_time(jinjie: Jinjie) -> None:
    (sample,) = samples(jinjie, "月", "--greedy", "-n", "12")
    assert sample["text"] == reference("月", temperature=0, max_tokens=12)
    assert (sample["tokens"], sample["finish_reason"]) == (12, "length")
    assert samples(jinjie, "月", "-t", "0", "-n", "12")[0]["text"] == sample["text"]
    assert samples(jinjie, "月", "--top-k", "1", "-n", "12")[0]["text"] == sample["text"]


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["--temperature", "1.5"], {"temperature": 1.5}),
        (["--top-k", "5"], {"temperature": 0.8, "top_k": 5}),
        (["--top-p", "0.5"], {"temperature": 0.8, "top_p": 0.5}),
        (["--min-p", "0.3"], {"temperature": 0.8, "min_p": 0.3}),
        (["--repetition-penalty", "3", "-t", "1"], {"repetition_penalty": 3.0}),
        (["--frequency-penalty", "2", "-t", "1"], {"frequency_penalty": 2.0}),
        (["--presence-penalty", "2", "-t", "1"], {"presence_penalty": 2.0}),
        ([], {"temperature": 0.8}),
    ],
    ids=str,
)
def test_every_knob_reaches_the_draw(jinjie: Jinjie, options: list[str], settings: dict[str, Any]) -> None:
    (sample,) = samples(jinjie, "春", *options, "-n", "40", "--seed", "5")
    assert sample["text"] == reference("春", max_tokens=40, seed=5, **settings)
    assert sample["text"] != reference("春", max_tokens=40, seed=5, temperature=0.6), "and changes something"


def test_several_are_what_each_is_alone(jinjie: Jinjie) -> None:
    """Written at the same time, shown in order: `--number 3` is three calls with seeds that follow one another."""
    together = samples(jinjie, "poems", "江", "--seed", "11", "--number", "3")
    alone = [samples(jinjie, "poems", "江", "--seed", str(11 + i))[0] for i in range(3)]
    assert together == alone
    assert len({sample["text"] for sample in together}) == 3
    shown = "\n\n".join(sample["text"] for sample in together) + "\n"
    assert jinjie("generate", "poems", "江", "--seed", "11", "--number", "3")[1] == shown
    assert jinjie("generate", "poems", "江", "--seed", "11", "--number", "3", "--no-stream")[1] == shown


def test_more_texts_than_are_written_at_a_time(jinjie: Jinjie) -> None:
    together = samples(jinjie, "江", "--seed", "1", "--number", "10", "-n", "4")
    assert [sample["seed"] for sample in together] == list(range(1, 11))
    assert together[9] == samples(jinjie, "江", "--seed", "10", "-n", "4")[0]


def test_a_seed_that_was_not_asked_for_is_told(jinjie: Jinjie) -> None:
    (sample,) = samples(jinjie, "江", "-n", "20")
    assert samples(jinjie, "江", "-n", "20", "--seed", str(sample["seed"])) == [sample]


def test_stop_words(jinjie: Jinjie) -> None:
    whole = samples(jinjie, "月", "--seed", "3")[0]
    assert whole["finish_reason"] == "stop", "a poem ends by itself"
    cut = samples(jinjie, "月", "--seed", "3", "--stop", "。", "--stop", "，")[0]
    assert cut["text"] == whole["text"].split("。")[0].split("，")[0]
    assert cut["finish_reason"] == "stop"
    line = samples(jinjie, "月", "--seed", "3", "--stop", r"。\n")[0]
    assert line["text"] == whole["text"].split("。\n")[0]


def test_beams(jinjie: Jinjie) -> None:
    """The best comes first, and is likelier than what greedy finds; a text is given once for each that is asked for."""
    found = samples(jinjie, "月", "--beams", "4", "--number", "3", "-n", "10")
    scores = [sample["score"] for sample in found]
    assert len(found) == 3 and scores == sorted(scores, reverse=True)
    assert samples(jinjie, "月", "--beams", "4", "-n", "10") == found[:1]
    _, out, _ = jinjie("generate", "月", "--beams", "4", "-n", "10")
    assert out == found[0]["text"] + "\n"
    long = samples(jinjie, "月", "--beams", "4", "--length-penalty", "3", "-n", "10")[0]
    assert long["score"] != scores[0]
    cut = samples(jinjie, "月", "--beams", "4", "-n", "10", "--stop", found[0]["text"][3])[0]
    assert cut["text"] == found[0]["text"][:3] and cut["finish_reason"] == "stop"


def test_the_prompt_from_standard_input_and_from_a_file(jinjie: Jinjie, tmp_path: Path) -> None:
    wanted = samples(jinjie, "poems", "明月", "--seed", "2", "-n", "9")
    assert samples(jinjie, "poems", "-", "--seed", "2", "-n", "9", given="明月\n".encode()) == wanted
    assert samples(jinjie, "-", "--seed", "2", "-n", "9", given="明月".encode()) == wanted
    file = tmp_path / "prompt.txt"
    file.write_text("明月\n", "utf-8")
    assert samples(jinjie, "poems", "--file", str(file), "--seed", "2", "-n", "9") == wanted
    assert samples(jinjie, "--file", str(file), "--seed", "2", "-n", "9") == wanted


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["月", "--greedy", "--top-k", "3", "--top-p", "0.5"], ["--top-k", "--top-p", "--greedy"]),
        (["月", "--beams", "3", "-t", "0.7"], ["--temperature", "--beams"]),
        (["月", "--length-penalty", "2"], ["--length-penalty", "--beams"]),
        (["月", "--beams", "2", "--number", "3"], ["--number"]),
        (["月", "--top-p", "0", "--min-p", "2", "--stop", ""], ["--top-p", "--min-p", "--stop"]),
        (["月", "-t", "-1", "--repetition-penalty", "0"], ["--temperature", "--repetition-penalty"]),
        (["月", "--position", "1", "--picture", "x.svg"], ["--position", "--picture", "--explain"]),
        (["月", "-n", "0"], ["--tokens"]),
        (["poems", "月", "明"], ["3"]),
        (["poems", "月", "--file", "x"], ["--file"]),
        (["--file", "/nowhere/at/all"], ["--file"]),
        (["poems", "zebra"], ["z"]),
        (["月", "--temprature", "1"], ["--temperature"]),
        (["poem", "月"], ["poems"]),
        (["月", "--explain", "--position", "9", "--layer", "6"], ["--position", "--layer"]),
        (["月", "--explain", "--picture", "x.png"], [".svg"]),
        (["月", "--explain", "--picture", "/nowhere/x.svg"], ["/nowhere"]),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_at_once(jinjie: Jinjie, words: list[str], says: list[str]) -> None:
    for lang in ("en", "zh"):
        code, out, err = jinjie("generate", *words, "--lang", lang)
        assert (code, out) == (2, "")
        assert all(word in err for word in says), err


def test_a_prompt_longer_than_the_block_is_told(jinjie: Jinjie) -> None:
    """And what comes of it is what comes of its end alone; --json keeps standard output for itself."""
    long = "春眠不觉晓" * 30
    code, out, err = jinjie("generate", long, "--greedy", "-n", "3", "--json")
    assert code == 0 and "151 tokens" in err and "128 at a time" in err
    told = json.loads(out)
    assert told["prompt_tokens"] == 151
    assert told["samples"][0]["text"] == reference(long, temperature=0, max_tokens=3)
    code, _, err = jinjie("generate", "春眠不觉晓", "--greedy", "-n", "3")
    assert code == 0 and "at a time" not in err


def test_what_is_no_path_is_a_prompt_or_said_to_be_none(jinjie: Jinjie, tmp_path: Path) -> None:
    """A system takes names of 255 bytes; "~" may begin a text. Both ended in a traceback."""
    code, out, _ = jinjie("generate", "春" * 100, "--greedy", "-n", "1", "--json")
    assert code == 0 and json.loads(out)["prompt"] == "春" * 100
    code, _, err = jinjie("generate", "~风", "--greedy", "-n", "1")
    assert code == 2 and "never saw: ~" in err
    long = "x" * 300
    for words in (("generate", long, "月"), ("tokenize", "encode", long, "月"), ("runs", "show", long)):
        code, _, err = jinjie(*words)
        assert code == 2 and long[:20] in err, words
    code, _, err = jinjie("export", "poems", str(tmp_path / long))
    assert code == 2 and "300 bytes" in err
    code, _, err = jinjie("serve", "~nobody-of-that-name")
    assert code == 2 and "~nobody-of-that-name" in err


def test_bytes_that_are_no_text(jinjie: Jinjie) -> None:
    code, _, err = jinjie("generate", "poems", "-", given=b"ab\xff")
    assert code == 2 and "0xff" in err


def test_explain_as_numbers(jinjie: Jinjie) -> None:
    code, out, _ = jinjie(
        "generate", "poems", "春眠不觉", "--explain", "--top", "5", "--top-k", "3", "--json"
    )
    told = json.loads(out)
    assert code == 0
    assert [token["label"] for token in told["tokens"]] == ["↵", *"春眠不觉"]
    assert told["position"] == 4 and told["next"]["follows"] is None
    likeliest = told["next"]["likeliest"]
    assert len(likeliest) == 5
    assert sum(one["after"] for one in likeliest) == pytest.approx(1, abs=1e-5)
    assert told["next"]["left"] == 3
    assert told["attention"]["layers"] == told["attention"]["heads"] == 6
    assert len(told["attention"]["looks"]) == 36
    assert sum(told["attention"]["mean"]) == pytest.approx(1, abs=1e-4)
    options = ("--position", "1", "--layer", "2", "--head", "0")
    one = json.loads(jinjie("generate", "poems", "春眠不觉", "--explain", *options, "--json")[1])
    assert one["next"]["follows"]["label"] == "眠"
    assert [(look["layer"], look["head"]) for look in one["attention"]["looks"]] == [(2, 0)]


def test_explain_what_was_written(jinjie: Jinjie) -> None:
    words = ("poems", "月", "--seed", "4", "-n", "6")
    told = json.loads(jinjie("generate", *words, "--explain", "--json")[1])
    assert told["text"].removeprefix("\n") == samples(jinjie, *words)[0]["text"]
    assert [token["written"] for token in told["tokens"]] == [False] * 2 + [True] * 6


def test_explain_in_the_terminal_and_as_a_picture(jinjie: Jinjie, tmp_path: Path) -> None:
    picture = tmp_path / "眼.svg"
    words = ("generate", "poems", "春眠不觉晓", "--explain", "--picture", str(picture))
    code, out, err = jinjie(*words)
    assert code == 0, err
    assert "█" in out and "%" in out and str(picture) in out.replace("\n", "")
    texts = {element.text for element in ET.parse(picture).iter() if element.text}
    assert set("春眠不觉晓") <= texts
    code, out, _ = jinjie(*words, "--layer", "0", "--head", "1", "--lang", "zh")
    assert code == 0 and "第 0 层第 1 个头" in out


@pytest.mark.parametrize("weights", ["auto", "fp32", "fp16", "bf16", "int8", "int4"])
def test_weights_in_every_format_write_and_are_told(jinjie: Jinjie, weights: str) -> None:
    code, out, err = jinjie("generate", "月", "--greedy", "-n", "8", "--weights", weights, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["weights"] == ("fp32" if weights == "auto" else weights), "the packaged model is small"
    text, right = found["samples"][0]["text"], reference("月", temperature=0, max_tokens=8)
    assert len(text) == len(right) if weights == "int4" else text[:2] == right[:2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--weights", "fp15"], "fp16"),
        (["--weights", "int8", "--explain"], "leave --weights out"),
        (["--weights", "int8", "--engine", "llama.cpp"], "--engine jinjie alone"),
    ],
)
def test_weights_that_cannot_be_had_are_refused(jinjie: Jinjie, words: list[str], said: str) -> None:
    code, _, err = jinjie("generate", "月", *words)
    assert code != 0 and "--weights" in err and said in err
