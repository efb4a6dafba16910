"""What is wrong in the code of an article: read with `ast`, never run.

`program.py` puts the blocks together, `syntax.py` reads single pieces, `scopes.py` and `meaning.py` follow names,
`outputs.py` follows networks to their last layer, and each file of `rules/` looks for one kind of error. All of them
say nothing where they cannot follow: a false alarm costs a reader more than an error that is missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinjie.audit.article import Code
from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import programs
from jinjie.audit.code.rules import JUDGES
from jinjie.audit.code.rules.broken import of_broken
from jinjie.audit.finding import Finding


def judge(codes: Sequence[Code]) -> list[Finding]:
    """The findings in the pieces of code of one article, in the order of their places."""
    found: list[Finding] = []
    together, broken = programs(codes)
    found += [of_broken(one) for one in broken]
    for program in together:
        meaning = Meaning(program)
        for look in JUDGES:
            found += look(meaning)
    once = {(f.rule, f.place, f.names): f for f in found}
    return sorted(once.values(), key=lambda f: (f.place.cell or 0, f.place.line, f.rule))
