"""Right pieces of tutorials as ordinary ones are: not one is accused of anything but what is minor."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.audit.judge import audit

PIECES = sorted((Path(__file__).parent / "snippets" / "ordinary").iterdir())


def test_there_are_forty_five() -> None:
    assert len(PIECES) == 45


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_an_ordinary_piece_is_not_accused(piece: Path) -> None:
    wrong = [(f.place.line, f.rule) for f in audit(piece).of("wrong") if f.severity != "low"]
    assert wrong == []
