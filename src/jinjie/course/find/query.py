"""A question as terms to look for. What people wrap around the thing they ask for (什么是, how do I) is set aside."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jinjie.course.find.fold import LONGEST, at_home, fold, is_chinese, pairs, runs, stem

MOST = 40
"""Terms of a question that are looked for."""
_ASKING_WORDS = """
    什么是 是什么 为什么 是怎么回事 怎么回事 怎么样 怎样 怎么 怎么办 如何 什么 哪里 哪些
    哪个 多少 多大 多久 请问 我想 想要 我要 可以 能不能 能否 需要 应该 有没有 有哪些 是否
    区别 的区别 有什么 有何 不同 之间 意思 的意思 是什么意思 什么意思 问题 处理 解决 吗 呢
    啊 吧 的 了 请 我 你 它 要用 为何 介绍 一下 关于 老是 总是 和 与 跟
"""
_ASKING = re.compile("|".join(sorted(_ASKING_WORDS.split(), key=len, reverse=True)))
_KEPT = re.compile("饱和|求和|总和|共和|参与|目的|了解|自我|无我")
"""Words that hold a character which alone is only a helper."""
_HELPER_WORDS = """
    a an the of in on at to for from by with and or vs versus is are was be do does did how
    what why when which who whom i my me you your we it its this that can could should would
    will use using need there about into as if not no so want get make difference between
    mean means meaning work works please handle explain tell problem question
"""
HELPERS = frozenset(_HELPER_WORDS.split())
"""English words that say how something is asked, hardly what."""


@dataclass(frozen=True)
class Term:
    """Something to look for: a stem or a pair of characters, as it stands or as the beginning of a longer one."""

    text: str
    whole: str
    """The word or character run it was taken from."""
    prefix: bool

    @property
    def chinese(self) -> bool:
        return is_chinese(self.text)


@dataclass(frozen=True)
class Query:
    """The terms, and the folded question without what was set aside."""

    terms: tuple[Term, ...]
    bare: str


def read(question: str) -> Query:
    """What to look for; no terms at all in a question that is only signs."""
    folded = at_home(fold(question[:LONGEST]).text)
    kept = runs(without_asking(folded))
    asked = [(place, run) for place, run in kept if is_chinese(run) or run not in HELPERS]
    if not asked:
        asked = runs(folded)  # "what is it": better all of it than nothing
    found: dict[str, Term] = {}
    for _, run in asked:
        if is_chinese(run):
            for pair in pairs(run, alone=False):
                found.setdefault(pair, Term(pair, run, prefix=len(pair) == 1))
        else:
            found.setdefault(stem(run), Term(stem(run), run, prefix=len(stem(run)) >= 3))
    return Query(tuple(found.values())[:MOST], " ".join(run for _, run in asked))


def without_asking(folded: str) -> str:
    """A folded question without the Chinese words that only ask.

    Chinese has no spaces to tell a helper from a part of a word: words that are known to hold one are left
    whole.
    """
    out: list[str] = []
    last = 0
    for match in _KEPT.finditer(folded):
        out += [_ASKING.sub(" ", folded[last : match.start()]), match.group()]
        last = match.end()
    return "".join([*out, _ASKING.sub(" ", folded[last:])])
