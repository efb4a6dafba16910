"""What a learner hands in: the bytes of a file, as they came out of any editor, to Python's text and what it defines.

Windows newlines, a byte order mark, UTF-16 and GBK are read for what they are. What cannot be Python is told with
its line before anything runs.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from io import BytesIO
from tokenize import detect_encoding

from jinjie.base.words import Text, text

LARGEST = 256 * 1024
"""Bytes of a file that is handed in: a hundred times the longest solution."""
_FULL_WIDTH = re.compile("[，。；：（）【】「」“”‘’！？、＝＋－＊／％＜＞［］｛｝　]")  # noqa: RUF001
_HALF = dict(
    zip("，。；：（）【】“”‘’！＝＋－＊／％＜＞［］｛｝", ",.;:()[]\"\"''!=+-*/%<>[]{}", strict=True)
)  # noqa: RUF001


@dataclass(frozen=True)
class Unfit:
    """Why a text is no Python: what to say, and where."""

    kind: str
    says: Text
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True)
class HandedIn:
    """A submission that was read. `unfit` says why it cannot be run; `note` what was odd and was got over."""

    text: str
    unfit: Unfit | None = None
    note: Text | None = None
    signatures: dict[str, str] = field(default_factory=dict)
    """Names at the top of the file: a function's with its arguments "(theta, rate=0.1)", another's with ""."""

    def line(self, number: int | None) -> str:
        """A line of the text, without its indent."""
        lines = self.text.split("\n")
        return lines[number - 1].strip()[:200] if number and 0 < number <= len(lines) else ""


def read(source: str | bytes) -> HandedIn:
    """A submission. Never raises for what it holds."""
    content = source.encode("utf-8", errors="surrogatepass") if isinstance(source, str) else source
    if len(content) > LARGEST:
        says = text("grading.too_large", most=LARGEST // 1024)
        return HandedIn("", Unfit("too_large", says))
    decoded, note = _decoded(content)
    if decoded is None:
        return HandedIn("", Unfit("encoding", text("grading.encoding")))
    code = decoded.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in code:
        line = code.count("\n", 0, code.index("\0")) + 1
        return HandedIn(code, Unfit("null", text("grading.null"), line))
    if not code.strip():
        return HandedIn(code, Unfit("empty", text("grading.empty")))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
            compile(tree, "submission.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        return HandedIn(code, _syntax(code, error), note)
    except (RecursionError, MemoryError, ValueError, OverflowError):
        return HandedIn(code, Unfit("syntax", text("grading.too_nested")), note)
    return HandedIn(code, None, note, _signatures(tree))


def _decoded(content: bytes) -> tuple[str | None, Text | None]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), text("grading.not_utf8", encoding="UTF-16")
        except UnicodeDecodeError:
            return None, None
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        pass
    try:
        declared = detect_encoding(BytesIO(content).readline)[0]
        return content.decode(declared), None  # a first line says so, and Python believes it as well
    except (SyntaxError, UnicodeDecodeError, LookupError):
        pass
    try:
        return content.decode("gb18030"), text("grading.not_utf8", encoding="GBK")
    except UnicodeDecodeError:
        return None, None


def _syntax(code: str, error: SyntaxError) -> Unfit:
    line = error.lineno or 1
    lines = code.split("\n")
    written = lines[line - 1] if line <= len(lines) else ""
    column = max(1, min(error.offset or 1, len(written) + 1))
    message = str(error.msg)
    if (found := _FULL_WIDTH.search(written)) and ("character" in message or "unterminated" in message):
        sign = found.group()
        says = text("grading.full_width", line=line, sign=sign, half=_HALF.get(sign, "ASCII"))
        return Unfit("syntax", says, line, found.start() + 1)
    kind = "indentation" if isinstance(error, IndentationError) else "syntax"
    key_text = (
        text("grading.indentation", line=line, message=message)
        if kind == "indentation"
        else text("grading.syntax", line=line, message=message)
    )
    return Unfit(kind, key_text, line, column)


def _signatures(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = f"({ast.unparse(node.args)})"
        elif isinstance(node, ast.ClassDef):
            found[node.name] = ""
        elif isinstance(node, ast.Assign):
            found |= {one.id: "" for one in node.targets if isinstance(one, ast.Name)}
    return found
