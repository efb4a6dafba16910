"""Byte-level byte-pair encoding, the tokenizer of the GPTs: train, encode, decode.

A text is cut into words, each word into its bytes; then the commonest pair of neighbours becomes one token, again and
again. Every text has bytes, so nothing is ever out of vocabulary.

A vocabulary is the list of its `merges`: pairs of ids, in the order learned. Ids 0 to 255 are the single bytes, in
GPT-2's order; the pair that was merged first becomes 256, and so on.
"""

import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache

Pair = tuple[int, int]
Word = tuple[int, ...]

# Bytes that print as a character come first, the others follow: that is how GPT-2 numbers them.
BYTES = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
BYTES += sorted(set(range(256)) - set(BYTES))
ID_OF_BYTE = {byte: i for i, byte in enumerate(BYTES)}


def split_words(text: str) -> list[str]:
    r"""Cut a text where no token may cross: contractions, letters, numbers, the rest, each with the blank before it.

    The pattern is GPT-2's (Radford et al. 2019): `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|
    \s+(?!\S)|\s+`. Joined again, the words are the text.
    Raises ValueError at half of a surrogate pair, which is no character.

    >>> split_words("It's 2 o'clock,  世界!")
    ['It', "'s", ' 2', ' o', "'", 'clock', ',', ' ', ' 世界', '!']
    """
    if half := re.search("[\ud800-\udfff]", text):
        raise ValueError(
            f"expected text, came half of a surrogate pair, {half[0]!r}, at position {half.start()}: it has no bytes"
        )
    return gpt2_pattern().findall(text)


@cache
def gpt2_pattern() -> re.Pattern[str]:
    r"""GPT-2's pattern for `re`, which has no \p{L} and \p{N}.

    Python's \w is letters, numbers and the underscore: taking the numbers (a list) and the underscore away leaves the
    letters. Its \s has four control characters more than Unicode's white space, so that is spelled out.
    """
    number = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "N")
    blank = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    letters, numbers, others = rf"[^\W_{number}]+", f"[{number}]+", rf"(?:[^\w{blank}]|_)+"
    contractions = "'s|'t|'re|'ve|'m|'ll|'d"
    blanks = f"[{blank}]+(?![^{blank}])|[{blank}]+"
    return re.compile(f"{contractions}| ?{letters}| ?{numbers}| ?{others}|{blanks}")


def byte_ids(word: str) -> Word:
    """The ids of a word's UTF-8 bytes: where every encoding starts.

    >>> byte_ids("A!é")
    (32, 0, 127, 102)
    """
    return tuple(ID_OF_BYTE[byte] for byte in word.encode())


def pair_counts(words: dict[Word, int]) -> Counter[Pair]:
    """How often two tokens stand side by side, over all words, each as often as it occurs (Sennrich et al. 2016).

    >>> pair_counts({(7, 8, 7, 8): 1, (8, 7): 5})
    Counter({(8, 7): 6, (7, 8): 2})
    """
    counts: Counter[Pair] = Counter()
    for word, count in words.items():
        for pair in pairs_of(word):
            counts[pair] += count
    return counts


def pairs_of(word: Word) -> list[Pair]:
    """The neighbours in a word, from the left.

    >>> pairs_of((7, 8, 9))
    [(7, 8), (8, 9)]
    """
    return list(zip(word, word[1:], strict=False))


def commonest_pair(counts: dict[Pair, int]) -> Pair:
    """The pair to merge next: the commonest, and of equals the one with the smallest ids, as `tokenizers` has it.

    Formula `bpe-merge`: (a, b)* = argmax over (a, b) of Σ_w n(w) · #{i : wᵢ = a, wᵢ₊₁ = b}

    >>> words = {byte_ids("low"): 5, byte_ids("lower"): 2, byte_ids("newest"): 6}
    >>> left, right = commonest_pair(pair_counts(words))
    >>> chr(BYTES[left]), chr(BYTES[right])  # "we" stands in lower twice and in newest six times
    ('w', 'e')
    """
    return min(counts, key=lambda pair: (-counts[pair], pair))


def merge(word: Word, pair: Pair, new: int) -> Word:
    """Replace each occurrence of the pair by the new id, from the left.

    >>> merge((1, 1, 1, 2), pair=(1, 1), new=9)
    (9, 1, 2)
    """
    merged: list[int] = []
    at = 0
    while at < len(word):
        if word[at : at + 2] == pair:
            merged.append(new)
            at += 2
        else:
            merged.append(word[at])
            at += 1
    return tuple(merged)


