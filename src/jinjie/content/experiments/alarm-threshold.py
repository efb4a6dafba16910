"""Who is in danger? The prediction of a line as a score, a threshold for the alarm, and what is counted from both."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Mark, Numbers, Plane, Shown, Value
from jinjie.scratch import Array
from jinjie.scratch.foundations import metrics
from jinjie.scratch.foundations.diabetes import COLUMNS, read_patients

SIDES = (0, 360)


def show(threshold: int = 250, measured: str = "all", danger: int = 250) -> Shown:
    """The new people, parted by both bounds; the ROC curve with this threshold; the figures of the test."""
    scores, results = new_people(measured)
    ill = (results > danger).astype(np.int64)
    M = metrics.confusion_matrix(ill, (scores > threshold).astype(np.int64), K=2)
    (left_alone, false), (missed, found) = M.tolist()

    low, high = SIDES
    plane = Plane(
        [
            Line(Text("in danger", "有危险"), scores[ill == 1], results[ill == 1], dots=True, colour=2),
            Line(Text("not in danger", "没有危险"), scores[ill == 0], results[ill == 0], dots=True, colour=1),
            Line(Text("alarm from here on", "从这里起报警"), [threshold, threshold], [low, high], colour=4),
            Line(
                Text("danger from here on", "从这里起算有危险"),
                [low, high],
                [danger, danger],
                faint=True,
                colour=4,
            ),
        ],
        x_label=Text("prediction", "预测值"),
        y_label=Text("what came", "真实结果"),
        marks=[
            Mark(20, 345, Text(f"missed: {missed}", f"漏报 {missed} 人")),
            Mark(300, 345, Text(f"found: {found}", f"找到 {found} 人")),
            Mark(20, 15, Text(f"rightly left alone: {left_alone}", f"正确放过 {left_alone} 人")),
            Mark(300, 15, Text(f"false alarm: {false}", f"误报 {false} 人")),
        ],
        x_range=SIDES,
        y_range=SIDES,
    )
    fpr, tpr, _ = metrics.roc_curve(ill, scores)
    here = (false / (false + left_alone), found / (found + missed))
    curve = Curves(
        [
            Line(Text("every threshold", "所有阈值"), fpr, tpr),
            Line(Text("a coin", "抛硬币"), [0, 1], [0, 1], faint=True),
        ],
        x_label=Text("share of those not in danger who get an alarm", "没有危险的人里，被误报的比例"),
        y_label=Text("share of those in danger who are found", "有危险的人里，被找到的比例"),
        marks=[Mark(*here, Text("this threshold", "现在的阈值"))],
    )
    numbers = Numbers(
        [
            Value(Text("accuracy", "准确率"), metrics.accuracy(M)),
            Value(Text("accuracy of never an alarm", "从不报警的准确率"), float(np.mean(ill == 0))),
            Value(Text("precision", "精确率"), float(metrics.precision(M)[1])),
            Value(Text("recall", "召回率"), float(metrics.recall(M)[1])),
            Value(Text("F1", "F1"), float(metrics.f1(M)[1])),
            Value(Text("area under the ROC curve", "ROC 曲线下面积"), metrics.roc_auc(ill, scores)),
        ]
    )
    return Shown(plane, curve, numbers)


def new_people(measured: str) -> tuple[Array, Array]:
    """What a line that learned from one half of the people predicts for the other, and what came: twice (221,)."""
    table, y = read_patients()
    columns = table if measured == "all" else table[:, [COLUMNS.index(measured)]]
    X = np.column_stack([columns, np.ones(len(y))])
    order = np.random.default_rng(0).permutation(len(y))
    known, new = order[:221], order[221:]
    theta = np.linalg.lstsq(X[known], y[known], rcond=None)[0]
    return X[new] @ theta, y[new]
