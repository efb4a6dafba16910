"""The table of claims against sentences of tutorials: what is wrong is found, what is fine or tricky is left alone."""

from pathlib import Path

import pytest
import yaml

from jinjie.audit.article import of_text
from jinjie.audit.claims import judge
from jinjie.audit.claims.reading import table
from jinjie.base.words import LANGUAGES

HERE = Path(__file__).parent
CASES = yaml.load((HERE / "cases.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


def wrong_rules(text: str) -> set[str]:
    return {found.rule for found in judge(of_text(text, Path("a.md"))) if found.verdict == "wrong"}


def test_every_claim_has_two_of_each_kind_in_each_language():
    assert CASES.keys() == {claim.id for claim in table().claims}
    for rule, kinds in CASES.items():
        for kind in ("wrong", "fine"):
            for lang in LANGUAGES:
                assert len(kinds[kind][lang]) >= 2, (rule, kind, lang)


@pytest.mark.parametrize("rule", CASES)
def test_wrong_sentences_are_found(rule):
    missed = [
        text for texts in CASES[rule]["wrong"].values() for text in texts if rule not in wrong_rules(text)
    ]
    assert not missed


@pytest.mark.parametrize("rule", CASES)
def test_fine_and_tricky_sentences_are_left_alone(rule):
    alarms = [
        (text, found)
        for texts in CASES[rule]["fine"].values()
        for text in texts
        if (found := wrong_rules(text))
    ]
    assert not alarms
