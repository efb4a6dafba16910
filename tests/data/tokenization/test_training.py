"""Training: sizes are exact, equal texts give equal files in every process, and the merges are the right ones."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.config import build
from jinjie.base.errors import InvalidInput
from jinjie.data.tokenization.bpe import WORDS, merge_steps
from jinjie.data.tokenization.learn import learn
from jinjie.data.tokenization.opening import open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.texts import Texts
from jinjie.data.tokenization.train import BPE, Characters, Training, WordPiece, train

CONFIGS = [
    BPE(size=300),
    BPE(size=1000),
    BPE(size=1000, cut="gpt2", chat=True, special=("<a>", "<b>")),
    WordPiece(size=500),
    WordPiece(size=3000, lower=False),
    WordPiece(size=3000, accents=False, special=("<a>",)),
    Characters(),
    Characters(size=100),
    Characters(min_frequency=3),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: str(config.model_dump(exclude_defaults=True)))
def test_sizes_are_exact_and_ids_leave_no_gap(config: Training, text: str) -> None:
    made = train(config, [text])
    ids = made.tokenizer.get_vocab(with_added_tokens=True)
    assert sorted(ids.values()) == list(range(made.vocabulary))
    if config.size is not None:
        assert made.vocabulary == config.size
    assert made.kind == config.kind


def test_special_tokens_come_first_in_their_order(text: str) -> None:
    made = train(BPE(size=400, chat=True, special=("<a>", "<|im_end|>")), [text])
    assert [made.tokenizer.id_to_token(i) for i in range(4)] == [
        "<|endoftext|>",
        "<|im_start|>",
        "<|im_end|>",
        "<a>",
    ]
    assert made.special_ids == {0, 1, 2, 3}
    assert len(made.ids("<|im_start|>user\nhi<|im_end|>")) == len(made.ids("user\nhi")) + 2
    bert = train(WordPiece(size=500), [text])
    assert [bert.tokenizer.id_to_token(i) for i in range(5)] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


SCRIPT = """
import hashlib, sys
from jinjie.base.config import build
from jinjie.data.tokenization.measure import samples
from jinjie.data.tokenization.train import KINDS, train
text = samples()["shakespeare"][:60_000] + samples()["poems"][:5_000]
for kind in KINDS:
    config = build(KINDS[kind], {} if kind == "characters" else {"size": 1500})
    print(kind, hashlib.sha256(train(config, [text[:40_000], text[40_000:]]).tokenizer.to_str().encode()).hexdigest())
"""


def test_equal_texts_give_equal_files_in_every_process() -> None:
    """Left alone, the library's WordPiece numbers characters by a hash that each process draws anew."""
    said = {
        subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
        for _ in range(3)
    }
    assert len(said) == 1 and said.pop().count("\n") == 3


def test_gpt2s_way_of_cutting_gives_the_librarys_own_merges(text: str) -> None:
    made = train(BPE(size=600, cut="gpt2", min_frequency=1), [text])
    reference = tokenizers.ByteLevelBPETokenizer()
    reference.train_from_iterator(
        [text], vocab_size=600, min_frequency=1, special_tokens=["<|endoftext|>"], show_progress=False
    )
    assert (
        json.loads(made.tokenizer.to_str())["model"]["merges"]
        == json.loads(reference._tokenizer.to_str())["model"]["merges"]
    )
    assert made.ids(text[:5000]) == reference.encode(text[:5000]).ids


def test_wordpiece_has_the_merges_of_the_librarys_trainer(text: str) -> None:
    """But for ties, which it breaks by chance: nearly all pieces are the same."""
    made = train(WordPiece(size=2500), [text])
    reference = tokenizers.BertWordPieceTokenizer()
    reference.train_from_iterator([text], vocab_size=2500, limit_alphabet=10_000, show_progress=False)
    ours, theirs = (set(t.get_vocab()) for t in (made.tokenizer, reference))
    pieces = {piece for piece in theirs if len(piece.removeprefix("##")) > 1}
    assert len(pieces & ours) > 0.8 * len(pieces)


