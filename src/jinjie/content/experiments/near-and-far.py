"""Three ways to say where a token stands: how alike two places are, and what that does to a score."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Heat, Line, Numbers, Shown, Value
from jinjie.scratch.transformers import poem_gpt
from jinjie.scratch.transformers.positions import rotary, sinusoidal_positions

FAR = 60
"""The longest distance shown."""
PAIR = "月山"
"""The two characters whose score is shown, with the vectors the poem model has for them."""


def show(way: str = "sinusoidal", channels: int = 64, base: float = 10_000, place: int = 20) -> Shown:
    """The likeness of places by distance, the score of two characters from place 0 and from `place`, the vectors."""
    model, base, place = poem_gpt.poem_gpt(), float(base), int(place)
    C = model.P.shape[1] if way == "learned" else int(channels)
    distances = np.arange(FAR + 1)
    places = np.arange(2 * FAR + 1)
    one, other = model.E[poem_gpt.tokens_of(PAIR)][:, :C]
    if way == "rotary":
        table = rotary(np.tile([1.0, 0.0], (len(places), C // 2)), places, base)
    elif way == "sinusoidal":
        table = sinusoidal_positions(len(places), C, base)
    else:
        table = model.P[: len(places)]

    def scores(start: int) -> np.ndarray:
        """Of `one` at `start` with `other` 0 to FAR places further on."""
        there = start + distances
        if way == "rotary":
            query = rotary(one[None], np.array([start]), base)[0]
            return rotary(np.tile(other, (len(there), 1)), there, base) @ query / np.sqrt(C)
        # the paper of 2017 brings the embedding to the size of the positions before it adds them
        size = np.sqrt(C) if way == "sinusoidal" else 1.0
        return (size * other + table[there]) @ (size * one + table[start]) / np.sqrt(C)

    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    alike = unit[place : place + FAR + 1] @ unit[place]
    moved, still = scores(place), scores(0)
    away = Text("places apart", "相距几个位置")
    likeness = Curves(
        [
            Line(
                Text(f"place {place} with the ones behind it", f"位置 {place} 与其后各位置"), distances, alike
            )
        ],
        title=Text("how alike two places are", "两个位置有多像"),
        x_label=away,
        y_label=Text("cosine", "余弦"),
        y_range=(-0.5, 1.05),
    )
    score = Curves(
        [
            Line(Text(f"{PAIR[0]} at place {place}", f"“{PAIR[0]}”在位置 {place}"), distances, moved),
            Line(Text(f"{PAIR[0]} at place 0", f"“{PAIR[0]}”在位置 0"), distances, still, faint=True),
        ],
        title=Text(f"score of {PAIR[0]} with a later {PAIR[1]}", f"“{PAIR[0]}”与后面的“{PAIR[1]}”的分数"),
        x_label=away,
        y_label=Text("score", "分数"),
    )
    rows = table[:24, :48]
    heat = Heat(
        rows.round(3),
        title=Text(
            "the vectors of the first 24 places, up to 48 channels", "前 24 个位置的向量（至多画 48 个通道）"
        ),
        x_label=Text("channel", "通道"),
        y_label=Text("place", "位置"),
        signed=True,
    )
    numbers = Numbers(
        [
            Value(Text("cosine with the next place", "与下一个位置的余弦"), alike[1]),
            Value(Text("cosine 40 places on", "与 40 个位置之后的余弦"), alike[40]),
            Value(
                Text("largest difference of the two score curves", "两条分数曲线的最大差"),
                np.abs(moved - still).max().round(9),
            ),
        ]
    )
    return Shown(likeness, score, heat, numbers)
