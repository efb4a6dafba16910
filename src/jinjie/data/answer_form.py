"""The form that answers are taught in, as far as a program can tell: a closed paragraph in the asker's language."""

from __future__ import annotations

from jinjie.base.words import Language
from jinjie.data.tokenization.labels import wide

MARKERS = ("User:", "Assistant:")
"""What begins a turn in the template that dialogues are written with."""

_CLOSING = "\"'”’」』)）]】"
"""May stand behind the last mark."""
_FINAL = ".!?…。！？"
_FULL = {".": "。", "!": "！", "?": "？"}


def language_of(text: str) -> Language | None:
    """Chinese where half of the letters or more are Chinese; None where there are no letters at all."""
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return None
    return "zh" if 2 * sum(map(wide, letters)) >= len(letters) else "en"


def is_closed(text: str) -> bool:
    """Whether a text ends with a full stop, a question mark or an exclamation mark, quotes and brackets aside."""
    return text.rstrip(_CLOSING)[-1:] in tuple(_FINAL)


def closed(text: str) -> str:
    """A text with a mark at its end: the one that is there, in Chinese a full-width one, else a full stop."""
    text = text.rstrip(" ,;:，；：、")
    chinese = language_of(text) == "zh"
    if not is_closed(text):
        return text + ("。" if chinese else ".")
    last = _FULL.get(text[-1:])
    return text[:-1] + last if chinese and last and not text.endswith("..") else text


def in_form(question: str, answer: str, ended: bool) -> bool:
    """Whether an answer is what was taught: it came to its end by itself (`ended`), is one paragraph with a mark at its
    end, holds nobody's turn but its own, and is in the language of its question."""
    text = answer.strip()
    if not ended or not text or "\n" in text or any(marker in text for marker in MARKERS):
        return False
    asked, said = language_of(question), language_of(text)
    return is_closed(text) and (asked is None or said is None or asked == said)
