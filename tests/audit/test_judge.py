"""The report on a whole article, and `jinjie audit`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from invoked import invoke
from jinjie.audit.article import of_text
from jinjie.audit.judge import audit, judge

WRONG = r"""# Optimisers

Adam keeps two averages:

$$
m_t = m_{t-1} - \beta_1 m_{t-1} + (1 - \beta_1) g_t
$$

GPT is pre-trained with masked language modelling and next-sentence prediction.

```python
import torch
from torch import nn

x, y = torch.randn(64, 4), torch.randn(64, 1)
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
```
"""
CLEAN = r"""# A line

Gradient descent walks against the gradient:

$$
\theta_{t+1} = \theta_t - \eta \nabla J(\theta_t)
$$

GPT is pre-trained by predicting the next token.
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong.md"
    file.write_text(WRONG, "utf-8")
    return file


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    file = tmp_path / "clean.md"
    file.write_text(CLEAN, "utf-8")
    return file


def test_all_three_judges_are_heard(wrong: Path) -> None:
    report = audit(wrong)
    found = {(finding.kind, finding.place.line) for finding in report.of("wrong")}
    lines = WRONG.splitlines()
    assert ("formula", lines.index("$$") + 2) in found
    assert ("claim", next(n for n, line in enumerate(lines, 1) if line.startswith("GPT"))) in found
    assert any(kind == "code" and 12 <= line <= 21 for kind, line in found)
    assert report.fails("medium")


def test_what_is_wrong_comes_with_the_gravest_first(wrong: Path) -> None:
    grave = [("high", "medium", "low").index(finding.severity) for finding in audit(wrong).of("wrong")]
    assert grave == sorted(grave) and len(grave) >= 3


def test_a_clean_article_passes(clean: Path) -> None:
    report = audit(clean)
    assert not report.of("wrong") and report.of("right")
    assert not report.fails("low")


def test_what_two_judges_see_is_said_once() -> None:
    article = "Adam keeps a second average:\n\n$$\nv_t = \\beta_2 v_{t-1} + (1 - \\beta_2) g_t^2\n$$\n\n"
    article += "Here $v_t$ is the velocity and $\\beta_2$ its decay.\n"
    found = [finding.rule for finding in judge(of_text(article, Path("a.md"))).of("wrong")]
    assert found and len(set(found) & {"adam-second-moment", "second-moment-called-velocity"}) == 1


def test_an_empty_article_has_no_findings() -> None:
    assert judge(of_text("", Path("empty.md"))).findings == ()


def test_the_exit_code_is_for_ci(wrong: Path, clean: Path) -> None:
    assert invoke("audit", clean).returncode == 0
    assert invoke("audit", wrong).returncode == 1
    assert invoke("audit", clean, wrong).returncode == 1
    told = invoke("audit", wrong, "--fail-on", "hihg")
    assert told.returncode == 2 and "high" in told.stderr


def test_json_holds_every_verdict_with_its_line_in_both_languages(wrong: Path) -> None:
    values = json.loads(invoke("audit", wrong, "--json").stdout)
    assert values["counts"]["wrong"] == sum(one["verdict"] == "wrong" for one in values["findings"]) >= 3
    for one in values["findings"]:
        assert one["place"]["line"] >= 1 and one["quote"]
        assert one["says"]["en"] and re.search(r"[\u4e00-\u9fff]", one["says"]["zh"])


def test_the_terminal_speaks_the_language_asked_for(wrong: Path) -> None:
    assert "第 " in invoke("audit", wrong, environment={"JINJIE_LANG": "zh"}).stdout
    english = invoke("audit", wrong).stdout
    assert "line " in english and not re.search(r"[\u4e00-\u9fff]", english)


def test_the_page_holds_both_languages_and_nothing_live(wrong: Path, tmp_path: Path) -> None:
    wrong.write_text(WRONG + "\nGPT is a bidirectional <script>alert(1)</script> model.\n", "utf-8")
    made = tmp_path / "report.html"
    assert invoke("audit", wrong, "--html", made).returncode == 1
    page = made.read_text("utf-8")
    assert 'lang="en"' in page and 'lang="zh"' in page and "<script" not in page


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("article.docx", b"PK", ".md"),
        ("article.md", b"\xff\xfe\x00", "UTF-8"),
        ("article.ipynb", b"{", "notebook"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    told = invoke("audit", file)
    assert told.returncode == 2 and said in told.stderr and name in told.stderr


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    told = invoke("audit", tmp_path / "none.md")
    assert told.returncode == 2 and "none.md" in told.stderr


def test_nothing_is_executed_unless_asked(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    file = tmp_path / "article.py"
    file.write_text(f"open({str(mark)!r}, 'w').close()\nprint(6 * 7)\n", "utf-8")
    invoke("audit", file)
    assert not mark.exists()


def test_asked_to_the_code_runs_in_the_sandbox(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    file = tmp_path / "article.md"
    blocks = f"```python\nprint(6 * 7)\n```\n\n```python\nopen({str(mark)!r}, 'w')\n```\n"
    file.write_text(blocks, "utf-8")
    ran = json.loads(invoke("audit", file, "--run", "--json").stdout)["ran"]
    assert ran[0]["printed"].strip() == "42" and not ran[0]["error"]
    assert ran[1]["error"] and ran[1]["at"]["line"] == 6
    assert not mark.exists()
