"""Who a sentence speaks of, and whether it says a thing of them or denies it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from jinjie.audit.claims.reading import Groups, Subject, Table
from jinjie.base.words import Language

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\u3001\u3002"
_GREEK = {
    "epsilon": "ε", "varepsilon": "ε", "alpha": "α", "beta": "β", "gamma": "γ", "eta": "η", "theta": "θ", "lambda": "λ",
    "sigma": "σ", "mu": "μ", "times": "×", "cdot": "·", "sqrt": "√", "infty": "∞", "le": "≤", "leq": "≤", "ge": "≥",
}  # fmt: skip
_QUOTES = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "「": '"', "」": '"', "『": '"', "』": '"', "–": "-"}
)


def plain(text: str) -> str:
    """A sentence as the patterns want it: see `reading.py`."""
    text = unicodedata.normalize("NFKC", text.translate(_QUOTES)).lower()
    text = re.sub(r"\\(?:hat|bar|tilde|mathbf|mathrm|text|boldsymbol|vec)\s*\{?(\w)\}?", r"\1", text)
    text = re.sub(r"\\([a-z]+)\s?", lambda found: _GREEK.get(found[1], " "), text)
    text = re.sub(r"[${}`*\\]|_(?=\{)", "", text)
    text = re.sub(r"(?<=[a-z])[-‐](?=[a-z])", " ", text)
    text = re.sub(rf"(?<=[{_CJK}]) +| +(?=[{_CJK}])", "", text)
    text = re.sub(r"\s*([,;:!?])(?!(?<=\d,)\d{3})\s*", r"\1 ", text)
    text = re.sub(r"(?<=\() +| +(?=\))", "", text)
    text = re.sub(rf"([,;:!?]) (?=[{_CJK}])", r"\1", text)
    return re.sub(r"\s+", " ", text).strip()


def language_of(text: str) -> Language:
    """Chinese where any Chinese character stands."""
    return "zh" if re.search(r"[\u4e00-\u9fff]", text) else "en"


# A sentence with one of these reports, asks, warns or supposes; it does not say.
_DOUBT: dict[Language, str] = {
    "en": "|".join(
        (
            r"\b(?:mistak|misconce|wrong|incorrect|erroneous|mislead|misunderst|confus|pretend|suppos|imagin|caution)",
            r"\b(?:myths?|untrue|fallacy|pitfall|bug|beware|would|so called|contrary to|not true)\b",
            r"\b(?:cheat|peek)",
            r"\b(?:is|are) (?:simply |just |plainly )?false\b|\bfalse:|\bnot the case|\bno (?:reason to|evidence)",
            r"\b(?:people|beginners|tutorials|articles|students|some|many) (?:\w+ )?(?:think|believe|say|claim|call)",
            r"\b(?:often|sometimes|commonly|be) (?:said|believed|thought|claimed|assumed|tempted|called)",
            r"\b(?:one|you) (?:might|may|could) (?:think|believe|expect|say)|\bif [^,]* were\b|\bcannot be",
            r"\b(?:should|must)(?:n't| not| never)|\bdon't\b|\bdo not\b(?= [a-z]+ that)",
            r"\b(?:see|ask|wonder|discuss|check|question|clear|know) (?:of )?(?:whether|if)\b|^whether\b",
            r"^(?:does|do|did|is|are|can|could|will|should|why|how|what) ",
        )
    ),
    "zh": "|".join(
        (
            "误以为|误认为|误解|误区|误称|误写|误用|误作|误当|错误(?!率|分类)|错当|错把|写错|说错|弄错|搞错|写反|说反|弄反|搞反",
            "混淆|混为一谈|有人[^,]{0,4}(?:说|认为|以为|觉得|问)|以为|假如|假设|倘若|要是|若(?=把|将|是|去掉|只|直接|不)|如果(?=只|直接|仅|不)|说法",
            "(?:人|初学者|教程|文章|同学|新手|资料|博客)[^,]{0,5}(?:说|认为|以为|觉得|写|称)",
            "不对|不成立|不准确|不正确|不严谨|不是真的|谣言|其实不|并不意味|不代表|等于(?:看|偷|作弊)|作弊|偷看",
            "(?:看|问|讨论|思考|验证|检验|知道|确认)[^,]{0,8}是否|^[^,]{0,8}是否|切勿|切忌|千万|是不是|难道|陷阱|不应|不要|不该|不可",
        )
    ),
}
_NEGATION: dict[Language, str] = {
    "en": "|".join(
        (
            r"\bnot\b(?! only| just| merely)|n't\b",
            r"\b(?:never|no|without|nor|neither|cannot|unlike|hardly|less|rarely)\b",
            r"\b(?:rather than|instead of|as opposed to|far from|in place of)\b",
            r"\bavoid|\bfails? to\b|\breplac\w+\b|\b(?:skip|omit|dispens|ignor|discard)\w*|\brid of\b",
        )
    ),
    "zh": "|".join(
        (
            "不(?!同|仅|但|断|过|妨|论|少|只|错|变|足)|没|无(?!监督|标注|标签|论)|(?<!除)非(?!线性|常|凸|监督)|未(?!来|知)",
            "避免|防止|代替|取代|替代|取消|抛弃|摒弃|放弃|舍弃|省去|省略|免去|跳过|去掉|移除|绝非|难以|极少|很少|除了|很难",
        )
    ),
}
# The next sentence takes back what one says where it begins like this.
_DENIED: dict[Language, str] = {
    "en": "^(?:"
    + "|".join(
        (
            r"no[,.!]|not (?:true|so|quite|really)|wrong|false|actually\b|in (?:fact|reality|truth)\b|nothing could",
            r"(?:this|that|it) (?:is|are)(?:n't| not| wrong| false| incorrect| untrue| a m[iy]|, however)",
            r"that is bert|but (?:this|that) is|(?:this|that) isn't",
        )
    )
    + ")",
    "zh": "^(?:错|不对|其实|事实|实际上|并非|不是|但这|这(?:是|就是|显然是)?(?:错|误|不)"
    "|这(?:种|个|一|样)?(?:说法|观点|理解|看法|说))",
}
# Whoever is named behind or between these is only compared with.
_ASIDE_BEFORE: dict[Language, str] = {
    "en": r"\b(?:unlike|like|compared (?:to|with)|in contrast (?:to|with)|as opposed to|different from|than|similar to"
    r"|as with|contrary to|replac\w+|outperform\w*|beats|abandons|improv\w+ (?:on|upon))(?: [\w-]+){0,3}\s*$",
    "zh": "(?:(?:抛弃|放弃|摒弃|取代|代替|替代|改进|超越|超过|优于)了?|不同于|区别于|有别于|异于|相比于?|相较于|较之"
    "|类似于?|不像|就像|像|对比|比)$",
}
_ASIDE_AFTER = (
    "^(?:模型|网络|算法)?(?:的[^,]{0,6})?(?:等[^,]{0,4})?(?:不同|类似|一样|相比|相反|相似|相同|相对|那样)"
)
_JOINED = (
    r"^(?:模型|网络|算法|models?|\([^()]*\))?\s*"
    r"(?:,|、|/|&|和|与|及其?|以及|或者?|还是|\band\b|\bor\b|\bas well as\b|\bboth\b|\s)+(?:the )?$"
)
_CLAUSE = r"[,;:()。!?]|\b(?:but|while|whereas|although|because|since)\b|但|而(?!不|非|且)|因为|因此|所以"
# A sentence that begins like this turns to somebody else; who stood before is not carried into it.
_TURNS: dict[Language, str] = {
    "en": r"^(?:but|however|(?:by|in) contrast|on the other hand|conversely|whereas|others?|whoever"
    r"|the (?:former|latter))\b",
    "zh": "^(?:但|然而|相反|另一方面|而|反之|其他|别的|前者|后者|不过)",
}
_LINKS = frozenset({"", "and", "or", "nor", "和", "或", "与", "以及", "也", "及"})
_SHARED = re.compile(r"前者|后者|\bthe (?:former|latter)\b|\brespectively\b|分别")
_MISTAKES = re.compile(
    r"\b(?:mistakes?|misconceptions?|myths?|pitfalls?|errata)\b|误区|误解|常见错误|辟谣|勘误|纠错"
)


@dataclass(frozen=True)
class Stretch:
    """A part of a sentence and who it speaks of."""

    start: int
    end: int
    who: frozenset[str]


@cache
def compiled(pattern: str, lang: Language, table: Table | None = None) -> re.Pattern[str]:
    """A pattern, ready to search with; of the table's with the names of subjects in it."""
    return re.compile(pattern if table is None else table.filled(pattern, lang))


