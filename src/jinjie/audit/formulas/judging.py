"""The verdict on each equation of an article: right, wrong or unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from jinjie.audit.article import Article, Place
from jinjie.audit.article import Formula as Printed
from jinjie.audit.finding import Verdict
from jinjie.audit.formulas.aligning import Catalog, Option, options, slips
from jinjie.audit.formulas.comparing import Side, weight
from jinjie.audit.formulas.grammar import RELATIONS
from jinjie.audit.formulas.latex import equations
from jinjie.audit.formulas.mutating import called
from jinjie.audit.formulas.naming import Said, alike, another, said
from jinjie.audit.formulas.programs import Line, inlined, program
from jinjie.audit.formulas.tree import Atom, Num, walk
from jinjie.base.words import Text

_MAXIMISED = re.compile(
    r"maximi[sz]|(?<!negative )log-?likelihood|最大化|(?<!负)对数似然|极大似然", re.IGNORECASE
)
STRUCTURAL = frozenset({"transformer-layer-without-feed-forward", "gpt-layer-without-causal-mask"})
"""Variants that are right as a line and wrong as the whole: `misnaming` looks at what stands beside them."""
ONLY_IF_NOT: Mapping[str, re.Pattern[str]] = {
    "perplexity-base-two": re.compile(
        r"\bbits?\b|\\log_\{?2|log2|log₂|base[- ](2|two)\b|比特|以 ?\$?2\$? ?为底", re.IGNORECASE
    )
}
"""Variants that are right where these words stand beside them."""
GAP = 7
"""Lines between two displayed formulas that may still be one program."""


@dataclass
class Judged:
    """One equation with the verdict on it."""

    printed: Printed
    line: Line
    side: Side
    said: Said
    verdict: Verdict = "unknown"
    option: Option | None = None
    whole: Side | None = None
    """With the lines before put in, where that is another."""
    by_whole: bool = False
    near: str = ""
    """The sentences on its lines."""
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        at = self.printed.place
        first = at.line + (1 if at.end > at.line else 0) + self.line.source.line
        end = min(at.end, first + self.line.source.latex.count("\n"))
        self.place = replace(at, line=min(first, at.end), end=max(min(first, at.end), end))

    @property
    def trivial(self) -> bool:
        """Whether it says nothing by itself: a value given, one symbol called another."""
        right = self.line.right
        return (
            isinstance(right, Num | Atom)
            or not any(isinstance(n, Atom) for n in walk(right))
            or weight(self.side) < 3
        )


@dataclass
class Group:
    """Equations that are one program."""

    members: list[Judged]

    @property
    def named(self) -> str:
        return next((m.said.last for m in self.members if m.said.last), "")


def groups(article: Article, ids: Sequence[str]) -> tuple[list[Group], list[Printed]]:
    """The article's equations, those together that belong together, and the formulas that cannot be read."""
    made: list[Group] = []
    unread: list[Printed] = []
    end = -99
    for printed in article.formulas:
        read = equations(printed.latex)
        if not read.equations:
            if read.unread and any(r in printed.latex for r in RELATIONS):
                unread.append(printed)
            continue
        lines = program(read.equations)
        if (
            all(Judged(printed, line, Side(line), Said({})).trivial for line in lines)
            and len(printed.latex) < 30
        ):
            continue
        near = " ".join(
            s.text
            for s in article.sentences
            if s.place.cell == printed.place.cell
            and s.place.line <= printed.place.end
            and s.place.end >= printed.place.line
        )
        members = [
            Judged(printed, line, Side(line), said(printed, line.source.left, ids), near=near)
            for line in lines
        ]
        last = made[-1] if made else None
        named = next((m.said.last for m in members if m.said.last), "")
        together = (
            last is not None
            and last.members[-1].printed.section == printed.section
            and printed.place.cell == last.members[-1].printed.place.cell
            and printed.place.line - end <= GAP
            and not {m.line.name for m in last.members} & {line.name for line in lines}
            and (not named or not last.named or named == last.named)
        )
        if together and last is not None:
            for member in members:
                weights = {**member.said.weights}
                for id_, amount in last.members[0].said.weights.items():
                    weights[id_] = max(weights.get(id_, 0.0), amount)
                member.said = Said(weights, member.said.last or last.named)
            last.members += members
        else:
            made.append(Group(members))
        end = printed.place.end
    return made, unread


def judge_group(group: Group, catalog: Catalog) -> None:
    """Sets the verdict of each member."""
    lines = [m.line for m in group.members]
    if len(lines) > 1:
        values = inlined(lines)
        for member in group.members:
            value = values.get(member.line.name)
            last = [m for m in group.members if m.line.name == member.line.name][-1]
            if value is not None and member is last and value.right != member.line.right:
                member.whole = Side(value)
    for member in group.members:
        if not member.trivial:
            _by_line(member, catalog)
    _by_whole(group, catalog)


def _acceptable(option: Option, side: Side) -> bool:
    """Whether a right form is what is meant, and not equal by chance of being simple."""
    much = weight(side)
    if option.named >= 2:
        return option.likeness >= 0.35 or much >= 14
    if option.named >= 1:
        return (much >= 7 and option.likeness >= 0.3) or option.likeness >= 0.6
    return option.match.how != "factor" and (
        (much >= 9 and option.likeness >= 0.45) or (much >= 6 and option.likeness >= 0.75)
    )


def _allowed(option: Option, near: str) -> bool:
    """Whether a wrong variant is right for what the words beside it say."""
    variant = option.known.form.variant
    return variant is not None and variant.id in ONLY_IF_NOT and bool(ONLY_IF_NOT[variant.id].search(near))


