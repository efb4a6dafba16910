"""Words and vocabularies: longest pieces, continuations, words with a letter that nobody knows, dead ends."""

PARTS = ["un", "re", "dis", "over", "out", "in"]
STEMS = ["play", "work", "lov", "read", "kind", "help", "hope", "aff", "teach", "plac"]
ENDS = ["ing", "ed", "er", "s", "ness", "ful", "able", "less", "ly", "est", "e"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def cases(rng):
    small = ["un", "play", "played", "##play", "##aff", "##able", "##a", "##b", "##ed", "##e", "##d", "a"]
    yield {"en": "a word in three pieces", "zh": "切成三片的词"}, ("unaffable", small)
    yield {"en": "the longest piece wins", "zh": "最长的片段优先"}, ("played", small)
    yield {"en": "a letter that nobody knows", "zh": "有一个谁也不认识的字母"}, ("unaffüable", small)
    yield {"en": "an ending that only begins words", "zh": "只能放在词首的片段"}, ("unplay", ["un", "play"])
    yield {"en": "a beginning that only goes on", "zh": "只能放在词中的片段"}, ("able", small)
    yield {"en": "a single known letter", "zh": "一个认识的字母"}, ("a", small)
    yield {"en": "a single unknown letter", "zh": "一个不认识的字母"}, ("进", small)
    yield {"en": "the greedy way is a dead end", "zh": "贪心走进死路"}, ("abcd", ["abc", "ab", "a", "##cd"])
    yield {"en": "an unknown letter at the end", "zh": "末尾的字母不认识"}, ("played!", small)
    yield {"en": "an empty vocabulary", "zh": "词表是空的"}, ("word", [])
    yield {"en": "a Chinese word", "zh": "一个中文词"}, ("大模型", ["大", "##模", "##模型", "型"])
    for _ in range(13):
        vocabulary = [*pick(rng, PARTS, 4), *pick(rng, STEMS, 6)]
        vocabulary += ["##" + part for part in (*pick(rng, STEMS, 6), *pick(rng, ENDS, 7))]
        letters = pick(rng, list(LETTERS), int(rng.integers(18, 27)))
        vocabulary += letters + ["##" + letter for letter in letters]
        word = "".join(str(rng.choice(part)) for part in (PARTS, STEMS, ENDS))
        yield (
            {"en": f"{word}, {len(vocabulary)} pieces known", "zh": f"{word}，词表 {len(vocabulary)} 片"},
            (word, vocabulary),
        )


def pick(rng, parts, n):
    return [str(part) for part in rng.choice(parts, min(n, len(parts)), replace=False)]
