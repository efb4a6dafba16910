"""Tang poems in regular form: four or eight lines of five or seven characters, in simplified characters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from jinjie.base.config import option
from jinjie.base.lazy import lazy
from jinjie.data.batching import Tokens
from jinjie.data.cache import about, converted, present
from jinjie.data.dataset import SPLITS, About, DataConfig, Report
from jinjie.data.poetry import VERSION, convert
from jinjie.data.sources import CHINESE_POETRY
from jinjie.data.tokenization.characters import character_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

Form = Literal["all", "five", "seven"]
_CHARACTERS_A_LINE = {"five": 5, "seven": 7}

VOCABULARY = 4172
COUNTS: dict[Form, dict[str, int]] = {
    "all": {"train": 1_500_830, "validation": 37_399, "test": 38_075},
    "five": {"train": 734_558, "validation": 19_633, "test": 18_738},
    "seven": {"train": 766_272, "validation": 17_766, "test": 19_337},
}
"""What conversion yields, known here so that it can be said before the download."""


class Config(DataConfig):
    """Poems as a stream of characters. Batches are x (B, T) and the following characters y (B, T), int64.

    A document is a line break, the title and a line break (two poems in five lack them, so that a first line serves
    as a prompt as well), then the couplets, each "…，…。" and a line break. Windows begin at documents' starts.
    """

    kind: Literal["poems"] = "poems"
    tasks: ClassVar[tuple[str, ...]] = ("language",)
    in_tokens: ClassVar[bool] = True
    form: Form = option(
        "all", "characters in a line: five, seven, or both", "每句字数：五言、七言，或两者都要"
    )
    block: int = option(128, "window length T in characters", "窗口长度 T（字符数）", ge=1, le=4096)

    def about(self) -> About:
        return About(
            title=CHINESE_POETRY.title,
            real=True,
            source=CHINESE_POETRY.spec,
            licence=CHINESE_POETRY.licence,
            download_bytes=CHINESE_POETRY.bytes,
            cached=present("poems", VERSION),
            counts=COUNTS[self.form],
            facts={"vocabulary": VOCABULARY, "block": self.block},
        )

    def load(self, report: Report | None = None) -> Tokens:
        """Raises DownloadFailed when the poems cannot be fetched."""
        folder = converted("poems", VERSION, lambda place: convert(place, report), report)
        streams: dict[Any, np.ndarray[Any, Any]] = {}
        starts = np.zeros(0, np.int64)
        for split in SPLITS:
            stream, begins, forms = (
                np.load(folder / f"{split}-{part}.npy") for part in ("ids", "starts", "forms")
            )
            if self.form != "all":
                lengths = np.diff(begins, append=len(stream))
                chosen = forms == _CHARACTERS_A_LINE[self.form]
                stream = stream[np.repeat(chosen, lengths)]
                begins = np.cumsum(lengths[chosen]) - lengths[chosen]
            streams[split] = stream
            if split == "train":
                starts = begins.astype(np.int64)
        vocabulary = about(folder)["vocabulary"]
        facts = {"vocabulary": len(vocabulary), "block": self.block}
        said = self.about().model_copy(
            update={
                "cached": True,
                "facts": facts,
                "counts": {str(split): len(ids) for split, ids in streams.items()},
            }
        )
        # A document begins with the line break that ends the one before it: so two of them mark its end.
        processor = TokenProcessor(character_tokenizer(vocabulary), start="\n", end="\n\n")
        return Tokens(streams, self.block, said, processor, facts, starts)

    def open_processor(self, folder: Path) -> TokenProcessor:
        return TokenProcessor.load(folder)