def test_english_and_chinese_are_cut_sensibly() -> None:
    cutting = tokenizers.pre_tokenizers.Split(tokenizers.Regex(WORDS), "isolated")

    def cut(text: str) -> list[str]:
        return [word for word, _ in cutting.pre_tokenize_str(text)]

    assert cut("Don't stop at 1984, I'LL") == [
        "Don",
        "'t",
        " stop",
        " at",
        " ",
        "1",
        "9",
        "8",
        "4",
        ",",
        " I",
        "'LL",
    ]
    assert cut("他用Python写hello，共3行。") == ["他用", "Python", "写", "hello", "，", "共", "3", "行", "。"]
    assert cut("a 中 b") == ["a", " ", "中", " b"]
    assert cut("def f(x):\n    return x\n\n\ny") == [
        *("def", " f", "(", "x", "):", "\n   ", " return", " x", "\n\n", "\n", "y")
    ]
    assert cut("'tis 'sblood, 'S it") == ["'", "tis", " '", "sblood", ",", " '", "S", " it"], (
        "no contractions"
    )
    assert cut("naïve cafe\u0301 x'd 'dog") == ["naïve", " cafe\u0301", " x", "'d", " '", "dog"]


@given(st.text(max_size=60))
@settings(deadline=None)
def test_nothing_is_lost_between_words(text: str) -> None:
    cutting = tokenizers.pre_tokenizers.Split(tokenizers.Regex(WORDS), "isolated")
    assert "".join(word for word, _ in cutting.pre_tokenize_str(text)) == text


def test_chinese_is_the_same_token_wherever_it_stands(text: str) -> None:
    made = train(BPE(size=2000), ["中国人说中国话。" * 500, text])
    (token,) = made.ids("中国")
    assert token in made.ids("在 中国") and token in made.ids("abc中国") and token in made.ids("\n中国")


def test_rare_words_are_no_mystery_to_wordpiece(wordpiece: TokenProcessor) -> None:
    """Letters and digits are always known, so only other characters make a word unknown."""
    unknown = wordpiece.special["unk"]
    assert unknown not in wordpiece.ids("zyx 0123456789 qqzzjx")
    assert wordpiece.text(wordpiece.ids("2025")) == "2025"
    assert wordpiece.ids("ψ") == [unknown]


def test_case_and_accents() -> None:
    words = ["Café CAFÉ café Über über" * 20]
    assert train(WordPiece(size=150), words).ids("CAFÉ") == train(WordPiece(size=150), words).ids("cafe")
    cased = train(WordPiece(size=300, lower=False), words)
    assert cased.ids("Café") != cased.ids("café") != cased.ids("cafe")
    kept = train(WordPiece(size=300, accents=False), words)
    assert kept.ids("CAFÉ") == kept.ids("café") != kept.ids("cafe")


def test_the_commonest_characters_stay(text: str) -> None:
    made = train(Characters(size=50), [text])
    assert made.vocabulary == 50
    counts = Counter(text)
    kept = [c for c in made.tokenizer.get_vocab() if len(c) == 1 and c != "\ufffd"]
    assert min(counts[c] for c in kept) >= max(n for c, n in counts.items() if c not in kept)


@pytest.mark.parametrize("config", [BPE(size=5000), WordPiece(size=5000), Characters(size=5000)])
def test_a_short_text_gives_what_there_is(config: Training) -> None:
    made = train(config, ["to be or not to be"])
    assert made.vocabulary < config.size  # type: ignore[operator]
    assert made.text(made.ids("to be or not to be")) == "to be or not to be"


@pytest.mark.parametrize("config", [BPE(size=300), WordPiece(size=100), Characters()])
@pytest.mark.parametrize("texts", [[], [""], [" \n", "\t"], iter(())])
def test_nothing_to_learn_from_is_said(config: Training, texts: list[str]) -> None:
    with pytest.raises(InvalidInput, match="nothing to learn"):
        train(config, texts)


def test_an_iterator_will_do(text: str) -> None:
    for config in (BPE(size=400), WordPiece(size=400), Characters()):
        parts = [text[:1000], text[1000:5000]]
        assert train(config, iter(parts)).tokenizer.to_str() == train(config, parts).tokenizer.to_str()
    assert train(BPE(size=300), text[:1000]).ids("to") == train(BPE(size=300), [text[:1000]]).ids("to")


