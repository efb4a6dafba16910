"""What is right and wrong with the formulas of an article.

`judge` reads each formula, finds which one of the course it is and gives a verdict: right, wrong with the run that
shows it, or unknown. How: docs/decisions/0012-audit-of-formulas.md.
"""

from __future__ import annotations

from jinjie.audit.article import Article
from jinjie.audit.article import Formula as Printed
from jinjie.audit.finding import Finding
from jinjie.audit.formulas.aligning import Catalog, Option
from jinjie.audit.formulas.judging import Group, Judged, groups, judge_group
from jinjie.audit.formulas.misnaming import misnamed
from jinjie.audit.formulas.naming import candidates
from jinjie.audit.formulas.showing import lessons, numbers
from jinjie.base.words import Text

__all__ = ["judge"]

_UNREAD = Text("It could not be read, so nothing is said of it.", "没有读懂这个式子，因此不作判断。")
_UNFIT = Text(
    "No formula of the course fits it, so nothing is said of it.", "课程里没有与之对应的公式，因此不作判断。"
)
_FORMULA = Text("A formula", "公式")


def judge(article: Article) -> list[Finding]:
    """The verdicts on all formulas of an article, in the order of their lines. A symbol by itself is no formula."""
    if not article.formulas:
        return []
    ids = candidates(article)
    found, unread = groups(article, ids)
    catalog = Catalog(ids)
    for group in found:
        judge_group(group, catalog)
    findings: list[Finding] = []
    replaced: set[int] = set()
    for member, finding in misnamed(article, found):
        if member is not None:
            replaced.add(id(member))
        findings.append(finding)
    for group in found:
        findings += _findings(group, replaced)
    findings += [_unread(printed) for printed in unread]
    return sorted(findings, key=lambda f: (f.place.cell or 0, f.place.line, f.verdict != "wrong", f.rule))


def _unread(printed: Printed) -> Finding:
    return Finding("formula", "not-read", "unknown", printed.place, printed.latex, _FORMULA, _UNREAD, "low")


def _findings(group: Group, replaced: set[int]) -> list[Finding]:
    """One finding for each formula that is right, one for each error, one for each equation that fits nothing."""
    made: list[Finding] = []
    told: set[tuple[str, str]] = set()
    for member in group.members:
        if member.trivial or id(member) in replaced:
            continue
        finding = _finding(member)
        if finding.verdict == "unknown" or (finding.verdict, finding.rule) not in told:
            told.add((finding.verdict, finding.rule))
            made.append(finding)
    return made


def _finding(member: Judged) -> Finding:
    option = member.option
    if option is None or member.verdict == "unknown":
        return Finding(
            "formula",
            "no-formula-fits",
            "unknown",
            member.place,
            member.line.source.latex,
            _FORMULA,
            _UNFIT,
            "low",
        )
    formula = option.known.form.formula
    taught = lessons(formula.id)
    if member.verdict == "right":
        return Finding(
            "formula", formula.id, "right", member.place, member.line.source.latex, formula.name, _held(option),
                "low",
            None, None, formula.id, taught,
        )  # fmt: skip
    variant = option.known.form.variant
    side = member.whole if member.by_whole and member.whole is not None else member.side
    shown = numbers(option, side)
    if variant is not None:
        says = variant.says
    else:
        assert option.changed is not None
        says = Text(
            f"This is not {formula.name.en}: {option.changed.en}.",
            f"这不是{formula.name.zh}的公式：{option.changed.zh}。",
        )
    return Finding(
        "formula", variant.id if variant else formula.id, "wrong", member.place, member.line.source.latex,
        formula.name, says,
            "high",
        Text(f"${formula.latex}$", f"${formula.latex}$"), shown, formula.id, taught,
    )  # fmt: skip


def _held(option: Option) -> Text:
    """Why a formula is held to be right."""
    name = option.known.form.formula.name
    note = _NOTES.get(option.id, Text("", ""))
    how = {
        "same": Text(
            "Equal to the course's for drawn values of all its symbols.",
            "对所有符号取随机数，与课程的公式相等。",
        ),
        "epsilon": Text(
            "Equal to the course's; where ε stands is a convention.", "与课程的公式相等；ε 放在哪里只是惯例。"
        ),
        "factor": Text(
            "Equal to the course's up to a constant factor (a mean or a sum, a half), which is a convention.",
            "与课程的公式只差一个常数因子（平均或求和、二分之一），属于惯例。",
        ),
        "order": Text(
            "Equal to the course's; the order of indices is a convention.",
            "与课程的公式相等；下标的次序只是惯例。",
        ),
    }[option.match.how]
    return Text(f"{name.en}. {how.en}{note.en}", f"{name.zh}。{how.zh}{note.zh}")


_NOTES = {
    "convolution": Text(
        " It turns the kernel round, as mathematics does; what frameworks call convolution is the "
        "cross-correlation, without turning.",
        "它像数学里那样翻转卷积核；深度学习框架里所说的“卷积”其实是不翻转的互相关。",
    ),
}
