"""The questions of the benchmark: fair, well formed, and not in what the packaged model learned from."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib import resources

import pytest

from jinjie.analyse.benchmark.items import LANGUAGES, Item, items
from jinjie.analyse.texts.sentences import KINDS
from jinjie.data import plays
from jinjie.data.tokenization.texts import packaged_poems, poems

FEWEST = {"en": 100, "zh": 100}
HAN = re.compile("[\u4e00-\u9fff]")


def every() -> list[tuple[str, Item]]:
    return [(language, item) for language in LANGUAGES for item in items(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_of_several_kinds_and_each_kind_has_a_name(language: str) -> None:
    kinds = Counter(item.kind for item in items(language))
    assert sum(kinds.values()) >= FEWEST[language] and len(kinds) >= 6
    assert min(kinds.values()) >= 8 and set(kinds) <= set(KINDS)
    assert [item.kind for item in items(language)] == sorted(item.kind for item in items(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_kinds_in_the_file_are_sorted_and_say_what_they_ask(language: str) -> None:
    text = resources.files("jinjie.analyse.benchmark").joinpath(f"{language}.toml").read_text("utf-8")
    kinds = list(tomllib.loads(text))
    assert kinds == sorted(kinds)
    assert len(re.findall(r"^\[\w+\]\n# .+\n", text, re.MULTILINE)) == len(kinds)


def test_each_has_one_right_answer_and_is_asked_once() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for _, item in every():
        assert 2 <= len(item.continuations) <= 4 and len(set(item.continuations)) == len(
            item.continuations
        ), item
        assert item.context.strip() and all(one.strip() for one in item.continuations), item
        seen[item.context, item.right] += 1
    assert max(seen.values()) == 1


def test_lengths_do_not_give_the_answer_away() -> None:
    """Sums of log-probabilities fall with length, so continuations are alike in it."""
    longer = shorter = 0
    for _, item in every():
        sizes = [len(one.encode()) for one in item.continuations]
        assert max(sizes) - min(sizes) <= max(3, 0.35 * max(sizes)), item
        longer += sizes[0] > max(sizes[1:])
        shorter += sizes[0] < min(sizes[1:])
    assert abs(longer - shorter) < 0.1 * len(every())


def test_blanks_and_scripts_are_those_of_the_language() -> None:
    for language, item in every():
        whole = item.context + "".join(item.continuations)
        assert bool(HAN.search(whole)) == (language == "zh"), item
        assert not item.context.endswith(" ") and "  " not in whole, item
        if language == "zh":
            assert " " not in whole, item


def parts(language: str, text: str) -> list[str]:
    """The words of a continuation, or its characters, sorted."""
    return sorted(text.rstrip("。？")) if language == "zh" else sorted(re.findall(r"\w+", text))


def test_word_order_has_the_same_words_in_another_order() -> None:
    for language, item in every():
        if item.kind in ("word_order", "verse_order"):
            for one in item.wrong:
                assert parts(language, one) == parts(language, item.right), item


def test_questions_about_verse_are_of_different_held_out_poems() -> None:
    verse = [item for item in items("zh") if item.kind.startswith("verse")]
    documents = packaged_poems().split("\n\n")
    used = []
    for item in verse:
        found = [i for i, poem in enumerate(documents) if item.context + item.right in poem]
        assert len(found) == 1, item
        used += found
    assert len(set(used)) == len(verse) == 72


def test_no_question_is_in_what_the_packaged_models_learned_from() -> None:
    english = " ".join(" ".join(plays.documents()).split())
    assert "the very same man" in english
    for item in items("en"):
        assert " ".join((item.context + item.right).split()) not in english, item
    text = poems()
    assert "举头望" in text
    for item in items("zh"):
        assert item.context + item.right not in text, item
        if item.kind.startswith("verse"):
            couplet = (item.context + item.right).rpartition("\n")[2]
            assert couplet not in text, item
