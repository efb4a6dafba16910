"""A user's own conversations, from JSON lines; every fault named by file and line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinjie.base.errors import Problem
from jinjie.data.reading import at_most, read_text

ENDINGS = (".jsonl", ".ndjson")
ROLES = ("system", "user", "assistant")

Messages = list[dict[str, str]]


def read_dialogues(path: str) -> list[tuple[str, Messages]]:
    """Every conversation with its place, `PATH:LINE`: an object whose `messages` are turns of a role and a content.

    Raises InvalidInput naming every fault by its line: another kind of file, lines that are no JSON object, a
    conversation without messages, or in which the assistant says nothing or speaks before the user, an unknown role, a
    content that is empty, no text or holds half a character.
    """
    if Path(path).suffix.lower() not in ENDINGS:
        problem = Problem("data.path", "texts.other_format", path=path, endings=", ".join(ENDINGS))
        raise at_most([problem])
    problems: list[Problem] = []
    found = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            where = f"{path}:{number}"
            messages = _messages(where, line, problems)
            if messages:
                found.append((where, messages))
    if problems:
        raise at_most(problems)
    return found


def _messages(where: str, line: str, problems: list[Problem]) -> Messages:
    """The turns of one line; none, and a problem more, where something is wrong with them."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        problems.append(Problem(where, "corpus.not_json", reason=str(error)))
        return []
    turns = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(turns, list):
        problems.append(Problem(where, "dialogues.no_messages", came=line.strip()[:40]))
        return []
    if not turns:
        problems.append(Problem(where, "dialogues.empty"))
        return []
    before = len(problems)
    made = [_turn(f"{where}, {i}", turn, problems) for i, turn in enumerate(turns, 1)]
    if len(problems) > before:
        return []
    roles = [turn["role"] for turn in made]
    if "assistant" not in roles:
        problems.append(Problem(where, "dialogues.nobody_answers"))
        return []
    if "user" not in roles or roles.index("assistant") < roles.index("user"):
        problems.append(Problem(where, "dialogues.nobody_asks"))
        return []
    return made[: len(roles) - roles[::-1].index("assistant")]


def _turn(where: str, turn: Any, problems: list[Problem]) -> dict[str, str]:
    role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, Mapping) else (None, None)
    if role not in ROLES:
        problems.append(Problem(where, "dialogues.bad_role", came=json.dumps(role, ensure_ascii=False)[:40]))
    elif not isinstance(content, str) or not content.strip():
        came = json.dumps(content, ensure_ascii=False)[:40]
        problems.append(Problem(where, "dialogues.no_content", role=role, came=came))
    else:
        try:
            content.encode()
        except UnicodeEncodeError as error:  # JSON can spell half a character
            came = f"\\u{ord(content[error.start]):04x}"
            problems.append(Problem(where, "corpus.half_character", came=came, at=error.start))
    return {"role": str(role), "content": content.strip() if isinstance(content, str) else ""}
