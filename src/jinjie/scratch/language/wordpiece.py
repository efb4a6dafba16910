"""WordPiece, the tokenizer of BERT: cut a text into words, and each word into the longest pieces that are known."""

import unicodedata
from collections.abc import Collection

import numpy as np

from jinjie.scratch import Array

UNKNOWN = "[UNK]"

CHINESE = [
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0x2F800, 0x2FA1F),
]


def basic_tokens(text: str) -> list[str]:
    """A text as BERT's words: lower case, no accents, each punctuation mark and Chinese character by itself.

    Devlin et al. 2019, the uncased models.

    >>> basic_tokens("Déjà-vu? 大模型 Models!")
    ['deja', '-', 'vu', '?', '大', '模', '型', 'models', '!']
    """
    apart = "".join(f" {c} " if is_chinese(c) else c for c in text if not is_control(c))
    letters = (c for c in unicodedata.normalize("NFD", apart) if unicodedata.category(c) != "Mn")
    # One character at a time: as a whole, Python would give the last sigma of a Greek word its own form.
    lower = "".join(c.lower() for c in letters)
    return "".join(f" {c} " if is_punctuation(c) else c for c in lower).split()


def is_chinese(character: str) -> bool:
    """Whether it is a Chinese character; kana and hangul, whose words have blanks or are longer, are not.

    >>> is_chinese("模"), is_chinese("か"), is_chinese("m")
    (True, False, False)
    """
    return any(first <= ord(character) <= last for first, last in CHINESE)


def is_control(character: str) -> bool:
    """Whether it is dropped: a control or format character or one that stands for what could not be read.

    >>> is_control("\\x00"), is_control("\\u200b"), is_control("\\ufffd"), is_control("\\n")
    (True, True, True, False)
    """
    if character in "\t\n\r":
        return False
    return unicodedata.category(character)[0] == "C" or character == "\ufffd"


def is_punctuation(character: str) -> bool:
    """Whether it stands by itself: Unicode's punctuation, and all ASCII signs, though some are symbols to Unicode.

    >>> is_punctuation("，"), is_punctuation("$"), is_punctuation("€"), is_punctuation("a")
    (True, True, False, False)
    """
    return unicodedata.category(character)[0] == "P" or character in "$+<=>^`|~"


def wordpieces(word: str, vocabulary: Collection[str], longest: int = 100) -> list[str]:
    """Cut a word into known pieces: the longest that begins it, then the longest that goes on, marked ##.

    A word with no such cut, or of more than `longest` characters, is [UNK] as a whole (Wu et al. 2016; Devlin et
    al. 2019). The way is greedy and never looks back.

    Formula `wordpiece-encoding`: pᵢ = the longest piece in V with w = p₁ … pᵢ …

    >>> wordpieces("unaffable", {"un", "##aff", "##able", "##a", "##f"})
    ['un', '##aff', '##able']
    """
    if len(word) > longest:
        return [UNKNOWN]
    pieces: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start > 0 else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if mark + word[start:end] in vocabulary), None)
        if end is None:
            return [UNKNOWN]
        pieces.append(mark + word[start:end])
        start = end
    return pieces


def tokenize(text: str, vocabulary: Collection[str]) -> list[str]:
    """The pieces of a text; a model takes their places in its vocabulary as ids.

    >>> tokenize("Playing 进阶!", {"play", "##ing", "进", "!"})
    ['play', '##ing', '进', '[UNK]', '!']
    """
    return [piece for word in basic_tokens(text) for piece in wordpieces(word, vocabulary)]


def wordpiece_score(pair: Array, left: Array, right: Array) -> Array:
    """What training merges by: how much oftener two pieces meet than their own frequencies let one expect.

    Merging the pair of the highest score raises the likelihood of a unigram model of the text the most for each time
    that it occurs (Schuster & Nakajima 2012). pair, left, right (...): how often the pair and its pieces occur.

    Formula `wordpiece-score`: s = n(ab) / (n(a) · n(b))

    >>> pair, left, right = np.array([20.0, 15.0]), np.array([36.0, 16.0]), np.array([20.0, 15.0])
    >>> wordpiece_score(pair, left, right).round(4)  # the rarer pair wins: its first piece hardly occurs elsewhere
    array([0.0278, 0.0625])
    """
    if np.any(pair > np.minimum(left, right)):
        raise ValueError("expected no pair to occur oftener than its pieces, came one that does")
    return pair / (left * right)
