"""How blocks become programs: what belongs together, what is passed over, and that nothing is run."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from jinjie.audit.article import Code, Place, of_text, read
from jinjie.audit.code import judge
from jinjie.audit.code.program import programs
from jinjie.audit.code.rules.removed import table
from jinjie.audit.finding import Finding

LESSONS = Path(__file__).parents[3] / "src" / "jinjie" / "content" / "lessons"


def article(*blocks: str) -> tuple[Code, ...]:
    text = "\n\nSome words.\n\n".join(f"```python\n{block.strip()}\n```" for block in blocks)
    return of_text(text, Path("a.md")).codes


def judged(*blocks: str) -> list[Finding]:
    return judge(article(*blocks))


def rules(*blocks: str) -> set[str]:
    return {f.rule for f in judged(*blocks)}


def test_a_name_of_an_earlier_block_counts() -> None:
    assert judged("import numpy as np\nsize = 3", "x = np.zeros(size)\nprint(x)") == []


def test_a_block_that_begins_anew_is_a_program_of_its_own() -> None:
    first = "import numpy as np\nx = np.arange(3)\nprint(x)"
    second = "import numpy as np\nz = np.ones(2)\nprint(z)"
    assert len(programs(article(first, second))[0]) == 2
    assert len(programs(article(first, second, "print(z)"))[0]) == 2
    assert len(programs(article(first, second, "print(z + x)"))[0]) == 1, "a later block uses both"
    assert len(programs(article(first, "import os\nprint(os.sep, x)"))[0]) == 1


def test_what_is_no_python_is_passed_over() -> None:
    for block in (
        "pip install torch\npython train.py",
        "Epoch 1: loss 0.3\nEpoch 2: loss 0.2",
        "for each x in X:\n    θ ← θ − η g",
    ):
        assert judged(block) == [], block
    assert judged("import torch\nmodel = Net(\n    ...\n\n...") == [], "something is left out on purpose"


def test_python_that_does_not_parse_is_told_with_its_line() -> None:
    (found,) = judged("import os\nfor name in os.listdir('.'):\n    print name\n")
    assert (found.rule, found.place.line, found.severity) == ("syntax-error", 4, "high")
    assert "Python 2" in found.says.en
    (found,) = judged("import os\ndef f(a，b):\n    return a\nx = f(1, 2)\n")
    assert found.place.line == 3 and "全角" in found.says.zh


def test_places_are_those_of_the_article_and_of_notebook_cells() -> None:
    (found,) = judged("x = 1", "import os\nprint(os.sep)", "import numpy as np\ny = np.float(3)")
    assert found.place == Place(16, 16) and found.quote == "y = np.float(3)"


def test_a_fragment_is_low_and_a_program_high() -> None:
    (found,) = judged("import torch\noptimizer = torch.optim.Adam(model.parameters())")
    assert (found.severity, found.names) == ("low", ("model",))
    lines = "\n".join(f"a{n} = {n}" for n in range(8))
    (found,) = judged(f"import os\n{lines}\nprint(os.sep, device)")
    assert (found.severity, found.names) == ("high", ("device",))


def test_nothing_of_an_article_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    judged(
        f"import pathlib\npathlib.Path({str(mark)!r}).write_text('run')\nclass A(metaclass=print):\n    pass"
    )
    assert not mark.exists()


def test_code_nested_too_deep_to_be_read_is_passed_over() -> None:
    deep = "import os\nx = " + " + ".join(["1"] * 20_000)
    assert judged(deep, "import numpy as np\ny = np.float(3)")[0].rule == "removed-api"


def test_it_is_quick_and_brings_no_torch() -> None:
    loaded = "torch" in sys.modules
    blocks = [
        "import torch\nfrom torch import nn\n"
        + "\n".join(f"x{n} = nn.Linear({n + 1}, 2)(x{n - 1 if n else 0})" for n in range(200))
    ]
    started = time.process_time()  # of other work on the machine it knows nothing
    judged(*blocks)
    assert time.process_time() - started < 1.5
    assert loaded or "torch" not in sys.modules


def test_words_are_in_both_languages_and_lessons_exist() -> None:
    found = [
        f
        for path in sorted((Path(__file__).parents[1] / "snippets" / "wrong").iterdir())
        for f in judge(of_text(path.read_text(encoding="utf-8"), path).codes)
    ]
    assert len({f.rule for f in found}) > 25
    for finding in found:
        texts = [finding.title, finding.says, *([finding.instead] if finding.instead else [])]
        for text in texts:
            assert text.en and text.zh and "{" not in text.en + text.zh, finding
            assert any("\u4e00" <= c <= "\u9fff" for c in text.zh), finding
            assert not any("\u4e00" <= c <= "\u9fff" for c in text.en), finding
        assert all((LESSONS / slug / "lesson.yaml").exists() for slug in finding.lessons)


def test_the_table_of_apis_is_whole() -> None:
    for api in table():
        assert api.library and api.since and api.state in ("removed", "renamed", "deprecated")
        assert api.names or api.methods
        assert api.instead.en and any("\u4e00" <= c <= "\u9fff" for c in api.instead.zh)


def test_the_lessons_of_the_course_are_clean() -> None:
    for path in sorted(LESSONS.glob("*/en.md")):
        assert judge(read(path).codes) == [], path


def test_what_only_shows_a_schedule_needs_no_gradients() -> None:
    shown = """
import torch

model = torch.nn.Linear(3, 2)
optimizer = torch.optim.AdamW(model.parameters())
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
for epoch in range(3):
    optimizer.step()
    schedule.step()
    print(schedule.get_last_lr())
"""
    assert judged(shown) == []
    trains = shown.replace(
        "    optimizer.step()", "    loss = model(torch.ones(3)).sum()\n    optimizer.step()"
    )
    assert "backward-missing" in rules(trains)
