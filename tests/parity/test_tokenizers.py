"""Our tokenizers against transformers' on the same files: the same ids and the same text, whatever the text."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jinjie.data.tokenization.measure import samples
from jinjie.data.tokenization.opening import open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.published import published_folder
from jinjie.data.tokenization.train import BPE, Characters, WordPiece, train

transformers = pytest.importorskip("transformers")
transformers.utils.logging.set_verbosity_error()

BLOCKS = [
    (0x20, 0x7F),
    (0, 0x250),
    (0x300, 0x370),  # accents that join the letter before them
    (0x370, 0x600),
    (0x900, 0xE80),
    (0x1100, 0x1200),
    (0x2000, 0x2070),  # blanks of every width, some of none, and marks of direction
    (0x3000, 0x3100),
    (0x4E00, 0xA000),
    (0xAC00, 0xD7A4),
    (0xE000, 0xF900),
    (0xFE00, 0xFFFF),
    (0x1F300, 0x1FA00),
    (0x20000, 0x2A6DF),
    (0x2B820, 0x2CEB0),
    (0xE0000, 0x110000),
]
MEANT = [
    "  ",
    "\n\n",
    "\r\n",
    "\t",
    "\u200d",
    "\ufeff",
    "\u3000",
    "'s",
    "'LL",
    "<|endoftext|>",
    "[MASK]",
    "[UNK]",
]
MEANT += [
    "##",
    "Ġ",
    "▁",
    "👨‍👩‍👧",
    "e\u0301",
    "İ",
    "ß",
    "ﬁ",
    "\x00",
    "\ufffd",
    "12,345.67",
    " don't",
    "中文",
    "a" * 150,
]


def strings(count: int, seed: int) -> Iterator[str]:
    """Texts of up to 40 pieces from blocks of Unicode and from what tokenizers treat in a way of its own."""
    rng = random.Random(seed)
    for _ in range(count):
        blocks = rng.sample(BLOCKS, 3)
        text = ""
        for _ in range(rng.randrange(40)):
            if rng.random() < 0.25:
                text += rng.choice(MEANT)
            else:
                text += chr(rng.randrange(*rng.choice(blocks)))
        yield text


def real(seed: int, count: int) -> list[str]:
    """Stretches of both packaged texts, cut anywhere."""
    rng = random.Random(seed)
    texts = list(samples().values())
    starts = [(text, rng.randrange(len(text) - 400)) for _ in range(count // 2) for text in texts]
    return [text[at : at + rng.randrange(1, 400)] for text, at in starts]


@pytest.fixture(scope="module")
def theirs(data_home: Path) -> dict[str, Any]:
    gpt2, bert = (_folder(name, data_home) for name in ("gpt2", "bert"))
    return {
        "gpt2": transformers.GPT2TokenizerFast.from_pretrained(str(gpt2)),
        "bert": transformers.BertTokenizerFast.from_pretrained(str(bert)),
    }


@pytest.fixture(scope="module")
def ours(data_home: Path) -> dict[str, TokenProcessor]:
    return {name: open_tokenizer(_folder(name, data_home)) for name in ("gpt2", "bert")}


def _folder(name: str, data_home: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return published_folder(name)


@pytest.mark.parametrize("count", [2000, pytest.param(40_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["gpt2", "bert"])
def test_thousands_of_texts(name: str, count: int, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Ids with what stands around a text, and the text that they come to, with special tokens and without."""
    a, b = ours[name], theirs[name]
    texts = [*real(count, count // 4), *strings(count, count)]
    expected = b(texts).input_ids
    given = [encoding.ids for encoding in a.tokenizer.encode_batch(texts)]
    assert given == expected
    for text, ids in zip(texts[::7], expected[::7], strict=True):
        assert a.ids(text, special=True) == ids
        assert a.text(ids) == b.decode(ids)
        assert a.text(ids, skip_special=True) == b.decode(ids, skip_special_tokens=True)
    plain = b(texts, add_special_tokens=False).input_ids
    assert [ids.tolist() for ids in a.batch(texts)] == plain


@pytest.mark.parametrize("name", ["gpt2", "bert"])
def test_any_text_and_any_ids(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    a, b = ours[name], theirs[name]

    @settings(max_examples=300, deadline=None)
    @given(st.text(max_size=80), st.lists(st.integers(0, a.vocabulary - 1), max_size=30))
    @example("\u2028a\x85b\x1cc", [220, 220])
    @example("퓿" + "\U0010ffff", [])
    def agrees(text: str, ids: list[int]) -> None:
        assert a.ids(text, special=True) == b(text).input_ids
        assert a.text(ids) == b.decode(ids)

    agrees()


@pytest.mark.parametrize("name", ["gpt2", "bert"])
def test_the_special_tokens_have_the_same_ids(
    name: str, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    a, b = ours[name], theirs[name]
    assert a.special_tokens == {k.removesuffix("_token"): v for k, v in b.special_tokens_map.items()}
    assert all(getattr(b, f"{role}_token_id") == i for role, i in a.special.items())
    assert a.special_ids == set(b.all_special_ids)
    assert a.vocabulary == len(b)


def test_gpt2_gives_back_every_byte(ours: dict[str, TokenProcessor]) -> None:
    """Byte-level BPE loses nothing, and the bytes of its tokens add up to those of the text."""
    gpt2 = ours["gpt2"]
    counts = gpt2.token_bytes()
    for text in [*strings(1000, 2), *real(3, 200)]:
        text = text.replace("<|endoftext|>", "")
        ids = gpt2.ids(text)
        assert gpt2.text(ids) == text
        assert counts[ids].sum() == len(text.encode())


def llama_like() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A small vocabulary of the shape of Llama's: special tokens, the 256 bytes, letters and merges."""
    vocabulary = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    merges = [
        ("▁", "h"),
        ("e", "l"),
        ("l", "o"),
        ("▁h", "el"),
        ("▁hel", "lo"),
        ("▁", "▁"),
        ("中", "国"),
        ("▁", "中国"),
    ]
    vocabulary += [*"▁helowrd123中国.,'", *("".join(pair) for pair in merges)]
    return {token: i for i, token in enumerate(vocabulary)}, merges


def kinds_of_transformers(data_home: Path) -> dict[str, Any]:
    gpt2, bert = (_folder(name, data_home) for name in ("gpt2", "bert"))
    ids = json.loads((gpt2 / "vocab.json").read_text("utf-8"))
    lines = (gpt2 / "merges.txt").read_text("utf-8").split("\n")[1:]
    merges = [tuple(line.split(" ")) for line in lines if line]
    words = {word: i for i, word in enumerate((bert / "vocab.txt").read_text("utf-8").split("\n")[:-1])}
    roberta = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", *ids, "<mask>"])}
    llama = llama_like()
    return {
        "gpt2": transformers.GPT2Tokenizer(ids, merges),
        "gpt2-bos": transformers.GPT2Tokenizer(ids, merges, add_bos_token=True),
        "gpt2-prefix": transformers.GPT2Tokenizer(ids, merges, add_prefix_space=True),
        "gpt2-pad": transformers.GPT2Tokenizer(ids, merges, pad_token="<pad>"),
        "qwen2": transformers.Qwen2Tokenizer(ids, merges),
        "roberta": transformers.RobertaTokenizer(roberta, merges),
        "llama": transformers.LlamaTokenizer(*llama, add_bos_token=True),
        "llama-bare": transformers.LlamaTokenizer(*llama),
        "llama-both": transformers.LlamaTokenizer(*llama, add_bos_token=True, add_eos_token=True),
        "bert": transformers.BertTokenizer(words),
        "bert-cased": transformers.BertTokenizer(words, do_lower_case=False),
        "bert-accents": transformers.BertTokenizer(words, strip_accents=False, tokenize_chinese_chars=False),
        "distilbert": transformers.DistilBertTokenizer(words),
    }


def test_folders_that_transformers_writes_open_here(tmp_path: Path, data_home: Path) -> None:
    """What stands around a text too: Llama's begin with <s> where its files say so."""
    texts = [*strings(100, 4), "hello hello 中国.", "", " ", "<s> hello</s>"]
    for name, tokenizer in kinds_of_transformers(data_home).items():
        tokenizer.save_pretrained(tmp_path / name)
        there = transformers.AutoTokenizer.from_pretrained(tmp_path / name)
        here = open_tokenizer(tmp_path / name)
        for text in texts:
            ids = there(text).input_ids
            assert here.encoding(text, special=True).ids == ids, (name, text)
            assert here.text(ids) == there.decode(ids), (name, text)
        assert here.special.get("eos") == there.eos_token_id, name
        assert here.ends == (() if there.eos_token_id is None else (there.eos_token_id,)), name


def test_the_older_files_open_as_transformers_opens_them(tmp_path: Path, data_home: Path) -> None:
    """vocab.json and merges.txt, or vocab.txt, and what tokenizer_config.json says of them."""
    gpt2, bert = (_folder(name, data_home) for name in ("gpt2", "bert"))
    cases: list[tuple[str, Any, Path, dict[str, Any]]] = [
        ("plain", transformers.GPT2Tokenizer, gpt2, {}),
        ("prefix", transformers.GPT2Tokenizer, gpt2, {"add_prefix_space": True}),
        ("bos", transformers.GPT2Tokenizer, gpt2, {"add_bos_token": True}),
        ("named", transformers.GPT2Tokenizer, gpt2, {"pad_token": "<pad>", "eos_token": "!"}),
        (
            "object",
            transformers.GPT2Tokenizer,
            gpt2,
            {"eos_token": {"__type": "AddedToken", "content": "<end>"}},
        ),
        ("qwen2", transformers.Qwen2Tokenizer, gpt2, {"tokenizer_class": "Qwen2Tokenizer"}),
        ("words", transformers.BertTokenizer, bert, {}),
        ("cased", transformers.BertTokenizer, bert, {"do_lower_case": False}),
        ("accents", transformers.BertTokenizer, bert, {"strip_accents": False}),
        ("joined", transformers.BertTokenizer, bert, {"tokenize_chinese_chars": False}),
    ]
    for name, cls, source, config in cases:
        folder = tmp_path / name
        folder.mkdir()
        for file in source.iterdir():
            if file.name in ("vocab.json", "merges.txt", "vocab.txt"):
                (folder / file.name).write_bytes(file.read_bytes())
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
        there, here = cls.from_pretrained(str(folder)), open_tokenizer(folder)
        for text in strings(100, 5):
            ids = there(text).input_ids
            assert here.ids(text, special=True) == ids, (name, text)
            assert here.text(ids) == there.decode(ids), (name, text)
        assert here.vocabulary == len(there), name
        assert here.special.get("eos") == there.eos_token_id, name


@pytest.mark.parametrize(
    "config",
    [
        BPE(size=700, chat=True),
        BPE(size=700, cut="gpt2", special=("<a>",)),
        WordPiece(size=900),
        WordPiece(size=900, lower=False),
        WordPiece(size=900, accents=False),
        Characters(),
    ],
    ids=lambda config: f"{config.kind}-{'-'.join(sorted(config.model_fields_set))}",
)
def test_what_is_trained_here_opens_there(config: Any, tmp_path: Path) -> None:
    """Beside a config.json of any model too, by whose type transformers may choose a tokenizer of its own making."""
    text = samples()["shakespeare"][:100_000] + samples()["poems"][:10_000]
    made = train(config, [text])
    made.save(tmp_path)
    texts = [text[i : i + 200] for i in range(0, len(text), 9973)]
    texts += [] if made.kind == "characters" else strings(50, 6)
    for model_type in (None, "gpt2", "llama", "bert"):
        if model_type is not None:
            (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
        there = transformers.AutoTokenizer.from_pretrained(tmp_path)
        for one in texts:
            ids = there(one).input_ids
            assert made.ids(one, special=True) == ids
            assert made.text(ids) == there.decode(ids)
        assert len(there) == made.vocabulary
        assert there.eos_token_id == made.special.get("eos")
    assert ("token_type_ids" in there("a")) == (made.kind == "wordpiece")


def test_the_texts_here_are_of_every_sort() -> None:
    """A generator that gave but letters would prove little."""
    seen = {unicodedata.category(c) for text in strings(2000, 1) for c in text}
    assert {"Lu", "Lo", "Mn", "Nd", "Zs", "Zl", "Cc", "Cf", "Co", "Cn", "So", "Sk"} <= seen
