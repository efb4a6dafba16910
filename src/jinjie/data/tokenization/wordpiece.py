"""WordPiece as BERT has it (Devlin et al. 2019): words, cut into the longest pieces that are known."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from jinjie.base.config import Config, Wrong, option
from jinjie.base.lazy import lazy
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    import tokenizers
else:
    tokenizers = lazy("tokenizers")

SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
INSIDE = "##"
"""What a piece begins with that goes on with a word."""

LETTERS = 3 / 4
"""Most of the vocabulary that may be single characters, so that something is left for pieces."""


class WordPiece(Config):
    """BERT's tokenizer: Chinese characters stand alone, other words are cut into pieces; what is unknown is [UNK]."""

    kind: Literal["wordpiece"] = "wordpiece"
    size: int = option(8000, "tokens, special ones included", "词元数（含特殊词元）", le=1_000_000)
    min_frequency: int = option(
        2, "a pair or character seen less often is left out", "出现次数少于此的组合或字符不收", ge=1
    )
    lower: bool = option(True, "lower-case the text", "转为小写")
    accents: bool | None = option(
        None,
        "strip accents; left empty, where the text is lower-cased",
        "去掉重音符号；留空则随小写设置而定",
    )
    special: tuple[str, ...] = option((), "more special tokens", "其他特殊词元")

    @model_validator(mode="after")
    def _fits(self) -> WordPiece:
        if "" in self.special:
            raise Wrong("tokenizer.empty_special")
        least = len(self.specials()) + 8
        if self.size < least:
            raise Wrong("tokenizer.wordpiece_too_small", least=least)
        return self

    def specials(self) -> list[str]:
        """The special tokens in the order of their ids."""
        return list(dict.fromkeys((*SPECIAL.values(), *self.special)))


def train_wordpiece(config: WordPiece, texts: Iterable[str]) -> TokenProcessor:
    """WordPiece learned from `texts`, which are read twice: special tokens, characters, then pieces.

    Left alone, the library's trainer numbers the characters that go on with a word in the order of a hash table, which
    another process has otherwise, and breaks ties by those numbers. So they are counted and given first.
    """
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece({SPECIAL["unk"]: 0}, unk_token=SPECIAL["unk"]))
    as_bert(made, lower=config.lower, accents=config.accents)
    first, inside = _characters(config, made, texts)
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=config.size,
        min_frequency=config.min_frequency,
        special_tokens=[*config.specials(), *(INSIDE + c for c in inside)],
        initial_alphabet=first,
        limit_alphabet=len(first),
        continuing_subword_prefix=INSIDE,
        show_progress=False,
    )
    made.train_from_iterator(iter(texts), trainer)
    ids = made.get_vocab(with_added_tokens=True)
    letters = [*first, *(INSIDE + c for c in inside)]
    pieces = sorted(set(ids) - {*config.specials(), *letters}, key=ids.__getitem__)
    order = [*config.specials(), *letters, *pieces]
    model = tokenizers.models.WordPiece({token: i for i, token in enumerate(order)}, unk_token=SPECIAL["unk"])
    whole = tokenizers.Tokenizer(model)
    whole.add_special_tokens(config.specials())
    as_bert(whole, lower=config.lower, accents=config.accents)
    around(whole, SPECIAL["cls"], SPECIAL["sep"])
    return TokenProcessor(whole, special=SPECIAL)


def as_bert(
    made: tokenizers.Tokenizer, *, lower: bool, accents: bool | None = None, chinese: bool = True
) -> None:
    """Give a tokenizer BERT's normaliser, its way of cutting a text into words, and its decoder.

    `accents` strips them; None does so where `lower` is set, as BERT's own program did. `chinese` puts blanks around
    Chinese characters.
    """
    made.normalizer = tokenizers.normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=chinese, strip_accents=accents, lowercase=lower
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.decoder = tokenizers.decoders.WordPiece(prefix=INSIDE)


def around(made: tokenizers.Tokenizer, cls: str, sep: str) -> None:
    """Put [CLS] before a text and [SEP] behind it, and behind each of two, the second with token type 1."""
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{cls}:0 $A:0 {sep}:0",
        pair=f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1",
        special_tokens=[(cls, made.token_to_id(cls)), (sep, made.token_to_id(sep))],
    )


def _characters(
    config: WordPiece, made: tokenizers.Tokenizer, texts: Iterable[str]
) -> tuple[list[str], list[str]]:
    """The characters that become tokens, and those of them that also stand inside of words; in code point order.

    Digits and the letters of English come first, seen or not, since a word with one character missing is unknown as a
    whole; then the commonest, until `LETTERS` of the vocabulary are used up.
    """
    always = string.digits + (string.ascii_lowercase if config.lower else string.ascii_letters)
    counts: Counter[str] = Counter(dict.fromkeys(always, 1 << 60))
    inside: set[str] = set(always)
    for word, times in _words(made, texts).items():
        inside.update(word[1:])
        for character in word:
            counts[character] += times
    room = int(config.size * LETTERS) - len(config.specials())
    kept: list[str] = []
    for character, times in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        room -= 1 + (character in inside)
        if room < 0 or times < config.min_frequency:
            break
        kept.append(character)
    return sorted(kept), sorted(inside.intersection(kept))


def _words(made: tokenizers.Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs, after normalising."""

    def found() -> Iterator[str]:
        for text in texts:
            for word, _ in made.pre_tokenizer.pre_tokenize_str(made.normalizer.normalize_str(text)):
                yield word

    return Counter(found())
