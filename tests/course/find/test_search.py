"""What may be asked, in whatever way it is written, and what is told of what was found."""

from __future__ import annotations

import pytest

from jinjie.base import words
from jinjie.base.errors import InvalidInput
from jinjie.course.content.library import load
from jinjie.course.find import KINDS, Found, find
from jinjie.course.find.fold import fold, stem, terms
from jinjie.course.find.snippet import snippet

pytestmark = pytest.mark.usefixtures("ready")


def names(found: Found) -> list[str]:
    return [f"{hit.kind}:{hit.id}" for hit in found.hits]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("梯度下降", "梯度下降"),
        ("機器學習", "机器学习"),
        ("類神經網路", "神经网络"),
        ("ＳＯＦＴＭＡＸ", "softmax"),
        ("SoftMax", "softmax"),
        ("softmáx", "softmax"),
        ("softmax稳定", "softmax 稳定"),
        ("softmax（稳定）", "softmax 稳定"),
        ("quantisation", "quantization"),
        ("quantised", "quantize"),
        ("batch_size", "batch size"),
    ],
)
def test_written_one_way_or_another(one: str, other: str) -> None:
    assert names(find(one)) == names(find(other)) != []


@pytest.mark.parametrize(
    "signs", ["", "  ", '"', "*", "-", "()", "^", "。，！？", "🙂", "\x00", "：", '"" AND *'[:2]]
)
def test_signs_alone_find_nothing_and_harm_nothing(signs: str) -> None:
    assert find(signs) == Found((), 0, None)


@pytest.mark.parametrize(
    "text",
    [
        '"softmax',
        "softmax*",
        "-softmax",
        "title:softmax",
        "softmax)",
        "{softmax}",
        "softmax;--",
        "softmax' OR '1'='1",
        "^softmax",
    ],
)
def test_the_syntax_of_the_index_is_no_syntax_here(text: str) -> None:
    assert "concept:softmax" in names(find(text))[:3]


@pytest.mark.parametrize(
    "word", ["NEAR", "AND", "OR", "NOT", "NEAR/2", "a NEAR(b c, 2)", "MATCH", "\udcff", "C++", "l'eau"]
)
def test_its_words_are_words(word: str) -> None:
    found = find(f"softmax {word}")
    assert "concept:softmax" in names(found)[:5]


def test_long_questions_are_cut() -> None:
    assert find("梯" * 100_000).count == 0
    assert "concept:softmax" in names(find("softmax " * 50_000))


@pytest.mark.parametrize("character", ["熵", "核", "秩", "损"])
def test_one_character_finds_what_holds_it(character: str) -> None:
    found = find(character)
    assert found.count > 0
    for hit in found.hits[:3]:
        written = load().concepts.get(hit.id)
        held = f"{hit.title.zh}{hit.snippet.text}{written.entry.aliases.zh if written else ''}"
        assert character in held, hit


@pytest.mark.parametrize(
    ("wrong", "right", "first"),
    [
        ("gradiant decent", "gradient descent", "concept:gradient-descent"),
        ("transfomer", "transformer", "concept:transformer-layer"),
        ("atention 因果掩码", "attention 因果掩码", "concept:causal-mask"),
        ("backpropogation", "backpropagation", "concept:backpropagation"),
    ],
)
def test_a_misspelt_word_is_taken_for_the_nearest(wrong: str, right: str, first: str) -> None:
    found = find(wrong)
    assert found.suggestion == right
    assert first in names(found)[:2]


@pytest.mark.parametrize("known", ["softmax", "what is a softmax", "handle", "xyzzyq", "梯度下降"])
def test_nothing_is_suggested_where_nothing_is_near_or_wrong(known: str) -> None:
    assert find(known).suggestion is None


def test_kinds_and_limits() -> None:
    found = find("attention", kinds=["formula", "resource"], limit=3)
    assert len(found.hits) == 3 < found.count
    assert {hit.kind for hit in find("attention", kinds=["formula", "resource"], limit=200).hits} == {
        "formula",
        "resource",
    }
    with pytest.raises(InvalidInput, match="Did you mean 'lesson'"):
        find("attention", kinds=["lessn", "concept"])


def test_every_kind_can_be_found() -> None:
    found = {
        hit.kind for word in ("attention", "gradient descent", "训练") for hit in find(word, limit=200).hits
    }
    assert found == set(KINDS)


def test_a_lesson_is_found_once_by_its_best_section() -> None:
    with words.speaking("zh"):
        found = [hit for hit in find("不分先后 注意力 顺序", limit=200).hits if hit.kind == "lesson"]
    assert len({hit.id for hit in found}) == len(found)
    sections = [hit for hit in find("why divide by the root", kinds=["lesson"]).hits if hit.id == "attention"]
    assert "√" in sections[0].heading.en and "√" in sections[0].heading.zh


def test_what_to_type_next() -> None:
    library = load()
    for word in ("attention", "梯度下降", "adam", "train"):
        for hit in find(word, limit=200).hits:
            assert (
                hit.address.startswith("http")
                if hit.kind == "resource"
                else hit.command.startswith("jinjie ") or hit.planned
            )
            if hit.kind == "concept":
                assert hit.planned is library.concepts[hit.id].entry.planned
            if hit.command.startswith("jinjie lesson "):
                assert hit.command.split()[2] in library.lessons


def test_a_concept_without_its_lesson_leads_on() -> None:
    """Its command finds something: a resource that carries it."""
    hit = find("LoRA", kinds=["concept"]).hits[0]
    assert (hit.id, hit.planned, hit.command) == ("lora", True, "jinjie resources lora")
    assert any(other.id == "lora-2021" for other in find("lora", kinds=["resource"]).hits)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_snippet_marks_what_was_asked_for(lang: words.Language) -> None:
    with words.speaking(lang):
        hits = find("steepest 最速").hits
    piece = next(hit for hit in hits if hit.id == "gradient-descent" and hit.kind == "concept").snippet
    marked = [piece.text[start:end] for start, end in piece.marks]
    assert marked == (["steepest"] if lang == "en" else ["最速"])


def test_marks_stand_in_the_text_as_it_was_written() -> None:
    body = "ﬁ…㎏。" * 40 + "這裡的ＳＯＦＴＭＡＸ很重要 and classes, too. " + "尾。" * 80
    piece = snippet([body], ["softmax", "class", "重要"])
    assert [piece.text[start:end] for start, end in piece.marks] == ["ＳＯＦＴＭＡＸ", "重要", "classes"]
    assert piece.text.startswith("…") and piece.text.endswith("…") and len(piece.text) < 100


def test_a_part_of_another_word_is_not_marked() -> None:
    assert snippet(["madam Adam adamw"], ["adam"]).marks == ((6, 10), (11, 16))


def test_folding_keeps_places() -> None:
    folded = fold("Ｆｉﬁ習É")
    assert folded.text == "fifi习e"
    assert folded.places == (0, 1, 2, 2, 3, 4)


def test_terms_of_both_scripts() -> None:
    assert terms("Adam 优化器, classes") == ["adam", "优化", "化器", "器", "class"]


@pytest.mark.parametrize(
    "forms",
    ["class classes", "bias biases", "noise noises", "explode exploding exploded", "split splitting", "loss losses",
     "quantise quantised quantization quantising", "query queries", "series", "gpu gpus"],
)  # fmt: skip
def test_the_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1
