"""The tokenizer of a corpus: one that is there already, or one learned from a sample of what is trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.paths import runs_home
from jinjie.base.words import Language, say
from jinjie.data.corpus.splits import Sorted
from jinjie.data.dataset import Report
from jinjie.data.fetch import DownloadFailed, tell

if TYPE_CHECKING:
    from jinjie.data.tokenization.processor import TokenProcessor

Scheme = Literal["bpe", "wordpiece"]
"""What a tokenizer that is learned is: byte-level BPE for a model that writes, WordPiece for a BERT."""

SAMPLE = 32 * 2**20
"""UTF-8 bytes that a tokenizer is learned from, about; more of them change few merges and cost minutes."""

CHINESE = 8000
"""Most tokens that are learned from Chinese texts with labels: some 4,000 characters, and Latin words in between."""

_WHOLE = 2**64
_ODD = 0x9E3779B97F4A7C15


def given(name: str, report: Report | None = None, where: str = "data.tokenizer") -> TokenProcessor:
    """A tokenizer as `named` finds it; a prompt will stand behind the token that documents begin behind in training.

    Raises InvalidInput when there is none, when its files are damaged, or when it has no token that ends a document.
    """
    from jinjie.data.tokenization.processor import TokenProcessor

    found = named(name, report, where)
    if "eos" not in found.special and not found.ends:
        raise InvalidInput([Problem(where, "corpus.no_end", name=name)])
    end = end_of(found)
    begin = begin_of(found)
    # Llama's post-processor puts <s> in front by itself, and one is enough.
    start: Any = "" if found.ids("", special=True) == [begin] else found.tokenizer.id_to_token(begin)
    return TokenProcessor(
        found.tokenizer,
        start=start,
        end=found.tokenizer.id_to_token(end),
        special=found.special_tokens,
        also_ends=found.ends,
    )


def hiding(name: str, report: Report | None = None, where: str = "data.tokenizer") -> TokenProcessor:
    """A tokenizer as `named` finds it, with the special tokens that a BERT is pre-trained with.

    Raises InvalidInput when there is none, when its files are damaged, or naming the special tokens that it lacks.
    """
    found = named(name, report, where)
    if lacks := [role for role in ("cls", "sep", "mask") if role not in found.special]:
        raise InvalidInput([Problem(where, "corpus.no_mask", name=name, lacks=", ".join(lacks))])
    return found


def named(name: str, report: Report | None = None, where: str = "data.tokenizer") -> TokenProcessor:
    """A tokenizer by its folder, its file, the name of a run or a published one's.

    Raises InvalidInput when there is none or when its files are damaged, DownloadFailed.
    """
    from jinjie.data.tokenization.published import find_tokenizer

    try:
        return find_tokenizer(place_of(name), report)
    except DownloadFailed:
        raise
    except JinjieError as error:
        raise InvalidInput([Problem(where, error.key, **error.params)]) from error


def suited(
    name: str | None, language: Language, train: Iterable[str], report: Report | None = None
) -> TokenProcessor:
    """The tokenizer that is named; else BERT's, or for Chinese a WordPiece learned from the training texts.

    Raises InvalidInput as `named` does, DownloadFailed.
    """
    from jinjie.data.tokenization.published import published

    if name is not None:
        return named(name, report)
    if language == "en":
        return published("bert", report)
    tell(report, say("corpus.learning", count=CHINESE), 0, None)
    return chinese(train)


def chinese(texts: Iterable[str]) -> TokenProcessor:
    """WordPiece in which every Chinese character is a token, as BERT's for Chinese."""
    from jinjie.data.tokenization.train import WordPiece, train_wordpiece

    return train_wordpiece(WordPiece(size=CHINESE), list(texts))


def learned(
    documents: Iterable[Sorted],
    size: int,
    vocabulary: int,
    read: Callable[[], None] = lambda: None,
    scheme: Scheme = "bpe",
) -> TokenProcessor:
    """At most `vocabulary` tokens from a sample of the training documents, `size` bytes in all.

    Which pieces are taken is told by hashes, so it depends neither on the order of the documents nor on chance.
    `read` is called when they have been read and the learning itself begins.
    """
    from jinjie.data.tokenization.processor import TokenProcessor
    from jinjie.data.tokenization.train import BPE, END, WordPiece, train_bpe, train_wordpiece

    if scheme == "wordpiece":
        return train_wordpiece(WordPiece(size=vocabulary), list(_sample(documents, size, read)))
    made = train_bpe(BPE(size=vocabulary), _sample(documents, size, read))
    return TokenProcessor(made.tokenizer, start=END, end=END, special=made.special_tokens)


def end_of(processor: TokenProcessor) -> int:
    """The id of the token that ends a document; BERT's tokenizers have none but [SEP]."""
    if "eos" in processor.special:
        return processor.special["eos"]
    return processor.ends[0] if processor.ends else processor.special["sep"]


def begin_of(processor: TokenProcessor) -> int:
    """The id of the token that a document's first one is predicted from: the end's, where there is none of its own."""
    return processor.special.get("bos", end_of(processor))


def checksum(processor: TokenProcessor) -> str:
    """Tells tokenizers apart that give different ids."""
    written = f"{processor.tokenizer.to_str()}\n{end_of(processor)}"
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def _sample(documents: Iterable[Sorted], size: int, read: Callable[[], None]) -> Iterator[str]:
    share = _WHOLE if size <= SAMPLE else _WHOLE * SAMPLE // size
    part = 0
    for piece in documents:
        part = 0 if piece.first else part + 1
        # The hash itself decides the split, so the training documents have but a part of all hashes.
        if piece.split == "train" and (piece.hashed + part + 1) * _ODD % _WHOLE < share:
            yield piece.text
    read()


def place_of(name: str) -> Path | str:
    """The folder of a run's model where `name` is a run's, or a run's folder."""
    for model in (runs_home() / name / "model", Path(name) / "model"):
        if model.is_dir():
            return model
    return name
