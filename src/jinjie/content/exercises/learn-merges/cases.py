"""Words to learn from: some whose merges can be found by hand, overlaps, ties, ends, and lines of poems and plays."""

SPEECH = (
    "to be or not to be that is the question whether tis nobler in the mind to suffer the slings and arrows of "
    "outrageous fortune or to take arms against a sea of troubles and by opposing end them to die to sleep no more"
)
POEM = "白日依山尽，黄河入海流，欲穷千里目，更上一层楼，床前明月光，疑是地上霜，明月松间照，清泉石上流"


def cases(rng):
    lows = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
    yield {"en": "low, lower, newest, widest", "zh": "low、lower、newest、widest"}, (lows, 4)
    yield {"en": "one word that comes often", "zh": "一个常见的词"}, ({"sea": 1, "set": 1, "at": 5}, 1)
    yield {"en": "the same letter three times", "zh": "同一个字母连着三次"}, ({"aaab": 2, "ab": 3}, 3)
    yield {"en": "all pairs equally common", "zh": "各对一样多"}, ({"dc": 1, "ba": 1, "bc": 1}, 2)
    yield {"en": "more merges than there are", "zh": "要的合并比有的多"}, ({"ab": 2, "abc": 1}, 10)
    yield {"en": "no merges", "zh": "不要合并"}, ({"ab": 1}, 0)
    yield {"en": "words of one letter", "zh": "只有单字母的词"}, ({"a": 9, "b": 1}, 3)
    yield {"en": "no words", "zh": "没有词"}, ({}, 3)
    yield {"en": "a pair twice in a word", "zh": "一个词里同一对出现两次"}, ({"banana": 2, "bat": 3}, 3)
    yield {"en": "lines of Tang poems", "zh": "几句唐诗"}, (dict.fromkeys(POEM.split("，"), 1), 6)
    yield {"en": "a run of one letter", "zh": "一长串同一个字母"}, ({"zzzzz": 1, "zzzzy": 1, "yz": 4}, 4)
    apart = {"aab": 3, "aa": 9, "ab": 6, "xyz": 1}
    yield {"en": "a letter within a longer symbol", "zh": "长符号里还有那个字母"}, (apart, 5)
    yield (
        {"en": "overlaps that tip the balance", "zh": "重叠的几处决定先后"},
        ({"aaaaa": 2, "bc": 5, "de": 3}, 2),
    )
    for _ in range(12):
        drawn = spoken(rng) if rng.random() < 0.5 else made(rng)
        n = int(rng.integers(3, 9))
        words = {word: int(rng.integers(1, 9)) for word in drawn}
        yield {"en": f"{len(words)} words, {n} merges", "zh": f"{len(words)} 个词，{n} 次合并"}, (words, n)


def spoken(rng):
    return [str(word) for word in rng.choice(sorted(set(SPEECH.split())), 12, replace=False)]


def made(rng):
    return ["".join(rng.choice(list("abc"), int(rng.integers(2, 7)))) for _ in range(8)]
