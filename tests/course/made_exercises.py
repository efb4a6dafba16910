"""An exercise of two functions, made for the tests, and folders of content to put it in."""

from __future__ import annotations

from pathlib import Path

SHEET = """title: {en: A step downhill, zh: 往下走一步}
concepts: [gradient-descent]
minutes: 10
entries: [loss, step]
rtol: 1.0e-6
atol: 1.0e-9
visible: 4
hidden: 16
limits: {seconds: 1.0, memory_mb: 256}
hints:
  - {when: sums_instead_of_mean, en: "Mean, not sum.", zh: 取均值，不是求和。}
  - {when: goes_uphill, en: "Which way is down?", zh: 哪边是下坡？}
  - {when: changes_theta, en: "Make a new array.", zh: 新建一个数组。}
  - {when: exception, en: "Look at the line.", zh: 看看那一行。}
  - {when: always, en: "Work one step on paper.", zh: 在纸上走一步。}
  - {when: always, en: "theta minus rate times gradient.", zh: 参数减学习率乘梯度。}
"""
STARTER = '''import numpy as np


def loss(errors):
    """Mean of the squares."""
    raise NotImplementedError


def step(theta, gradient, rate):
    """One step downhill."""
    raise NotImplementedError
'''
SOLUTION = """import numpy as np


def loss(errors):
    return np.mean(errors**2)


def step(theta, gradient, rate):
    return theta - rate * gradient
"""
CASES = """def cases(rng):
    yield {"en": "two errors", "zh": "两个误差"}, "loss", (rng.normal(size=2),)
    yield {"en": "two numbers", "zh": "两个数"}, "step", (rng.normal(size=2), rng.normal(size=2), 0.1)
    while True:
        n = int(rng.integers(3, 9))
        yield {"en": "many errors", "zh": "许多误差"}, "loss", (rng.normal(size=n),)
        yield {"en": "many numbers", "zh": "许多数"}, "step", (rng.normal(size=n), rng.normal(size=n), 0.3)
        arguments = {"theta": rng.normal(size=(n, 2)), "gradient": rng.normal(size=(n, 2)), "rate": 0.3}
        yield {"en": "a matrix", "zh": "一个矩阵"}, "step", arguments
"""
WRONG = {
    "sums_instead_of_mean": SOLUTION.replace("np.mean", "np.sum"),
    "goes_uphill": SOLUTION.replace("theta - rate", "theta + rate"),
    "changes_theta": SOLUTION.replace(
        "return theta - rate * gradient", "theta -= rate * gradient\n    return theta"
    ),
}


def exercise(
    root: Path,
    slug: str = "descent-step",
    *,
    sheet: str = SHEET,
    starter: str = STARTER,
    solution: str = SOLUTION,
    cases: str = CASES,
    wrong: dict[str, str] = WRONG,
) -> Path:
    """A content folder with one exercise."""
    folder = root / "exercises" / slug
    (folder / "wrong").mkdir(parents=True)
    files = {
        "exercise.yaml": sheet,
        "starter.py": starter,
        "solution.py": solution,
        "cases.py": cases,
        "en.md": "Walk downhill.",
        "zh.md": "往低处走。",
        **{f"wrong/{name}.py": text for name, text in wrong.items()},
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return root


def one_function(
    root: Path,
    solution: str,
    cases: str,
    slug: str = "one",
    settings: str = "",
    wrong: dict[str, str] | None = None,
) -> Path:
    """A content folder with an exercise of the one function `f`."""
    sheet = f"""title: {{en: One, zh: 一}}
concepts: [one]
minutes: 5
entries: [f]
hints: [{{when: always, en: Think., zh: 想一想。}}]
{settings or "rtol: 1.0e-6"}
"""
    starter = "def f(*args):\n    raise NotImplementedError\n"
    return exercise(
        root, slug, sheet=sheet, starter=starter, solution=solution, cases=cases, wrong=wrong or {}
    )
