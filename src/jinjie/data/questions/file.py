"""A user's own questions: JSON lines with a question, its context and the answers in it; every fault named by line.

A line is {"question": …, "context": …, "answers": [{"text": …, "answer_start": …}, …]}, as SQuAD has them, one question
a line. SQuAD's own columns of lists ({"answers": {"text": […], "answer_start": […]}}) are read as well. Where
`answer_start` is left out, the answer is looked for in the context.
"""

from __future__ import annotations

import json
from typing import Any

from jinjie.base.errors import Problem, did_you_mean
from jinjie.data.questions.made import Question
from jinjie.data.reading import at_most, read_text

FIELDS = ("question", "context", "answers")


def read_questions(path: str) -> list[Question]:
    """Every question of a file, in its order; a line that is there twice is one.

    Raises InvalidInput naming every fault by its line: what is no JSON object, a field that lacks or is of another
    kind, an empty question or passage, no answer, one that does not stand where it is said to.
    """
    problems: list[Problem] = []
    found: dict[Question, None] = {}
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            made = _question(f"{path}:{number}", line, problems)
            if made is not None:
                found[made] = None
    if problems:
        raise at_most(problems)
    return list(found)


def _question(where: str, line: str, problems: list[Problem]) -> Question | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        problems.append(Problem(where, "corpus.not_json", reason=str(error)))
        return None
    if not isinstance(row, dict):
        problems.append(Problem(where, "texts.no_object", came=line[:40]))
        return None
    missing = [name for name in FIELDS if name not in row]
    for name in missing:
        problems.append(
            Problem(where, "questions.no_field", came=name, suggestion=did_you_mean(name, list(row)))
        )
    if missing:
        return None
    texts = [_text(where, row[name], name, problems) for name in ("question", "context")]
    if texts[0] is None or texts[1] is None:
        return None
    answers = _answers(where, row["answers"], texts[1], problems)
    return None if answers is None else Question(texts[0], texts[1], answers)


def _text(where: str, value: Any, name: str, problems: list[Problem]) -> str | None:
    if not isinstance(value, str):
        came = json.dumps(value, ensure_ascii=False)[:40]
        problems.append(Problem(where, "texts.not_text", name=name, came=came))
        return None
    try:
        value.encode()
    except UnicodeEncodeError as error:  # JSON can spell half a character
        came = f"\\u{ord(value[error.start]):04x}"
        problems.append(Problem(where, "corpus.half_character", came=came, at=error.start))
        return None
    if not value.strip():
        problems.append(Problem(where, "data.empty_cell", name=name))
        return None
    return value


def _answers(
    where: str, given: Any, context: str, problems: list[Problem]
) -> tuple[tuple[int, int], ...] | None:
    if isinstance(given, dict) and isinstance(given.get("text"), list):
        starts = given.get("answer_start")
        starts = starts if isinstance(starts, list) else [None] * len(given["text"])
        given = [
            {"text": text, **({} if start is None else {"answer_start": start})}
            for text, start in zip(given["text"], starts, strict=False)
        ]
    if not isinstance(given, list) or not given:
        problems.append(Problem(where, "questions.no_answer"))
        return None
    spans = []
    for one in given:
        text = one.get("text") if isinstance(one, dict) else None
        if not isinstance(text, str) or not text.strip():
            came = json.dumps(one, ensure_ascii=False)[:40]
            problems.append(Problem(where, "questions.bad_answer", came=came))
            continue
        start = one.get("answer_start", context.find(text))
        if type(start) is not int or start < 0 or context[start : start + len(text)] != text:
            there = context.find(text)
            key = "questions.not_there" if there < 0 else "questions.elsewhere"
            came = json.dumps(one.get("answer_start"))
            problems.append(Problem(where, key, answer=text[:40], came=came, there=there))
            continue
        spans.append((start, start + len(text)))
    return tuple(dict.fromkeys(spans)) if len(spans) == len(given) else None