@cache
def _names(subject: Subject, lang: Language) -> re.Pattern[str]:
    return re.compile(subject.names(lang))


@cache
def _any_name(lang: Language, table: Table) -> re.Pattern[str]:
    return re.compile("|".join(subject.names(lang) for subject in table.subjects.values()))


def named(text: str, lang: Language, table: Table) -> frozenset[str]:
    """Every subject that a text names, also in passing."""
    if not _any_name(lang, table).search(text):
        return frozenset()
    return frozenset(slug for slug, subject in table.subjects.items() if _names(subject, lang).search(text))


def mentions(text: str, lang: Language, subjects: dict[str, Subject]) -> list[tuple[int, int, str]]:
    """Where subjects are named, asides ("unlike BERT") left out unless there is nothing else."""
    named = _all_named(text, lang, subjects)
    return [one for one in named if not _aside(text, one[0], one[1], lang)] or named


def _all_named(text: str, lang: Language, subjects: dict[str, Subject]) -> list[tuple[int, int, str]]:
    """Start, end and slug of each name; of names that overlap the longest."""
    found = [
        (hit.start(), hit.end(), slug)
        for slug, subject in subjects.items()
        for hit in _names(subject, lang).finditer(text)
    ]
    found.sort(key=lambda one: (one[0], -one[1]))
    kept: list[tuple[int, int, str]] = []
    for one in found:
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