def _by_line(member: Judged, catalog: Catalog) -> None:
    """The verdict on an equation by itself."""
    found = options(member.side, member.said, catalog)
    printed = member.printed
    near = f"{printed.section} {printed.before} {printed.after} {printed.latex} {member.near}"
    found = [o for o in found if not _allowed(o, near)]
    right = next((o for o in found if o.right and _acceptable(o, member.side)), None)
    wrong = next((o for o in found if not o.right and o.named >= 2 and o.likeness >= 0.4), None)
    if (
        wrong is not None
        and wrong.known.form.variant is not None
        and wrong.known.form.variant.id in STRUCTURAL
    ):
        right, wrong = right or wrong, None
    meant = max(member.said.weights.items(), key=lambda p: p[1], default=("", 0.0))
    if right is not None and meant[1] >= 4 and right.named < 2:
        right = None  # the left side names another
    if right is not None and (wrong is None or _surer(right, wrong)):
        crossed = _crossed(right)
        if crossed is not None and all(_crossed(o) for o in found if o.right and o.id == right.id):
            letters = right.match.letters
            straight = {a: a if letters.get(b) == a else b for a, b in letters.items()}
            member.verdict = "wrong"
            member.option = replace(right, changed=crossed, match=replace(right.match, letters=straight))
            return
        if (slip := _by_own_name(member, right)) is not None:
            member.verdict, member.option = "wrong", slip
            return
        member.verdict, member.option = "right", right
        return
    if wrong is not None:
        member.verdict, member.option = "wrong", wrong
        return
    if meant[1] < 4 and any(o.right and (o.named >= 1 or weight(member.side) >= 6) for o in found):
        return  # another formula that is right, by chance or not
    slip = next((o for o in slips(member.side, member.said) if _slipped(o, member)), None)
    if slip is not None:
        member.verdict, member.option = "wrong", slip


def _crossed(right: Option) -> Text | None:
    """Two symbols of the course that stand for one another: `ŷ log y` for `y log ŷ`."""
    if right.named < 2:
        return None
    for one, other in right.match.letters.items():
        if one < other and right.match.letters.get(other) == one:
            return Text(
                f"{called(one)} and {called(other)} have changed places",
                f"{called(one)} 与 {called(other)} 调换了位置",
            )
    return None


def _by_own_name(member: Judged, right: Option) -> Option | None:
    """A slip in the line that has the left side's own name, where the right one that fits is another's: of a gate,
    the cell's."""
    name = member.line.name
    if not name or right.named < 3 or alike(name, right.known.side.line.name) >= 0.5:
        return None
    own = [o for o in slips(member.side, member.said) if o.id == right.id and o.known.side.line.name == name]
    return next((o for o in own if _slipped(o, member)), None)


def _surer(right: Option, wrong: Option) -> bool:
    if right.id == wrong.id:  # letters tell `m` from its corrected form, α from β
        nearer = right.likeness >= wrong.likeness - 0.04
        return nearer and not (right.match.how != "same" and wrong.match.how == "same")
    return right.named >= wrong.named or right.score > wrong.score + 1.5


def _slipped(option: Option, member: Judged) -> bool:
    """Whether a slip in a named formula is what happened, and not another formula that happens to be near."""
    left = member.line.source.left
    counts = option.changed is not None and re.match(r"[TF][PN] stands", option.changed.en)
    if not left or another(left, option.id) or (counts and option.named < 4):
        return False
    if (
        (
            left.startswith(("\\log", "log"))
            or (_MAXIMISED.search(f"{member.printed.before} {member.printed.after}") and "-" not in left)
        )
        and option.changed is not None
        and re.search("sign|minus|term", option.changed.en)
    ):
        return False
    heading_only = member.printed.before.strip() in member.printed.section
    return (
        option.likeness >= (0.75 if heading_only and option.named < 4 else 0.6)
        and weight(member.side) >= 3
        and (option.named >= 3 or member.said.last == option.id)
    )


def _by_whole(group: Group, catalog: Catalog) -> None:
    """The verdict on what the equations do together, which may overrule those on each."""
    for member in group.members:
        if member.whole is None or member.trivial:
            continue
        found = options(member.whole, member.said, catalog)
        right = next((o for o in found if o.right and o.named >= 1), None)
        wrong = next((o for o in found if not o.right and o.named >= 2), None)
        if right is not None and (wrong is None or right.named >= wrong.named):
            member.verdict, member.option, member.by_whole = "right", right, True
        elif wrong is not None:
            member.verdict, member.option, member.by_whole = "wrong", wrong, True
    final = next((m for m in reversed(group.members) if m.whole is not None and m.line.recursive), None)
    if final is None or final.whole is None or final.by_whole:
        return
    if all(m.verdict != "wrong" for m in group.members):
        slip = next((o for o in slips(final.whole, final.said, programs=True) if o.likeness >= 0.5), None)
        if slip is not None:
            target = _where(group, slip) or final
            target.verdict, target.option, target.by_whole = "wrong", slip, True


def _where(group: Group, slip: Option) -> Judged | None:
    """The equation of the group that has the slip: the one that is equal to no line of the form by its own name."""
    named = {line.name for line in slip.known.form.lines}
    own: Sequence[Judged] = [m for m in group.members if not m.trivial]
    doubtful = [m for m in own if m.verdict == "unknown"]
    if doubtful:
        return doubtful[0]
    for member in own:
        if member.option is None or member.line.name not in named:
            continue
        if member.option.known.side.line.name != member.line.name:
            return member
    return None
