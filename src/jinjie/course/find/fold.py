"""Text as it is searched: one width, one case, no accents, simplified characters; words and pairs of characters.

Chinese is written without spaces, so every two neighbouring characters are a term (注意力 → 注意, 意力, 力).
The last one stands alone as well: so a question of one character finds every text that holds it, as the beginning
of a term.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

LONGEST = 2000
"""Characters of a question that are looked at."""
_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_ENDINGS = (
    ("izations", "iz"),
    ("isations", "iz"),
    ("ization", "iz"),
    ("isation", "iz"),
    ("izing", "iz"),
    ("ising", "iz"),
    ("ized", "iz"),
    ("ised", "iz"),
    ("izes", "iz"),
    ("ises", "iz"),
    ("ize", "iz"),
    ("ise", "iz"),
    ("sses", "ss"),
    ("ies", "y"),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
)
_ELSEWHERE = {
    "类神经网路": "神经网络",
    "类神经": "神经",
    "网路": "网络",
    "资料": "数据",
    "程式": "程序",
    "演算法": "算法",
    "影像": "图像",
    "机率": "概率",
    "语意": "语义",
    "记忆体": "内存",
    "过度拟合": "过拟合",
    "最佳化": "优化",
    "变异数": "方差",
    "矩阵相乘": "矩阵乘法",
    "回圈": "循环",
    "专案": "项目",
    "视讯": "视频",
    "萤幕": "屏幕",
}
"""What Taiwan and Hong Kong call by another name, in simplified characters, and what the course's Chinese calls it."""


@dataclass(frozen=True)
class Folded:
    """A folded text, and for each of its characters the place in the original that it comes from."""

    text: str
    places: tuple[int, ...]


def fold(text: str) -> Folded:
    """One width (Ａ → a), one case, no accents (é → e), simplified characters (習 → 习). Signs stay."""
    folded: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for plain in _fold_char(char):
            folded.append(plain)
            places.append(place)
    return Folded("".join(folded), tuple(places))


@lru_cache(maxsize=20_000)
def _fold_char(char: str) -> str:
    if char.isascii():
        return char.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", char).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return "".join(_simplified(c) if c >= "\u3400" else c for c in plain)


def _simplified(char: str) -> str:
    return str(_converter().convert(char))


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def runs(folded: str) -> list[tuple[int, str]]:
    """Every Latin word and every unbroken run of Chinese characters of a folded text, with its place."""
    return [(match.start(), match.group()) for match in _RUN.finditer(folded)]


def is_chinese(run: str) -> bool:
    return run[0] >= "\u3400"


def terms(text: str) -> list[str]:
    """The terms of a text, in order: stems of Latin words; pairs of Chinese characters, and the last one alone."""
    found: list[str] = []
    for _, run in runs(at_home(fold(text).text)):
        found += pairs(run, alone=True) if is_chinese(run) else [stem(run)]
    return found


def name_terms(name: str) -> list[str]:
    """The terms of a name, each once, without the last characters that only beginnings need."""
    found: dict[str, None] = {}
    for _, run in runs(at_home(fold(name).text)):
        found |= dict.fromkeys(pairs(run, alone=False) if is_chinese(run) else [stem(run)])
    return list(found)


def pairs(run: str, alone: bool) -> list[str]:
    """Every two neighbours of a run; the last character too where `alone`, or where there is no other."""
    found = [run[i : i + 2] for i in range(len(run) - 1)]
    return [*found, run[-1]] if alone or not found else found


def at_home(folded: str) -> str:
    """With the words of the mainland for those of Taiwan and Hong Kong."""
    for there, here in _ELSEWHERE.items():
        if there in folded:
            folded = folded.replace(there, here)
    return folded


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A Latin word without its ending: classes, class → class; quantise, quantization → quantiz. Short words stay."""
    if len(word) <= 3 or not word.isascii():
        return word
    if word.endswith(("ss", "is", "ias")) or (word.endswith("us") and len(word) > 4):
        return word  # loss, axis, bias, bonus: no plural
    for ending, instead in _ENDINGS:
        bare = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(bare) >= 3:
            doubled = ending in ("ing", "ed") and bare[-1] == bare[-2] and bare[-1] not in "lsz"
            return bare[:-1] if doubled else bare
    return word
