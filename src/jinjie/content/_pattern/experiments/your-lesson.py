"""The mean of the first people of a study, as more and more of them are asked."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Numbers, Shown, Value
from jinjie.scratch.foundations.diabetes import patients


def show(people: int = 100) -> Shown:
    """The running mean of the body mass index, and how far it is from that of everybody."""
    X, _ = patients("bmi")  # (442, 1), of mean 0 over everybody
    asked = np.arange(1, people + 1)  # (N,)
    mean = X[:people, 0].cumsum() / asked  # (N,)
    curves = Curves(
        [
            Line(Text("mean so far", "目前的平均"), asked, mean),
            Line(Text("mean of everybody", "所有人的平均"), [1, people], [0.0, 0.0], faint=True),
        ],
        x_label=Text("people asked", "问过的人数"),
        y_label=Text("body mass index, in deviations", "体重指数（以标准差为单位）"),
    )
    return Shown(curves, Numbers([Value(Text("mean so far", "目前的平均"), float(mean[-1]))]))
