"""Opening tokenised documents as rows to pre-train a BERT on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import say
from jinjie.data.corpus.files import key_of
from jinjie.data.corpus.opening import streams
from jinjie.data.corpus.prepare import TOKENIZER, Settings, about, prepared
from jinjie.data.dataset import Report
from jinjie.data.fetch import tell
from jinjie.data.pairs.dataset import Pairs
from jinjie.data.pairs.masking import Masking
from jinjie.data.pairs.stretches import Marks, stretches
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    from jinjie.data.corpus.splits import Source
    from jinjie.data.pairs.config import Config


def opened(source: Source, settings: Settings, config: Config, report: Report | None) -> Pairs:
    """The documents of `source` as rows, tokenised first where they are not yet.

    Raises InvalidInput when a split has no stretch that is long enough.
    """
    folder = prepared("pairs", source, settings, report)
    found = about(folder)
    processor = TokenProcessor.load(folder / TOKENIZER)
    tokens = streams(folder, found)
    marks = Marks.of(processor)
    cut = {split: stretches(stream, marks, config.block - 3) for split, stream in tokens.items()}
    if empty := [split for split, rows in cut.items() if not len(rows)]:
        raise InvalidInput([Problem("data.path", "pairs.too_short", split=", ".join(empty))])
    length = round(float(cut["train"].length.mean())) + (3 if config.next_sentence else 2)
    facts = {"vocabulary": processor.vocabulary, "block": config.block, "length": length}
    counts = {str(split): len(rows) for split, rows in cut.items()}
    said = config.about().model_copy(update={"cached": True, "counts": counts, "facts": facts})
    chosen = [config.block, config.next_sentence, config.masked, config.whole_word]
    made = Pairs(
        tokens,
        cut,
        config.block,
        config.next_sentence,
        Masking.of(processor, config.masked, config.whole_word),
        processor,
        said,
        facts,
        key_of(found["tokenizer"], {n: f["sha256"] for n, f in found["files"].items()}, chosen),
    )
    told = made.statistics()
    tell(report, say("pairs.found", None, **told), 1, 1)
    return made
