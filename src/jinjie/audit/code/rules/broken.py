"""Code that Python cannot read."""

from __future__ import annotations

import re

from jinjie.audit.code.program import Broken
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

_TITLE = Text("Not valid Python", "不是合法的 Python 代码")


def of_broken(broken: Broken) -> Finding:
    """The finding of a block that does not parse."""
    quote = broken.code.text.split("\n")[broken.line - 1].strip()
    says = Text(
        f"Python stops at this line before it runs anything: {broken.why}.",
        f"Python 在运行之前就停在这一行：{broken.why}。",
    )
    instead = Text("Run the program once exactly as it is printed.", "把程序照原样运行一遍，再发表。")
    if re.match(r"print\s+[\"'\w]", quote):
        says = Text(
            "`print` without parentheses is Python 2, which ended in 2020; Python 3 stops here with a SyntaxError.",
            "不带括号的 `print` 是 Python 2 的写法（2020 年已停止维护），Python 3 会在这里报 SyntaxError。",
        )
        instead = Text("`print(…)`.", "写成 `print(…)`。")
    elif re.search(r"[，。；：（）“”‘’【】]", broken.why):
        says = Text(
            "A full-width Chinese character stands where Python needs its ASCII twin; the program does not start.",
            "代码里混进了全角标点，Python 只认半角符号，程序根本无法启动。",
        )
        instead = Text("The same sign in its ASCII form.", "换成对应的半角符号。")
    return Finding(
        "code", "syntax-error", "wrong", broken.code.at(broken.line), quote, _TITLE, says, "high", instead
    )
