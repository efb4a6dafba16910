"""Emphasis that Chinese text can use: `**重点。**然后` is strong, as its writer meant.

CommonMark decides by the characters beside the stars whether they open or close. A star after punctuation and before a
letter closes nothing there, since English has a space between the two; Chinese has none. So a Chinese character or mark
counts here as the space that would stand beside it.
"""

from __future__ import annotations

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline.state_inline import Delimiter, StateInline

from jinjie.course.render.width import is_wide


def tokenize(state: StateInline, silent: bool) -> bool:
    """The rule `emphasis` of markdown-it, with wide characters beside the stars looked at."""
    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    end = state.pos
    while end < state.posMax and state.src[end] == marker:
        end += 1
    before = state.src[state.pos - 1] if state.pos > 0 else " "
    after = state.src[end] if end < state.posMax else " "
    opens, closes = _opens_closes(before, after, marker)
    for _ in range(end - state.pos):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=end - state.pos,
                token=len(state.tokens) - 1,
                end=-1,
                open=opens,
                close=closes,
            )
        )
    state.pos = end
    return True


def _opens_closes(before: str, after: str, marker: str) -> tuple[bool, bool]:
    white_before, white_after = isWhiteSpace(ord(before)), isWhiteSpace(ord(after))
    mark_before, mark_after = _is_mark(before), _is_mark(after)
    open_before, open_after = white_before or mark_before, white_after or mark_after
    left = not white_after and (not mark_after or open_before or is_wide(before) or is_wide(after))
    right = not white_before and (not mark_before or open_after or is_wide(after) or is_wide(before))
    if marker == "*":
        return left, right
    return left and (not right or mark_before), right and (not left or mark_after)


def _is_mark(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)
