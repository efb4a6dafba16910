"""An article is taken apart: every piece, and the line where it stands."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.audit.article import LARGEST, Article, of_text, read
from jinjie.base.errors import InvalidInput


def article(text: str, name: str = "a.md") -> Article:
    return of_text(text, Path(name))


def sentences(text: str) -> list[tuple[str, str]]:
    return [(str(one.place), one.text) for one in article(text).sentences]


def formulas(text: str) -> list[tuple[str, str]]:
    return [(str(one.place), one.latex) for one in article(text).formulas]


def codes(text: str) -> list[tuple[str, str]]:
    return [(str(one.place), one.text) for one in article(text).codes]


def test_sentences_of_both_languages_have_their_lines():
    assert sentences("# 标题\n\n第一句。第二句！\n第三句；第四句？\n\nFirst one. Second\none; third.\n") == [
        ("3", "第一句。"),
        ("3", "第二句！"),
        ("4", "第三句；"),
        ("4", "第四句？"),
        ("6", "First one."),
        ("6-7", "Second one;"),
        ("7", "third."),
    ]


def test_a_sentence_is_cut_neither_within_formulas_nor_behind_words_cut_short():
    assert sentences(
        "We minimise $J(\\theta; x_i)$, e.g. by Adam, see Fig. 3 and `a; b`. Then we stop at x. Good."
    ) == [
        ("1", "We minimise $J(\\theta; x_i)$, e.g. by Adam, see Fig. 3 and a; b."),
        ("1", "Then we stop at x."),
        ("1", "Good."),
    ]


def test_headings_are_the_sections_of_what_is_below_them():
    found = article("before\n\n# One\n\na $x$\n\nTwo\n---\n\n```python\ny = 1\n```\n")
    assert found.sections == ((3, "One"), (7, "Two"))
    assert [one.section for one in found.sentences] == ["", "One"]
    assert [one.section for one in (*found.formulas, *found.codes)] == ["One", "Two"]


def test_lists_tables_and_quotes():
    table = "| h | i |\n|---|---|\n| c $b$ | d |\n| e | f |\n"
    text = f"- one\n- two $a$\n  goes on. Next\n\n{table}\n> said\n> by $c$. More\n"
    assert sentences(text) == [
        ("1", "one"),
        ("2-3", "two $a$ goes on."),
        ("3", "Next"),
        *[("5", "h"), ("5", "i"), ("7", "c $b$"), ("7", "d"), ("8", "e"), ("8", "f")],
        ("10-11", "said by $c$."),
        ("11", "More"),
    ]
    assert formulas(text) == [("2", "a"), ("7", "b"), ("11", "c")]


def test_formulas_between_dollars_brackets_and_in_environments():
    text = (
        "$$\na\n$$\n\n\\[\nb\n\\]\n\nwords \\(c\\) and $$d$$ and\n\\[ e \\\\[4pt] f \\]\n\n"
        "- item\n\n  $$\n  g\n  $$\n\n\\begin{align}\nh\n\\end{align}\n\n说\n$$\ni\n$$\n完\n"
    )
    assert formulas(text) == [
        ("1-3", "a"),
        ("5-7", "b"),
        ("9", "c"),
        ("9", "d"),
        ("10", "e \\\\[4pt] f"),
        ("14-16", "g"),
        ("18-20", "\\begin{align}\nh\n\\end{align}"),
        ("23-25", "i"),
    ]


def test_a_formula_keeps_the_words_around_it():
    found = article("The loss is\n\n$$\nL\n$$\n\nwhere L is a number. Also $y$ counts.\n\nlast\n").formulas
    assert [(one.before, one.after) for one in found] == [
        ("The loss is", "where L is a number. Also $y$ counts."),
        ("where L is a number. Also", "last"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "see \\[1\\] and \\[2, 3\\]",
        "words \\(see below\\) end",
        "那（\\(见下文\\)）",
        "costs $5 and $10 now",
        "a \\$5 b \\$6",
        "`\\(x\\)`",
        "````\n```\n\\(z\\)\n```\n````",
        "~~~\n\\[ q \\]\n~~~",
        "> ```\n> \\(a\\)\n> ```",
        "\\( never closed\n\nbut here \\)",
    ],
)
def test_what_is_no_formula(text):
    assert formulas(text) == []


@pytest.mark.parametrize(
    "info",
    [
        "",
        "python",
        "Python",
        'py title="a.py"',
        "{.python .numberLines}",
        "{code-cell} ipython3",
        "python{1,3}",
    ],
)
def test_fences_that_may_be_python(info):
    assert codes(f"text\n\n```{info}\nx = 1\n\ny = 2\n```\n") == [("4-6", "x = 1\n\ny = 2")]


@pytest.mark.parametrize("info", ["js", "bash", "text", "c++", "mermaid", "json", "pythonic"])
def test_fences_of_other_languages_are_passed_over(info):
    found = article(f"```{info}\nx = 1. y = 2\n$z$\n```\n")
    assert (found.sentences, found.formulas, found.codes) == ((), (), ())


def test_code_in_lists_quotes_by_indent_and_unclosed():
    within = "1. one\n   ~~~python\n   a = 1\n   ~~~\n\n> ```\n> b = 2\n> ```\n"
    text = within + "\npara\n\n    c = 3\n    d = 4\n\n```python\ne = 5\n"
    assert codes(text) == [("3", "a = 1"), ("7", "b = 2"), ("12-13", "c = 3\nd = 4"), ("16", "e = 5")]


def test_a_place_within_code_is_one_of_the_article():
    (code,) = article("\n\n```python\na = 1\nb = 2\n```\n").codes
    assert str(code.at(2)) == "5" and str(code.at(1, 2)) == "4-5"


def test_lines_are_right_behind_code_entities_images_and_tags_over_several_lines():
    text = "a `b\nc` d &amp; e. F ![alt\ntext](u.png) g \\* h. I <b\nclass='x'>j</b> k. L *m*\\\nn. O"
    assert sentences(text) == [
        ("1-2", "a b c d & e."),
        ("2-3", "F alt text g * h."),
        ("3-4", "I j k."),
        ("4-5", "L m n."),
        ("5", "O"),
    ]


def test_windows_lines_and_front_matter():
    text = (
        "---\r\ntitle: 甲\r\ndate: 2020\r\n---\r\n\r\n# 一\r\n\r\n句子。\r\n\r\n```python\r\nx = 1\r\n```\r\n"
    )
    found = article(text)
    assert found.sections == ((6, "一"),)
    assert [(one.place.line, one.text) for one in (*found.sentences, *found.codes)] == [
        (8, "句子。"),
        (11, "x = 1"),
    ]


def notebook(*cells: tuple[str, str | list[str]]) -> str:
    made = [
        {"cell_type": kind, "metadata": {}, "source": source}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for kind, source in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def test_a_notebook_has_cells_and_magics_become_comments():
    magics = (
        "%matplotlib inline\n!pip install \\\n    torch\nfiles = !ls\nif files:\n    %time f()\nlist?\nx = 1"
    )
    found = article(
        notebook(
            ("markdown", ["# 一\n", "\n", "甲 $a$。\n"]),
            ("code", magics),
            ("code", "%%bash\nls"),
            ("markdown", "乙"),
            ("raw", "丙"),
        ),
        "a.ipynb",
    )
    assert [str(one.place) for one in (*found.sentences, *found.formulas, *found.codes)] == [
        *["[1]:3", "[4]:1"],
        "[1]:3",
        *["[2]:1-8", "[3]:1-2"],
    ]
    assert {one.section for one in (*found.sentences, *found.codes)} == {"一"}
    code, shell = (one.text for one in found.codes)
    compile(code, "a", "exec"), compile(shell, "b", "exec")
    assert code.split("\n")[7] == "x = 1" and "pip" in code


def test_a_remainder_at_the_start_of_a_line_is_no_magic():
    source = "print('%d and %d'\n      % (1, 2))"
    (code,) = article(notebook(("code", source)), "a.ipynb").codes
    assert code.text == source


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "no json",
        '{"cells": 3, "nbformat": 4}',
        '{"cells": [{"cell_type": "code"}], "nbformat": 4, "nbformat_minor": 4}',
        "[1]",
    ],
)
def test_a_damaged_notebook_is_said_to_be_one(text):
    with pytest.raises(InvalidInput, match="notebook"):
        article(text, "a.ipynb")


def test_a_program_is_one_piece_of_code(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"\xef\xbb\xbfx = 1\r\ny = 2\r\n")
    (code,) = read(path).codes
    assert (str(code.place), code.text) == ("1-2", "x = 1\ny = 2")


def test_files_that_cannot_be_read(tmp_path):
    wrong = {
        "a.docx": (b"", "docx|Markdown"),
        "b.md": (b"a\xff\xfeb", "byte 1"),
        "c.md": (b"a" * (LARGEST + 1), str(LARGEST)),
    }
    for name, (content, said) in wrong.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidInput, match=said):
            read(tmp_path / name)
    for name in ("none.md", "folder.md"):
        (tmp_path / "folder.md").mkdir(exist_ok=True)
        with pytest.raises(InvalidInput, match=name):
            read(tmp_path / name)


def test_an_empty_article_has_nothing():
    found = article("")
    assert not (found.sentences or found.formulas or found.codes or found.sections)


@pytest.mark.parametrize(
    "text", ["\\(" * 40_000, "$" * 40_000, "`" * 20_001 + "\\[a", "- a $x$.\n\n" * 3_000, "\\[ a\n" * 20_000]
)
def test_large_and_hostile_articles_take_seconds(text):
    start = time.process_time()
    article(text)
    assert time.process_time() - start < 6


KINDS = st.sampled_from(
    [
        "words",
        "lines",
        "list",
        "quote",
        "table",
        "fence",
        "js",
        "display",
        "bracket",
        "indent",
        "formula",
        "heading",
    ]
)


def block(kind: str, n: int) -> str:
    """A block whose pieces begin with words that stand nowhere else."""
    w, x, f, c = f"word{n}w", f"more{n}w", f"f_{{{n}}}", f"code{n}"
    return {
        "words": f"{w} is here. {x} too",
        "lines": f"{w} is `a\nb` here &lt;\nand. {x} is\nhere",
        "list": f"- {w} a\n  b. {x}\n- ${f}$",
        "quote": f"> {w} a\n> b. {x} ${f}$",
        "table": f"| {w} | {x} |\n|---|---|\n| a{n}a | ${f}$ |",
        "fence": f"```python\n{c} = 1\nb = 2\n```",
        "js": "~~~js\nlet $a$ = 1\n\\(b\\)\n~~~",
        "display": f"$$\n{f} = 1\n$$",
        "bracket": f"{w}\n\\[\n{f}\n+ 1\n\\]\n{x}",
        "indent": f"1. {w}\n\n   ```\n   {c} = 1\n   ```\n\n   \\[ {f} \\]\n\n   {x}",
        "formula": f"{w} \\({f}\n+ 2\\) a; b. {x} $y{n}$",
        "heading": f"## {w}",
    }[kind]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(KINDS, st.integers(1, 3)), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_every_line_number_points_at_the_start_of_its_piece(kinds, ending):
    text = "".join(block(kind, n) + "\n" * (gap + 1) for n, (kind, gap) in enumerate(kinds))
    lines = text.split("\n")
    found = article(text.replace("\n", ending))
    for one in found.sentences:
        assert one.text.split(" ")[0].strip("$") in lines[one.place.line - 1].replace("\\(", "").replace(
            "\\)", ""
        )
        assert one.text.split(" ")[-1].strip("$") in lines[one.place.end - 1]
    for one in found.formulas:
        first = one.latex.split("\n")[0]
        assert any(first in line for line in lines[one.place.line - 1 : one.place.end])
        assert first in "".join(lines[one.place.line - 1 : one.place.line + 1])
    for one in found.codes:
        assert one.text.split("\n")[0] in lines[one.place.line - 1]
    for line, heading in found.sections:
        assert heading in lines[line - 1]
    assert len(found.codes) == sum(kind in ("fence", "indent") for kind, _ in kinds)
