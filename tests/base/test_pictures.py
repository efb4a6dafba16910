"""Charts fit into a page that forbids styles, follow its colours, and are the same every time."""

from __future__ import annotations

import io
import math
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from jinjie.base import words
from jinjie.base.pictures import (
    Curve,
    confusion,
    curves,
    heat_map,
    image_grid,
    reliability,
    scatter_line,
)
from jinjie.base.svg import COLOURS, light, standalone, text_width

X = list(range(50))
FALL = [4 * math.exp(-x / 10) + 0.5 for x in X]


def draw_all() -> dict[str, bytes]:
    return {
        "curves": curves({"训练": Curve(X, FALL, faint=True), "验证": (X, FALL)}, "损失曲线", "步", "损失"),
        "log": curves({"loss": (X, FALL)}, "Loss", "step", "loss", log=True),
        "fit": scatter_line((X, FALL), ([0, 49], [3, 0]), "y = −0.06x + 3"),
        "confusion": confusion([[9, 1], [0, 5]], ["正面", "负面"], "混淆矩阵"),
        "heat": heat_map([[1, 0], [0.36, 0.64]], ["春", "眠"], "看向哪里", "被看的", "正在看的"),
        "reliability": reliability([(0.55, 0.4, 7), (0.95, 0.9, 123456)], "校准", "把握", "答对的比例"),
    }


def texts(svg: bytes) -> list[str]:
    return [
        "".join(element.itertext()) for element in ET.fromstring(svg).iter() if element.tag.endswith("}text")
    ]


@pytest.mark.parametrize("name", ["curves", "log", "fit", "confusion", "heat", "reliability"])
def test_a_picture_can_be_inlined_and_follows_the_page(name: str) -> None:
    svg = draw_all()[name].decode()
    root = ET.fromstring(svg)
    assert not any(element.tag.endswith(("}style", "}script", "}metadata")) for element in root.iter())
    assert not any("style" in element.attrib for element in root.iter())
    colours = set(re.findall(r"""(?:fill|stroke)="(#[^"]+)""", svg))
    assert colours == set(), "a colour that does not follow the page"
    used = set(re.findall(r"var\(--([\w-]+), (#\w+)\)", svg))
    assert used
    assert all(COLOURS[variable][0] == fallback for variable, fallback in used)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"]


def test_text_stays_text_in_chinese() -> None:
    found = draw_all()
    assert {"损失曲线", "步", "损失", "训练", "验证"} <= set(texts(found["curves"]))
    assert {"混淆矩阵", "正面", "负面", "9", "1", "5"} <= set(texts(found["confusion"]))
    assert "PingFang" in found["curves"].decode()


def test_a_heat_map_of_many_tokens_is_small_and_names_some() -> None:
    """100 tokens: a shape for each shade and not one for each of 5,050 cells; labels far enough apart to be read."""
    count = 100
    matrix = [[1 / (row + 1) if column <= row else 0.0 for column in range(count)] for row in range(count)]
    svg = heat_map(matrix, [f"t{i}" for i in range(count)], "title", "x", "y")
    assert len(svg) < 300_000
    root = ET.fromstring(svg)
    shades = [float(e.attrib["opacity"]) for e in root.iter() if "opacity" in e.attrib]
    assert min(shades) > 0.09 and max(shades) <= 1, "0.01 still shows, as a tenth"
    named = [text for text in texts(svg) if re.fullmatch(r"t\d+", text)]
    assert 2 * 20 <= len(named) <= 2 * 60
    assert {"0.01", "0.1", "0.5"} <= set(texts(svg))


def test_equal_pictures_are_equal_bytes() -> None:
    assert draw_all() == draw_all()


def test_the_confusion_matrix_says_its_axes_in_the_current_language() -> None:
    assert {"predicted", "true"} <= set(texts(confusion([[1]], ["a"])))
    words.use("zh")
    assert {"预测类别", "真实类别"} <= set(texts(confusion([[1]], ["a"])))


def test_a_file_of_its_own_turns_dark() -> None:
    svg = standalone(draw_all()["curves"])
    ET.fromstring(svg)
    assert b"prefers-color-scheme:dark" in svg
    assert f"--ink:{COLOURS['ink'][1]}".encode() in svg


def test_text_can_be_read_in_the_light_and_in_the_dark() -> None:
    """WCAG 2.2: 4.5 to 1 for text; 3 to 1 for lines of a chart."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for theme in (0, 1):
        paper = luminance(COLOURS["paper"][theme])
        for name, pair in COLOURS.items():
            needed = {"ink": 7.0, "muted": 4.5, "rule": 1.0, "paper": 1.0}.get(name, 3.0)
            bright, dark = sorted((paper, luminance(pair[theme])), reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= needed, (name, theme)


names = st.text(max_size=12)
values = st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(names, values, max_size=3), names, st.booleans())
def test_any_numbers_and_any_names_can_be_drawn(lines: dict[str, list[float]], title: str, log: bool) -> None:
    """Also what a diverging run gives: nan, infinities, nothing at all; and names with $, <, control characters."""
    drawn = {name: (list(range(len(y))), y) for name, y in lines.items()}
    assert ET.fromstring(curves(drawn, title, log=log)).tag.endswith("}svg")


def test_ten_curves_keep_apart_from_their_names() -> None:
    svg = curves({f"run-{i} 学习率 {i}": (X, FALL) for i in range(10)}, "many")
    places = [
        (float(e.attrib["x"]), float(e.attrib["y"]))
        for e in ET.fromstring(svg).iter()
        if e.tag.endswith("}text") and "学习率" in "".join(e.itertext())
    ]
    assert len(set(places)) == 10
    wide = text_width("run-0 学习率 0", 12)
    assert all(x + wide <= 640 for x, _ in places)


def test_a_grid_shows_every_pixel_where_it_belongs() -> None:
    images = np.zeros((3, 4, 5), np.uint8)
    images[1] = 255
    images[2, 0, 0] = 128
    sheet = np.asarray(Image.open(io.BytesIO(image_grid(images, columns=2, scale=3, gap=2))))
    assert sheet.shape == (2 * 12 + 2, 2 * 15 + 2, 4)
    assert (sheet[:12, :15] == [0, 0, 0, 255]).all()
    assert (sheet[:12, 17:] == [255, 255, 255, 255]).all()
    assert (sheet[14:17, :3] == [128, 128, 128, 255]).all()
    assert (sheet[:, 15:17, 3] == 0).all(), "gaps are transparent"
    assert (sheet[14:, 17:, 3] == 0).all(), "so is an empty place"


def test_a_grid_takes_floats_and_colours_and_refuses_the_rest() -> None:
    colours = np.array([[[[0.0, 0.5, 2.0]]]])
    assert np.asarray(Image.open(io.BytesIO(image_grid(colours, scale=1))))[0, 0].tolist() == [
        0,
        128,
        255,
        255,
    ]
    with pytest.raises(ValueError, match="expected images"):
        image_grid(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="expected images"):
        image_grid(np.zeros((0, 3, 3)))


def test_every_colour_has_a_drawing_colour_of_its_own() -> None:
    assert len({light(name) for name in COLOURS}) == len(COLOURS)


def test_calibration_says_how_many_each_point_stands_for() -> None:
    seen = texts(draw_all()["reliability"])
    assert {"7", "123.456k", "把握", "答对的比例", "0", "1"} <= set(seen)
    assert reliability([]).startswith(b"<svg"), "an empty split has no points and no bars"
