"""The tokenizer of the small English and Chinese GPT that ships with Jinjie, as merges for `bpe.py`, and two texts.

It was learned from Shakespeare and 30,000 Tang poems (`models/packaged/mix/README.md`): 256 bytes and 7,935 merges. Its
first k merges are what a training that stopped after k would have learned, so it holds every smaller tokenizer too.
"""

import functools
import gzip
import json
import re
from pathlib import Path

import numpy as np

from jinjie.scratch import Integers
from jinjie.scratch.language.bpe import BYTES, Pair, Word, byte_ids, merge, pairs_of, tokens
from jinjie.scratch.language.wordpiece import CHINESE

PACKAGE = Path(__file__).parents[2]


@functools.cache
def shakespeare() -> str:
    """The Shakespeare that travels with Jinjie, 1,115,394 characters: see data/packaged/README.md.

    >>> len(shakespeare()), shakespeare()[:23]
    (1115394, "ALL'S WELL THAT ENDS WE")
    """
    return gzip.decompress((PACKAGE / "data/packaged/shakespeare.txt.gz").read_bytes()).decode()


def hamlet() -> str:
    """Act III, scene I of Hamlet, that of "To be, or not to be": held out when the tokenizer was learned.

    >>> len(hamlet()), hamlet().split("\\n")[2]
    (8632, 'Scene I. A room in the Castle.')
    """
    play = shakespeare()
    start = play.index("ACT III.\n\nScene I. A room in the Castle.")
    return play[start : play.index("Scene II.", start)].rstrip()


@functools.cache
def poems() -> str:
    """Tang poems that no model or tokenizer of ours was trained on, 38,075 characters.

    >>> len(poems()), poems()[12:24]
    (38075, '郡理日闲旷，洗心宿香峰。')
    """
    return gzip.decompress((PACKAGE / "data/packaged/poems.txt.gz").read_bytes()).decode()


@functools.cache
def bilingual_merges() -> tuple[Pair, ...]:
    """Its merges in the order learned, in the ids of `bpe.py`: the bytes first, then a new one for each merge.

    >>> from jinjie.scratch.language.bpe import tokens
    >>> merges = bilingual_merges()
    >>> len(merges), [token.decode() for token in tokens(list(merges))[-3:]]
    (7935, ['Bid', 'Bear', 'Per'])
    """
    model = json.loads((PACKAGE / "models/packaged/mix/tokenizer.json").read_text("utf-8"))["model"]
    # GPT-2 writes each byte as one character: itself where it prints, else the next beyond the 256.
    shown = [chr(byte) for byte in BYTES[:188]] + [chr(256 + i) for i in range(68)]
    id_of = {character: i for i, character in enumerate(shown)}
    merges = []
    for left, right in model["merges"]:
        merges.append((id_of[left], id_of[right]))
        id_of[left + right] = 255 + len(merges)
    return tuple(merges)


@functools.cache
def word_pattern() -> re.Pattern[str]:
    """Where its tokens end at the latest: contractions, letters, Chinese, one digit, signs, blanks.

    Written for the characters of its two texts: letters with combining marks and numbers beyond digits, which Python's
    `re` cannot name, are cut a little otherwise than the model's own tokenizer cuts them.
    """
    chinese = "".join(f"{chr(first)}-{chr(last)}" for first, last in CHINESE)
    letters = rf"[^\W\d_{chinese}]+"
    contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)(?!\\w)"
    return re.compile(rf"{contractions}| ?{letters}|[{chinese}]+|\d| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


@functools.cache
def ranks() -> dict[Pair, int]:
    """The place of each pair in the order of the merges."""
    return {pair: rank for rank, pair in enumerate(bilingual_merges())}


def bilingual_tokens(text: str, vocabulary: int = 8191) -> list[bytes]:
    """The tokens of a text with the first merges alone, so that there are `vocabulary` tokens.

    >>> bilingual_tokens("In 1984 the 明月")
    [b'In', b' ', b'1', b'9', b'8', b'4', b' the', b' ', b'\\xe6\\x98\\x8e\\xe6\\x9c\\x88']
    >>> bilingual_tokens("明月", vocabulary=400)
    [b'\\xe6\\x98', b'\\x8e', b'\\xe6\\x9c', b'\\x88']
    """
    if not 256 <= vocabulary <= 256 + len(bilingual_merges()):
        raise ValueError(
            f"expected a vocabulary from 256 to {256 + len(bilingual_merges())}, came {vocabulary}"
        )
    spelled = _spelled()
    return [spelled[i] for word in word_pattern().findall(text) for i in _cut(word, vocabulary - 256)]


@functools.cache
def _spelled() -> list[bytes]:
    return tokens(list(bilingual_merges()))


@functools.lru_cache(maxsize=1 << 16)
def _cut(word: str, merges: int) -> Word:
    """A word's tokens; words come again and again, so they are remembered."""
    rank, cut = ranks(), byte_ids(word)
    while (first := min((rank.get(pair, merges) for pair in pairs_of(cut)), default=merges)) < merges:
        cut = merge(cut, bilingual_merges()[first], new=256 + first)
    return cut


def merges_made(text: str) -> Integers:
    """How many merges of each rank encoding the text makes, (7935,).

    A pair that holds a token was learned after that token, so the ranks only rise while a word is encoded. With the
    first k merges the text has as many tokens as it has bytes, less the merges made of rank below k: one encoding tells
    the length at every vocabulary size.

    >>> made = merges_made("the 明月")
    >>> len("the 明月".encode()) - int(made[:744].sum()), len(bilingual_tokens("the 明月", vocabulary=1000))
    (5, 5)
    """
    made = np.zeros(len(bilingual_merges()), dtype=int)
    for word in word_pattern().findall(text):
        for i in _cut(word, len(made)):
            opened = [i]
            while opened:
                if (rank := opened.pop() - 256) >= 0:
                    made[rank] += 1
                    opened.extend(bilingual_merges()[rank])
    return made
