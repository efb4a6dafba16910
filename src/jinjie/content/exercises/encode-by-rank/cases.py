"""Words and merges that were really learned: ranks that matter, overlaps, words that the training had not."""

from collections import Counter
from itertools import pairwise

SPEECH = (
    "to be or not to be that is the question whether tis nobler in the mind to suffer the slings and arrows of "
    "outrageous fortune or to take arms against a sea of troubles and by opposing end them to die to sleep no more "
    "and by a sleep to say we end the heartache and the thousand natural shocks that flesh is heir to"
)
UNSEEN = [
    "another",
    "fortunes",
    "sleeping",
    "thousands",
    "outrage",
    "naturally",
    "shortest",
    "mother",
    "resort",
]
UNSEEN += ["opposite", "handsome", "troubadour", "restarted"]
LOWS = [("e", "s"), ("es", "t"), ("l", "o"), ("lo", "w")]


def cases(rng):
    yield {"en": "a new word of known parts", "zh": "由学过的部分组成的新词"}, ("lowest", LOWS)
    order = [("b", "c"), ("a", "b"), ("ab", "d")]
    yield {"en": "two pairs that share a letter", "zh": "两对共用一个字母"}, ("abcabd", order)
    yield (
        {"en": "the same letter five times", "zh": "同一个字母连着五次"},
        ("aaaaa", [("a", "a"), ("aa", "a")]),
    )
    apart = [("b", "c"), ("a", "b"), ("p", "q"), ("q", "r"), ("y", "z"), ("x", "yz"), ("x", "y")]
    yield {"en": "three quarrels over a letter", "zh": "三处争一个字母"}, ("abcpqrxyz", apart)
    yield {"en": "nothing to merge", "zh": "没有可合的"}, ("xyz", LOWS)
    yield {"en": "a single letter", "zh": "只有一个字母"}, ("a", LOWS)
    yield {"en": "no merges", "zh": "没有合并规则"}, ("low", [])
    twice = [("b", "c"), ("a", "b"), ("ab", "c"), ("q", "r"), ("p", "q")]
    yield {"en": "one token that two ways could spell", "zh": "同一个拼法，两条来路"}, ("abcpqr", twice)
    yield {"en": "a pair at two places", "zh": "同一对出现在两处"}, ("lowlow", LOWS)
    runs = [("a", "a"), ("a", "b"), ("aa", "b")]
    yield {"en": "a run before another letter", "zh": "一串同样的字母后面换一个"}, ("aaab", runs)
    learned = learn(Counter(SPEECH.split()), 90)
    for _ in range(7):
        word = str(rng.choice(UNSEEN))
        n = int(rng.integers(25, 90))
        yield {"en": f"{word} with {n} merges", "zh": f"{word}，{n} 条合并规则"}, (word, learned[:n])
    for _ in range(8):
        words = Counter("".join(rng.choice(list("abc"), int(rng.integers(2, 8)))) for _ in range(12))
        merges = learn(words, int(rng.integers(4, 12)))
        word = "".join(rng.choice(list("abc"), int(rng.integers(5, 13))))
        yield (
            {"en": f"{word} with {len(merges)} merges", "zh": f"{word}，{len(merges)} 条合并规则"},
            (word, merges),
        )


def learn(words, n):
    split, merges = {word: list(word) for word in words}, []
    while len(merges) < n:
        counts = Counter()
        for word, symbols in split.items():
            for pair in pairwise(symbols):
                counts[pair] += words[word]
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        split = {word: merge(symbols, best) for word, symbols in split.items()}
        merges.append(best)
    return merges


def merge(symbols, pair):
    merged, at = [], 0
    while at < len(symbols):
        width = 2 if tuple(symbols[at : at + 2]) == pair else 1
        merged.append("".join(symbols[at : at + width]))
        at += width
    return merged