def _aside(text: str, start: int, end: int, lang: Language) -> bool:
    if re.search(_ASIDE_BEFORE[lang], text[:start]):
        return True
    return lang == "zh" and bool(
        re.search("[与和同跟像如]$", text[:start]) and re.search(_ASIDE_AFTER, text[end:])
    )


def stretches(
    text: str, lang: Language, subjects: dict[str, Subject], before: frozenset[str], anywhere: bool
) -> Iterator[Stretch]:
    """The parts of a sentence, each with its subjects; with none named the whole of it speaks of `before`.

    With `anywhere`, a sentence that names one subject alone speaks of it from its first word.
    """
    named = mentions(text, lang, subjects)
    if not named:
        yield Stretch(0, len(text), before)
        return
    if _SHARED.search(text) or (len(named) > 1 and text[named[-1][1] :].strip(" .。") == ""):
        return  # "the former …, the latter …", or names that come behind what is said of them
    groups = [[named[0]]]
    for one in named[1:]:
        if re.search(_JOINED, text[groups[-1][-1][1] : one[0]]):
            groups[-1].append(one)
        else:
            groups.append([one])
    parts: list[Stretch] = []
    for at, group in enumerate(groups):
        end = groups[at + 1][0][0] if at + 1 < len(groups) else len(text)
        who = frozenset(slug for _, _, slug in group)
        if parts and parts[-1].who == who:  # named once more
            parts[-1] = Stretch(parts[-1].start, end, who)
        else:
            parts.append(Stretch(group[-1][1], end, who))
    if anywhere and len(parts) == 1 and len(named) == len(_all_named(text, lang, subjects)):
        parts[0] = Stretch(0, parts[0].end, parts[0].who)
    yield from parts


def said(text: str, lang: Language, groups: Groups, stretch: Stretch, table: Table) -> bool:
    """Whether all groups are found in the stretch, and none of it is denied or quoted."""
    spans = []
    for group in groups:
        hit = compiled(group, lang, table).search(text, stretch.start, stretch.end)
        if hit is None:
            return False
        if not _denies_itself(group, lang) and re.search(_PLAINLY_NOT[lang], hit[0]):
            return False
        spans.append(hit.span())
    return not _denied(text, lang, spans) and not _quoted(text, spans)


_PLAINLY_NOT = {
    "en": r"\b(?:not|never|no|cannot|nor|neither)\b(?! only)|n't\b",
    "zh": "不(?!同|仅|但|断|过|妨|论|少|只|错|变|足)|没|无法|并非|未能",
}


@cache
def _denies_itself(pattern: str, lang: Language) -> bool:
    """Whether a negation is what the pattern looks for."""
    return re.search(_PLAINLY_NOT[lang].replace("\\b", ""), re.sub(r"\(\?![^()]*\)", "", pattern)) is not None


def _denied(text: str, lang: Language, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a negation stands in the clause of a match, before it and outside of all matches."""
    hidden = list(text)
    for start, end in spans:
        hidden[start:end] = "\0" * (end - start)
    rest = "".join(hidden)
    for start, _ in spans:
        begin = _clause(rest, start)
        if re.search(_NEGATION[lang], rest[begin:start]):
            return True
    return False


def _clause(text: str, at: int) -> int:
    """Where the clause of a place begins; what is no more than a link of a list goes with what is before it."""
    cuts = [0, *(hit.end() for hit in re.finditer(_CLAUSE, text[:at]))]
    begin = cuts.pop()
    while cuts and text[begin - 1 : begin] in ",、" and text[begin:at].strip() in _LINKS:
        begin = cuts.pop()
    return begin


def _quoted(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether all matches lie in one quotation that is long enough to be a saying and not a word."""
    low, high = min(s for s, _ in spans), max(e for _, e in spans)
    return any(
        hit.start() < low and high <= hit.end() and len(hit[0]) >= 10
        for hit in re.finditer(r"\"[^\"]+\"", text)
    )


def asserted(text: str, lang: Language) -> bool:
    """Whether a sentence says what it says, and does not ask, warn, report or suppose."""
    if text.endswith(("?", "吗", "呢", "吗。", "?。")) or re.search(r"\?[\"')]?$", text):
        return False
    return not re.search(_DOUBT[lang], text)


def introduced_as_doubt(text: str, lang: Language) -> bool:
    """Whether a sentence announces that what follows is doubtful: "A common mistake:"."""
    return bool(text.endswith(":") and re.search(_DOUBT[lang], text))


def denies(text: str, lang: Language) -> bool:
    """Whether a sentence takes back the one before it: "This is wrong." """
    return bool(re.search(_DENIED[lang], text))


def turns(text: str, lang: Language) -> bool:
    """Whether a sentence turns to somebody else than the one before it."""
    return bool(re.search(_TURNS[lang], text))


def asks_of_another(text: str) -> bool:
    """Whether a question turns to somebody else: "And the model that writes?"."""
    return bool(re.search(r"^(?:and|what about|how about)\b.*\?$|呢\?$", text))


def doubtful_heading(text: str) -> bool:
    """Whether all below a heading is about mistakes."""
    return bool(_MISTAKES.search(text))
