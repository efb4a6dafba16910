"""A small course of its own: one lesson that holds everything a text may hold."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from jinjie.course.content.library import Library, Written, load
from jinjie.course.content.schema import Lesson

ENGLISH = """\
A first sentence with $x_i^2$ and a link to [the lesson](lesson:slopes).

## The step

```formula
batch-gradient-descent
```

:::idea What a gradient knows
Only the ground under *your* feet.
:::

```python
# the first number
first = 2 * 21
print("first", first)
```

```output
first 42
```

### More of it

:::mistake
```python
print(first + 1)
```

```output
43
```
:::

| rate $\\eta$ | loss |
| --- | ---: |
| 0.1 | 0.6 |

```figure
experiment: valley
knobs: {rate: 0.2}
alt: A path into a valley.
caption: "Ten steps of $\\\\eta = 0.2$."
```

```experiment valley
```

```exercise double
```

```quiz
```

```console
jinjie formula softmax
```
"""

CHINESE = """\
第一句话里有 $x_i^2$，也有[这一课](lesson:slopes)的链接。

## 一步

```formula
batch-gradient-descent
```

:::idea 梯度知道什么
只知道*脚下*的路。
:::

```python
# 第一个数
first = 2 * 21
print("第一个", first)
```

```output
第一个 42
```

### 还有

:::mistake
```python
print(first + 1)
```

```output
43
```
:::

| 学习率 $\\eta$ | 损失 |
| --- | ---: |
| 0.1 | 0.6 |

```figure
experiment: valley
knobs: {rate: 0.2}
alt: 一条走进山谷的路。
caption: "$\\\\eta = 0.2$ 走十步。"
```

```experiment valley
```

```exercise double
```

```quiz
```

```console
jinjie formula softmax
```
"""

FILES = {
    "concepts/first.yaml": """
        stage: 1
        name: {en: First steps, zh: 第一步}
        concepts:
          - {id: number, name: {en: Number, zh: 数}, minutes: 5, level: 1, prior: true}
          - {id: slope, name: {en: Slope, zh: 斜率}, requires: [number], minutes: 20, level: 1, lesson: slopes}
          - id: speed
            name: {en: Speed, zh: 速度}
            requires: [slope]
            minutes: 30
            level: 1
            lesson: speed
            planned: true
        """,
    "lessons/slopes/lesson.yaml": """
        title: {en: Slopes, zh: 斜率}
        summary: {en: What a slope says., zh: 斜率说了什么。}
        stage: 1
        teaches: [slope]
        requires: [number]
        minutes: 20
        memory_mb: 200
        experiments: [valley]
        exercises: [double]
        quiz: slopes
        resources: [a-book]
        """,
    "lessons/slopes/en.md": ENGLISH,
    "lessons/slopes/zh.md": CHINESE,
    "experiments/valley.yaml": """
        title: {en: A valley, zh: 山谷}
        function: show
        knobs:
          - {name: rate, label: {en: rate, zh: 学习率}, min: 0.1, max: 1.0, step: 0.1, default: 0.1}
          - {name: batch, label: {en: batch, zh: 批量}, choices: [1, 8], default: 8}
        notice: {en: See where it ends., zh: 看它停在哪里。}
        """,
    "experiments/valley.py": """
        from jinjie.course.experiments.shown import Curves, Line, Shown


        def show(rate: float, batch: int) -> Shown:
            steps = range(10)
            return Shown(Curves([Line("loss", steps, [(1 - rate) ** step for step in steps])]))
        """,
    "exercises/double/exercise.yaml": """
        title: {en: Double it, zh: 加倍}
        concepts: [slope]
        minutes: 5
        entries: [double]
        rtol: 1.0e-6
        atol: 1.0e-9
        hints: [{when: always, en: Twice., zh: 两倍。}]
        """,
    "exercises/double/en.md": "Write `double`, which doubles $x$.\n",
    "exercises/double/zh.md": "写 `double`，把 $x$ 加倍。\n",
    "exercises/double/starter.py": """
        def double(x: float) -> float:
            raise NotImplementedError
        """,
    "quizzes/slopes.yaml": """
        items:
          - id: one
            concept: slope
            difficulty: 1
            stem: {en: "Is $1 < 2$?", zh: "$1 < 2$ 吗？"}
            choices:
              - {text: {en: "Yes", zh: 是}, explain: {en: Right., zh: 对。}, correct: true}
              - {text: {en: "No", zh: 否}, explain: {en: Count again., zh: 再数一遍。}}
        """,
    "resources/books.yaml": """
        resources:
          - id: a-book
            title: A book
            authors: [A. Writer]
            year: 2020
            kind: book
            language: [en]
            level: beginner
            url: https://example.org/book
            cost: free
            checked: null
        """,
}

Shelf = Callable[..., Library]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Writes the course, with other texts where they are given, and reads it."""

    def write(**texts: str) -> Library:
        root = tmp_path / "content"
        for name, text in FILES.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
        for lang, text in texts.items():
            (root / "lessons" / "slopes" / f"{lang}.md").write_text(text, encoding="utf-8")
        return load([root])

    return write


@pytest.fixture
def library(shelf: Shelf) -> Library:
    return shelf()


@pytest.fixture
def lesson(library: Library) -> Written[Lesson]:
    return library.lesson("slopes")
