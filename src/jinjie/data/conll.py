"""A user's own sentences with names, in CoNLL's columns: a word and its tag a line, an empty line behind a sentence."""

from __future__ import annotations

from jinjie.base.errors import Problem
from jinjie.data.people_daily import Sentence
from jinjie.data.reading import at_most, read_text
from jinjie.data.spans import PREFIXES, Span, parted, spans_of
from jinjie.data.tokenization.labels import wide

DOCUMENT = "-DOCSTART-"


def read_conll(path: str) -> list[list[Sentence]]:
    """Sentences by document. Columns stand between tabs or blanks; the first is the word, the last its tag.

    Tags are BIO, or IOB, BIOES, BMES or BILOU, which say the same. Documents begin with -DOCSTART-; without that there
    is one. Words are joined with blanks, but for those that Chinese writes without.

    Raises InvalidInput naming every fault by its line: no tag, lines of another number of columns, what is no tag.
    """
    problems: list[Problem] = []
    documents: list[list[Sentence]] = [[]]
    words: list[str] = []
    tags: list[str] = []
    columns = 0
    for number, line in enumerate([*read_text(path).split("\n"), ""], 1):
        where = f"{path}:{number}"
        cells = line.strip("\r").split("\t") if "\t" in line else line.split()
        cells = [cell.strip() for cell in cells]
        if not any(cells) or cells[0] == DOCUMENT:
            if words:
                documents[-1].append(_joined(words, tags))
                words, tags = [], []
            if any(cells) and documents[-1]:
                documents.append([])
            continue
        if len(cells) < 2:
            problems.append(Problem(where, "texts.no_tag", came=cells[0]))
            continue
        columns = columns or len(cells)
        if len(cells) != columns:
            problems.append(Problem(where, "data.ragged", came=len(cells), expected=columns))
            continue
        try:
            parted(cells[-1])
        except ValueError:
            problems.append(Problem(where, "texts.bad_tag", came=cells[-1], letters=", ".join(PREFIXES)))
            continue
        if not cells[0]:
            problems.append(Problem(where, "texts.no_word"))
            continue
        words.append(cells[0])
        tags.append(cells[-1])
    found = [document for document in documents if document]
    if not problems and not any(sentence.spans for document in found for sentence in document):
        problems.append(Problem("data.path", "texts.no_names", path=path))
    if problems:
        raise at_most(problems)
    return found


def _joined(words: list[str], tags: list[str]) -> Sentence:
    """Words as a text, and their spans in it."""
    text, starts, ends = "", [], []
    for word in words:
        if text and not (wide(text[-1]) or wide(word[0])):
            text += " "
        starts.append(len(text))
        text += word
        ends.append(len(text))
    spans = (Span(starts[span.start], ends[span.end - 1], span.kind) for span in spans_of(tags))
    return Sentence(text, tuple(spans))
