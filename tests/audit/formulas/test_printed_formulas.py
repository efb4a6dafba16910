"""Formulas as tutorials print them: errors are found, and what is right is not called wrong."""

import subprocess
import sys
from pathlib import Path

import pytest
from printed_first import RIGHT, WRONG
from printed_hard import RIGHT as HARD
from printed_long import RIGHT as LONG
from printed_second import RIGHT as MORE_RIGHT
from printed_second import WRONG as MORE_WRONG

from jinjie.audit.article import of_text
from jinjie.audit.formulas import judge
from jinjie.course.formula.registry import find


def verdicts(text):
    return [f.verdict for f in judge(of_text(text, Path("a.md")))]


@pytest.mark.parametrize("passages", [RIGHT, MORE_RIGHT, HARD, LONG], ids=["first", "second", "hard", "long"])
def test_what_is_right_is_never_called_wrong(passages):
    assert [text for _, text in passages if "wrong" in verdicts(text)] == []


def test_what_is_right_is_mostly_recognised():
    found = sum("right" in verdicts(text) for _, text in (*RIGHT, *MORE_RIGHT))
    assert found >= 26


def test_errors_are_found_and_shown():
    missed = []
    for id_, text in (*WRONG, *MORE_WRONG):
        wrong = [f for f in judge(of_text(text, Path("a.md"))) if f.verdict == "wrong"]
        if not wrong:
            missed.append(id_)
            continue
        for finding in wrong:
            assert finding.formula and find(finding.formula)
            assert finding.says.en and finding.says.zh and finding.instead is not None
            assert finding.shown is not None and finding.shown.rows, (id_, finding)
            assert finding.shown.command and finding.shown.command.startswith("jinjie formula ")
            assert all(len(row) == len(finding.shown.head) for row in finding.shown.rows)
    assert len(missed) <= 2, missed


def test_the_numbers_shown_are_those_of_the_two_formulas():
    """Recomputed by hand from what the row says the symbols are worth."""
    (finding,) = judge(of_text("The sigmoid function is $$\\sigma(z) = \\frac{1}{1 + e^{z}}$$", Path("a.md")))
    import math

    for given, printed, right in finding.shown.rows:
        z = float(given.split("=")[1])
        assert float(printed) == pytest.approx(1 / (1 + math.exp(z)), abs=3e-4)
        assert float(right) == pytest.approx(1 / (1 + math.exp(-z)), abs=3e-4)


def test_a_wrong_name_is_told_and_a_denial_is_not():
    said = "卷积计算两个矩阵的乘积：$$y[i,j] = \\sum_m \\sum_n x[i+m, j+n] w[m,n]$$"
    denied = "卷积并不是两个矩阵的乘积：$$y[i,j] = \\sum_m \\sum_n x[i+m, j+n] w[m,n]$$"
    assert "cross-correlation-as-matrix-product" in [f.rule for f in judge(of_text(said, Path("a.md")))]
    assert "wrong" not in verdicts(denied)
    adaptive = (
        "An adaptive learning rate is linear decay: $$\\eta_t = \\eta_0 \\left(1 - \\frac{t}{T}\\right)$$"
    )
    assert "linear-decay-called-adaptive" in [f.rule for f in judge(of_text(adaptive, Path("a.md")))]
    assert "wrong" not in verdicts(adaptive.replace("An adaptive learning rate", "A simple schedule"))


def test_a_whole_layer_is_not_called_half():
    half = "### Encoder layer of the Transformer\n$$\\text{Layer}(x) = \\text{LayerNorm}(x + \\text{MultiHead}(x))$$"
    whole = half.replace("$$\\text{Layer}(x)", "$$h").replace(
        "(x))$$", "(x))$$\n$$y = \\text{LayerNorm}(h + \\text{FFN}(h))$$"
    )
    assert "transformer-layer-without-feed-forward" in [f.rule for f in judge(of_text(half, Path("a.md")))]
    assert "wrong" not in verdicts(whole)


def test_it_is_quick_and_needs_no_torch(tmp_path):
    article = tmp_path / "a.md"
    article.write_text("\n\n".join(text for _, text in (*RIGHT[:6], *WRONG[:6])), "utf-8")
    program = (
        "import sys, time; start = time.process_time()\n"
        "from pathlib import Path\nfrom jinjie.audit.article import read\nfrom jinjie.audit.formulas import judge\n"
        f"found = judge(read(Path({str(article)!r})))\n"
        "assert found and 'torch' not in sys.modules\nprint(time.process_time() - start)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert float(ran.stdout) < 6  # 2 s where nothing else runs
