"""How a text is split, measured and drawn."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jinjie.base.errors import InvalidInput
from jinjie.base.svg import COLOURS
from jinjie.data.tokenization.measure import longest, measure, samples
from jinjie.data.tokenization.picture import MOST, draw, page, write_picture
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.split import Part, groups, lines, split, visible


@settings(deadline=None)
@given(st.text(max_size=60))
@example("a🙂\n\n中 <|endoftext|>月\u200d")
def test_parts_are_the_ids_and_cover_the_text(bpe: TokenProcessor, text: str) -> None:
    parts = split(bpe, text)
    assert [part.id for part in parts] == bpe.ids(text)
    spelled = b"".join(part.token.encode() if part.special else part.content for part in parts)
    assert spelled.decode() == text
    covered = {i for part in parts for i in range(part.start, part.end)}
    assert covered == set(range(len(text)))
    assert [one for group in groups(parts) for one in group.parts] == parts
    assert [group for line in lines(parts) for group in line] == groups(parts)
    assert all("\ufffd" not in group.label or "\ufffd" in text for group in groups(parts))


def test_bytes_of_one_character_are_shown_together(gpt2: TokenProcessor) -> None:
    shown = [(group.label, len(group.parts)) for group in groups(split(gpt2, "a 世🙂\n"))]
    assert shown == [("a", 1), ("·", 1), ("世", 2), ("🙂", 2), ("↵", 1)]


def test_bytes_that_make_no_character_are_shown_as_such() -> None:
    def part(content: bytes) -> Part:
        return Part(1, "?", 0, 0, content, False)

    shown = [
        group.label
        for group in groups(
            [part(b"\xe4\xb8"), part(b"a"), part(b"\xff"), part(b"\xe4"), part(b"\xb8\x96"), part(b"\xe4")]
        )
    ]
    assert shown == ["E4 B8", "a", "FF", "世", "E4"]


def test_blanks_and_what_no_screen_shows_are_visible() -> None:
    assert visible("a b\n\t\u3000\u200b\x00") == "a·b↵→□‹200B›‹0›"


def test_what_stands_around_a_text_covers_nothing_of_it(bert: TokenProcessor) -> None:
    parts = split(bert, "Hello 🙂", special=True)
    assert [(p.label, p.start, p.end, p.special) for p in parts] == [
        ("[CLS]", 0, 0, True),
        ("hello", 0, 5, False),
        ("[UNK]", 6, 7, True),
        ("[SEP]", 0, 0, True),
    ]


def test_measures_of_a_text(characters: TokenProcessor, gpt2: TokenProcessor, bert: TokenProcessor) -> None:
    fit = measure(characters, "to be 月光")
    assert (fit.characters, fit.bytes, fit.tokens) == (8, 12, 8)
    assert fit.bytes_per_token == 1.5
    assert fit.tokens_per_word == 2.0 and fit.tokens_per_character == 1.0 and fit.unknown == 0.0
    assert measure(characters, "ψψ月月").unknown == 0.5
    fit = measure(gpt2, "unbelievable news, 世界")
    assert fit.tokens_per_word == (4 + 1) / 2  # un|bel|iev|able news
    assert fit.tokens_per_character == (2 + 2) / 2
    assert measure(gpt2, "").bytes_per_token == 0.0
    assert measure(bert, "12 34").tokens_per_word is None


def test_fertility_counts_every_token_that_has_a_part_in_a_word(gpt2: TokenProcessor) -> None:
    text = "Unbelievable, isn't it?  世界 a世"
    parts = split(gpt2, text)
    words = [m.span() for m in re.finditer(r"[A-Za-z]+(?:'[A-Za-z]+)*", text)]
    expected = sum(any(p.start < b and p.end > a for a in [a]) for a, b in words for p in parts) / len(words)
    assert measure(gpt2, text).tokens_per_word == expected
    places = [i for i, c in enumerate(text) if c in "世界"]
    chinese = sum(p.start < i + 1 and p.end > i for i in places for p in parts) / len(places)
    assert measure(gpt2, text).tokens_per_character == chinese


def test_both_packaged_texts_are_measured(bpe: TokenProcessor) -> None:
    found = {name: measure(bpe, text) for name, text in samples().items()}
    assert set(found) == {"shakespeare", "poems"}
    assert found["shakespeare"].tokens_per_character is None and found["poems"].tokens_per_word is None
    assert found["shakespeare"].bytes == 1_115_394
    assert found["shakespeare"].bytes_per_token > 2


def test_the_longest_tokens_stand_first(gpt2: TokenProcessor, bpe: TokenProcessor) -> None:
    for processor in (gpt2, bpe):
        sizes = [size for _, _, size in longest(processor)]
        assert sizes == sorted(sizes, reverse=True) and len(sizes) == 10
        assert sizes[0] <= processor.token_bytes().max()


def texts_of(svg: bytes) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


def test_a_picture_can_be_inlined_and_its_text_is_text(gpt2: TokenProcessor) -> None:
    parts = split(gpt2, "Hello 世界 <b>&\n<|endoftext|>")
    svg = draw(parts, "gpt2 分词 & <b>")
    root = ET.fromstring(svg)
    assert not any(e.tag.endswith(("}style", "}script")) or "style" in e.attrib for e in root.iter())
    used = set(re.findall(r"var\(--([\w-]+), (#\w+)\)", svg.decode()))
    assert used and all(COLOURS[name][0] == colour for name, colour in used)
    assert {"gpt2 分词 & <b>", "Hello", "世", "界", "<|endoftext|>", "↵"} <= set(texts_of(svg))
    assert {str(part.id) for part in parts} <= set(texts_of(svg))
    assert "PingFang" in svg.decode()


def test_nothing_runs_out_of_the_picture(gpt2: TokenProcessor) -> None:
    svg = draw(split(gpt2, ("word 月亮 " * 60 + "\n") * 3), "x")
    root = ET.fromstring(svg)
    wide, high = (float(root.attrib[side]) for side in ("width", "height"))
    boxes = [e for e in root.iter() if e.tag.endswith("}rect")]
    assert boxes
    for box in boxes:
        x, y, w, h = (float(box.attrib[key]) for key in ("x", "y", "width", "height"))
        assert x >= 0 and x + w <= wide and y + h <= high


def test_long_texts_are_drawn_as_far_as_can_be_read(gpt2: TokenProcessor) -> None:
    parts = split(gpt2, "a\n" * MOST)
    assert any(f"{len(parts) - MOST:,}" in text for text in texts_of(draw(parts, "x")))
    assert f"{len(parts) - MOST:,}" in page(parts, "x")


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=40), st.text(max_size=10))
@example("\x00\x1b[31m\ufffe]]>", "<script>")
def test_any_text_can_be_drawn(bpe: TokenProcessor, text: str, title: str) -> None:
    parts = split(bpe, text)
    ET.fromstring(draw(parts, title))
    drawn = page(parts, title)
    assert "<script" not in drawn
    assert [int(i) for i in re.findall(r"<i [^>]*>(\d+)</i>", drawn)] == [part.id for part in parts]


def test_a_page_holds_the_text(gpt2: TokenProcessor, tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    write_picture(file, split(gpt2, "Hello 世界 <b>"), "gpt2")
    content = file.read_text("utf-8")
    words = [unescape(word) for word in re.findall(r"<b>(.*?)</b>", content)]
    assert "".join(words) == "Hello·世界·<b>"
    assert "prefers-color-scheme:dark" in content and "http" not in content


def test_a_picture_of_its_own_turns_dark_and_other_endings_are_refused(
    gpt2: TokenProcessor, tmp_path: Path
) -> None:
    parts = split(gpt2, "a")
    write_picture(tmp_path / "a.SVG", parts, "x")
    assert b"prefers-color-scheme:dark" in (tmp_path / "a.SVG").read_bytes()
    for file in (tmp_path / "a.png", tmp_path / "a", tmp_path / "none" / "a.svg"):
        with pytest.raises(InvalidInput):
            write_picture(file, parts, "x")