def train(text: str, vocabulary: int) -> list[Pair]:
    """Merge the commonest pair until there are `vocabulary` tokens, or no word has two (Sennrich et al. 2016, alg. 1).

    Counts all pairs anew at each merge: clear, and slow. `train_incrementally` gives the same merges.

    Formula `bpe-training`: V ← bytes; while |V| < n: (a, b) ← argmax count(a, b);  V ← V ∪ {ab};  a b → ab

    >>> merges = train("low low low lower lower newest", vocabulary=259)
    >>> tokens(merges)[256:]
    [b'lo', b'low', b' low']
    """
    at_least_the_bytes(vocabulary)
    words = Counter(map(byte_ids, split_words(text)))
    merges: list[Pair] = []
    while 256 + len(merges) < vocabulary and (counts := pair_counts(words)):
        pair = commonest_pair(counts)
        new = 256 + len(merges)
        words = Counter({merge(word, pair, new): count for word, count in words.items()})
        merges.append(pair)
    return merges


def train_incrementally(text: str, vocabulary: int) -> list[Pair]:
    """`train`, with the pair counts kept up to date: a merge looks only at the words that hold its pair.

    1,000 merges on the 1.1 million characters of Shakespeare that come along: 3 seconds instead of a minute.

    >>> train_incrementally("low low low lower lower newest", 270) == train("low low low lower lower newest", 270)
    True
    """
    at_least_the_bytes(vocabulary)
    occurrences = Counter(map(byte_ids, split_words(text)))
    words, times = list(occurrences), list(occurrences.values())
    counts = pair_counts(occurrences)
    holders: defaultdict[Pair, set[int]] = defaultdict(set)
    for i, word in enumerate(words):
        for pair in pairs_of(word):
            holders[pair].add(i)
    merges: list[Pair] = []
    while 256 + len(merges) < vocabulary and counts:
        pair = commonest_pair(counts)
        new = 256 + len(merges)
        for i in holders[pair]:
            before, words[i] = words[i], merge(words[i], pair, new)
            for old in pairs_of(before):
                counts[old] -= times[i]
            for now in pairs_of(words[i]):
                counts[now] += times[i]
                holders[now].add(i)
            for old in pairs_of(before):
                if counts[old] == 0:
                    del counts[old]
        merges.append(pair)
    return merges


def at_least_the_bytes(vocabulary: int) -> None:
    """Raises ValueError for a vocabulary that cannot hold every byte."""
    if vocabulary < 256:
        raise ValueError(f"expected a vocabulary of at least the 256 bytes, came {vocabulary}")


def tokens(merges: list[Pair]) -> list[bytes]:
    """The bytes that each id stands for: the 256 single ones, then what the merges spell.

    >>> tokens([(71, 72), (256, 0)])[254:]
    [b'\\xa0', b'\\xad', b'hi', b'hi!']
    """
    spelled = [bytes([byte]) for byte in BYTES]
    for left, right in merges:
        spelled.append(spelled[left] + spelled[right])
    return spelled


def encode(text: str, merges: list[Pair]) -> list[int]:
    """The ids of a text: in each word the merges are made again, in the order in which they were learned.

    Formula `bpe-encoding`: while a pair of neighbours is in the merges: replace the one with the lowest rank

    >>> merges = train("low low low lower lower newest", vocabulary=259)
    >>> ids = encode("low lowest", merges)
    >>> [tokens(merges)[i] for i in ids]
    [b'low', b' low', b'e', b's', b't']
    """
    rank = {pair: order for order, pair in enumerate(merges)}
    ids: list[int] = []
    for word in map(byte_ids, split_words(text)):
        while known := [pair for pair in pairs_of(word) if pair in rank]:
            first = min(known, key=rank.__getitem__)
            word = merge(word, first, new=256 + rank[first])
        ids.extend(word)
    return ids


def decode(ids: Iterable[int], merges: list[Pair]) -> str:
    """The text of the ids; bytes that are no UTF-8, as half a character is not, become U+FFFD.

    >>> e_acute = byte_ids("é")
    >>> decode([39, 76, 0], merges=[]), decode(e_acute, merges=[]), decode(e_acute[:1], merges=[])
    ('Hm!', 'é', '�')
    """
    spelled = tokens(merges)
    chosen = list(ids)
    if strange := [i for i in chosen if not 0 <= i < len(spelled)]:
        raise ValueError(f"expected ids from 0 to {len(spelled) - 1}, came {strange[0]}")
    return b"".join(spelled[i] for i in chosen).decode(errors="replace")