@pytest.mark.parametrize(
    ("kind", "settings_", "where"),
    [
        (BPE, {"size": 256}, ""),
        (BPE, {"size": 258, "chat": True}, ""),
        (BPE, {"size": 10**7}, "size"),
        (BPE, {"min_frequency": 0}, "min_frequency"),
        (BPE, {"cut": "gpt3"}, "cut"),
        (BPE, {"special": ("",)}, ""),
        (BPE, {"lower": True}, "lower"),
        (WordPiece, {"size": 5}, ""),
        (WordPiece, {"chat": True}, "chat"),
        (Characters, {"size": 1}, "size"),
    ],
)
def test_wrong_settings_are_named(kind: type, settings_: dict, where: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InvalidInput) as failure:
        build(kind, settings_)
    assert [p.where for p in failure.value.problems] == [where]


def test_merges_one_by_one_end_in_the_tokens(
    bpe: TokenProcessor, gpt2: TokenProcessor, bert: TokenProcessor
) -> None:
    for processor in (bpe, gpt2):
        for text in ("Unbelievable! the moonlight 明月光 aaaaaaa \n x", ""):
            steps = merge_steps(processor, text)
            tokens = [part for word in steps for part in word[-1].word]
            counts = processor.token_bytes()
            assert [len(part) for part in tokens] == counts[processor.ids(text)].tolist()
            assert b"".join(tokens).decode() == text
            for word in steps:
                assert word[0].rank is None and all(len(part) == 1 for part in word[0].word)
                assert all(step.rank is not None and step.pair is not None for step in word[1:])
                assert all(len(b.word) < len(a.word) for a, b in zip(word, word[1:], strict=False))
    with pytest.raises(Exception, match="only BPE"):
        merge_steps(bert, "a")


def test_merges_go_by_rank_and_equal_pairs_together(bpe: TokenProcessor) -> None:
    """The ranks are the lines of the list; a pair that stands there twice is joined twice in one step."""
    merges = json.loads(bpe.tokenizer.to_str())["model"]["merges"]
    ((_, *steps),) = merge_steps(bpe, "thethe")
    for step in steps:
        assert step.rank is not None and step.pair is not None
        assert merges[step.rank] == [part.decode() for part in step.pair]
    assert [step.word for step in steps][:2] == [(b"t", b"he", b"t", b"he"), (b"the", b"the")]


def test_learning_writes_a_folder_whole_or_not_at_all(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.txt").write_text(text, "utf-8")
    out = tmp_path / "deep" / "out"
    learned = learn(out, [str(tmp_path / "t.txt")], "bpe", {"size": 500})
    assert (learned.size, learned.asked, learned.bytes) == (500, 500, len(text.encode()))
    assert open_tokenizer(out).vocabulary == 500
    assert sorted(p.name for p in out.iterdir()) == [
        "documents.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "training.json",
    ]
    before = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in out.iterdir()}
    learn(out, [str(tmp_path / "t.txt")], "bpe", {"size": 500})
    assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in out.iterdir()} == before
    (tmp_path / "bad.txt").write_bytes(b"fine so far \xff")
    with pytest.raises(InvalidInput, match="offset 12"):
        learn(out, [str(tmp_path / "bad.txt")], "bpe", {"size": 500})
    assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in out.iterdir()} == before
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_what_stands_in_the_way_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.txt").write_text(text[:2000], "utf-8")
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"x")
    for out in (model, tmp_path, tmp_path / "t.txt"):
        with pytest.raises(InvalidInput) as failure:
            learn(out, ["nowhere.txt"], "bpf", {})
        said = [problem.key for problem in failure.value.problems]
        assert said == ["problem.unknown_kind", "data.no_such_file", "tokenizer.in_the_way"], "all at once"
    assert (model / "model.safetensors").read_bytes() == b"x"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert learn(empty, [str(tmp_path / "t.txt")], "characters", {}).size > 20


def test_a_sample_is_spread_over_the_texts_and_the_same_each_time(tmp_path: Path) -> None:
    for i in range(20):
        (tmp_path / f"{i:02d}.txt").write_text(f"file {i} " * 40_000)
    whole = Texts([tmp_path])
    total = sum(len(piece) for piece in whole)
    assert whole.read == total
    some = Texts([tmp_path], most=total // 4)
    first = list(some)
    assert abs(some.read - total // 4) < 300_000
    assert list(some) == first
    assert len({piece.split()[1] for piece in first}) >= 4
