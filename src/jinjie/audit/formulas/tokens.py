r"""LaTeX as tokens, and the layout around formulas: environments, columns, rows, several equations on one line."""

from __future__ import annotations

import re

TOKEN = re.compile(
    r"\\(?P<command>[A-Za-z]+\*?|.)|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<char>\S)|(?P<space>\s+)", re.DOTALL
)
_NOTHING = re.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits|nonumber|notag|mathop|boxed|"
    r"tag\{[^}]*\}|label\{[^}]*\}"
    r"|hspace\{[^}]*\}|phantom\{[^}]*\})(?![A-Za-z])\.?|(?<!\\)\\[,;:!> ]|~|\\\\\[[^]]*\](?=\s*$)"
)
_FONTS = re.compile(
    r"\\(?:mathbf|boldsymbol|bm|mathit|mathsf|pmb|vec|mathcal|mathscr|mathfrak|mathbb)\s*(?![A-Za-z])"
)
_ENVIRONMENTS = ("aligned", "align", "align*", "equation", "equation*", "gather", "gather*",
    "gathered", "split", "alignat",
                 "eqnarray", "eqnarray*", "multline", "multline*")  # fmt: skip
_BEGIN = re.compile(
    r"\\(?:begin|end)\{(?:" + "|".join(re.escape(e) for e in _ENVIRONMENTS) + r")\}(?:\{\d+\})?"
)
_CHINESE = str.maketrans("，。；：（）｜＝＋－", ",.;:()|=+-")

_VARIANCE = re.compile(r"\\(?:mathrm|text|operatorname\*?)\{Var\}\s*[\[(]\s*\w\s*[\])]")
_MEAN = re.compile(r"\\(?:(?:mathrm|text|operatorname\*?|mathbb)\{E\}|mathbb E)\s*[\[(]\s*\w\s*[\])]")
"""Variance and mean of one symbol, where they stand for σ² and μ: the norms as PyTorch's pages print them."""


def cleaned(latex: str) -> str:
    """Without what only moves things about on the page; font commands go, what they hold stays."""
    text = re.sub(r"(?<!\\)%[^\n]*", "", latex.translate(_CHINESE))
    text = re.sub(
        r"\\(?:mathbf|boldsymbol|mathbb)\s*\{?\s*([1I])\s*\}?(?=\s*[\[\(\{_\\])", r"\\indicator ", text
    )
    text = re.sub(r"\\(?:bmod)", " ", text)
    if _VARIANCE.search(text):
        text = _MEAN.sub(r"\\mu ", _VARIANCE.sub(r"\\sigma^2 ", text))
    return (
        _NOTHING.sub(" ", text)
        .replace("\\dfrac", "\\frac")
        .replace("\\tfrac", "\\frac")
        .replace("\\cfrac", "\\frac")
    )


def rows(latex: str) -> list[tuple[int, str]]:
    """The pieces that may each be an equation, with how many lines of the LaTeX stand before each."""
    text = _BEGIN.sub(" ", latex)
    pieces: list[tuple[int, str]] = []
    depth, start, columns = 0, 0, 0
    at = 0
    while at < len(text):
        if text.startswith("\\begin{", at):
            depth += 1
        elif text.startswith("\\end{", at):
            depth -= 1
        char = text[at]
        step = 2 if char == "\\" and at + 1 < len(text) and not text[at + 1].isalpha() else 1
        cut = 0
        if char == "{" and not text.startswith("\\", at - 1):
            depth += 1
        elif char == "}" and not text.startswith("\\", at - 1):
            depth -= 1
        elif depth == 0 and text.startswith("\\\\", at):
            cut, columns = 2, 0
        elif depth == 0 and char == "&":
            columns += 1
            cut = 1 if columns % 2 == 0 else 0
        elif depth == 0 and (
            found := re.match(r"\\(?:q?quad|Longrightarrow|Rightarrow|implies|iff)(?![A-Za-z])", text[at:])
        ):
            cut = found.end()
        if cut:
            pieces.append((start, text[start:at]))
            start = at + cut
            step = cut
        at += step
    pieces.append((start, text[start:]))
    lines = [(text[: begin + len(p) - len(p.lstrip())].count("\n"), p) for begin, p in pieces]
    return [
        (line, p.replace("&", " ") if "\\begin" not in p else _outer(p)) for line, p in lines if p.strip()
    ]


def _outer(piece: str) -> str:
    """Columns of the outer layout away, those within `cases` kept."""
    parts = re.split(r"(\\begin\{.*?\\end\{\w+\*?\})", piece, flags=re.DOTALL)
    return "".join(part if at % 2 else part.replace("&", " ") for at, part in enumerate(parts))


def tokens(piece: str) -> list[str]:
    r"""`\frac`, `{`, `x`, `0.5`, …; the content of `\text{…}` and its kin as one token `"softmax"`, with a quote
    before."""
    text = re.sub(
        r"\\(?:text|textrm|textit|textbf|texttt|mathrm|mathsf|operatorname\*?|rm|mbox|mathit)\s*\{([^{}]*)\}",
        _word,
        piece,
    )
    text = re.sub(r"\\operatorname\*?\s*([A-Za-z])", r"\1", text)
    text = _FONTS.sub(" ", text)
    text = re.sub(r"(?<![A-Za-z\\])(TP|TN|FP|FN|TPR|FPR|KL|PE|lr|softmax|sigmoid|ReLU|tanh|GELU|GeLU|LayerNorm|"
                  r"MultiHead|Attention|FFN|Concat|LN|"
                  r"Softmax|Sigmoid|relu|MSE|CE|RMS|Accuracy|Precision|Recall|F1|Loss|loss|BLEU|IoU|PPL|BCE|"
                  r"RMSNorm|BN|sign|sgn)(?![A-Za-z])",
                  lambda m: f'"{m[1]}"', text) if '"' not in text else _bare(text)  # fmt: skip
    found: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == '"' and (end := text.find('"', at + 1)) > 0:
            found.append('"' + text[at + 1 : end])
            at = end + 1
            continue
        match = TOKEN.match(text, at)
        assert match is not None
        at = match.end()
        if match["command"] is not None:
            found.append("\\" + match["command"])
        elif match["space"] is None:
            found.append(match[0])
    return found


def _bare(text: str) -> str:
    """Bare words beside those that were marked already."""
    parts = re.split(r'("[^"]*")', text)
    return "".join(
        part
        if at % 2
        else re.sub(
            r"(?<![A-Za-z\\])(TP|TN|FP|FN|lr|softmax|sigmoid|ReLU|tanh|LayerNorm|MultiHead|Attention|FFN|Concat|"
            r"LN|F1|KL)(?![A-Za-z])",
            lambda m: f'"{m[1]}"',
            part,
        )  # fmt: skip
        for at, part in enumerate(parts)
    )


def _word(found: re.Match[str]) -> str:
    word = re.sub(r"\\[,;! ]|[~\s\\\"{}]", "", found[1])
    return f'"{word}"' if word else " "
