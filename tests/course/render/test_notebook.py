"""A lesson's notebook runs in Jupyter from top to bottom."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jinjie.base.errors import InvalidInput
from jinjie.base.words import LANGUAGES, Language
from jinjie.course.content.library import Library, load
from jinjie.course.render import notebook
from jinjie.course.render.results import AsWritten

from .conftest import ENGLISH, Shelf
from .test_html import Drawn

WRITTEN = sorted(load().lessons)


def cells(library: Library, lang: Language = "en", **more: Any) -> list[Any]:
    text = notebook.text(library.lesson("slopes"), library, lang, **more)
    return list(nbformat.reads(text, as_version=4).cells)


def run(text: str, folder: Path) -> list[Any]:
    """The cells after a kernel ran all of them. Raises what a cell raised."""
    from nbclient import NotebookClient

    made = nbformat.reads(text, as_version=4)
    NotebookClient(made, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return list(made.cells)


def test_text_code_and_exercise_have_cells_of_their_own(library: Library) -> None:
    made = cells(library)
    code = [cell.source for cell in made if cell.cell_type == "code"]
    assert code[0].endswith('print("first", first)') and code[1] == "print(first + 1)"
    assert (
        code[2].startswith("%%writefile double.py\ndef double")
        and "exercise check double.py --as double" in code[3]
    )
    text = "\n".join(cell.source for cell in made if cell.cell_type == "markdown")
    assert text.startswith("# Slopes") and "$$\n" in text and "$x_i^2$" in text
    assert "> **The idea** · What a gradient knows" in text and "> Only the ground under *your* feet." in text
    assert "Write `double`, which doubles $x$." in text
    assert made[-1].cell_type == "markdown" and "jinjie formula softmax" in made[-1].source


def test_a_figure_is_a_picture_with_its_words(library: Library) -> None:
    with_picture = [cell for cell in cells(library, results=Drawn()) if "attachments" in cell]
    ((name, content),) = with_picture[0].attachments.items()
    assert f"![A path into a valley.](attachment:{name})" in with_picture[0].source
    assert base64.b64decode(content["image/svg+xml"]).startswith(b"<svg")
    assert "A path into a valley." in "".join(cell.source for cell in cells(library, results=AsWritten()))


def test_equal_lessons_give_equal_notebooks(library: Library) -> None:
    lesson = library.lesson("slopes")
    assert notebook.text(lesson, library, "zh") == notebook.text(lesson, library, "zh")


def test_what_is_text_stays_text(shelf: Shelf) -> None:
    library = shelf(en="1\\. no list, a\\*b\\*c, `a|b`, <b>x</b> and **“marks”**so.\n")
    (cell,) = cells(library)
    assert "1\\. no list, a\\*b\\*c, `a|b`, \\<b\\>x\\</b\\> and <strong>“marks”</strong>so." in cell.source


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_notebook_runs(library: Library, lang: Language, tmp_path: Path) -> None:
    text = notebook.text(library.lesson("slopes"), library, lang)
    made = json.loads(text)
    made["cells"] = [cell for cell in made["cells"] if "grade" not in cell["metadata"].get("tags", [])]
    ran = run(json.dumps(made), tmp_path)
    assert [cell.outputs[0].text for cell in ran if cell.cell_type == "code"][1] == "43\n"
    assert (tmp_path / "double.py").read_text(encoding="utf-8").startswith("def double")


def test_a_notebook_that_fails_is_noticed(shelf: Shelf, tmp_path: Path) -> None:
    library = shelf(en=ENGLISH.replace("print(first + 1)", "print(frist + 1)"))
    with pytest.raises(Exception, match="frist"):
        run(notebook.text(library.lesson("slopes"), library, "en"), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slug", WRITTEN)
def test_the_notebooks_of_all_lessons_run(slug: str, lang: Language, tmp_path: Path) -> None:
    library = load()
    run(notebook.text(library.lesson(slug), library, lang), tmp_path)


def test_a_content_folder_is_named_from_where_the_notebook_stands(library: Library, tmp_path: Path) -> None:
    """Both can be moved or handed on together, and nothing of this machine is in the file."""
    lesson = library.lesson("slopes")
    root = lesson.folder.parent.parent
    (root / "books").mkdir()
    notebook.write(lesson, library, "en", root / "books" / "slopes.ipynb")
    written = (root / "books" / "slopes.ipynb").read_text(encoding="utf-8")
    assert "--content .." in written and str(root) not in written


def test_it_is_written_whole_or_not_at_all(library: Library, tmp_path: Path) -> None:
    lesson = library.lesson("slopes")
    file = tmp_path / "slopes.ipynb"
    notebook.write(lesson, library, "en", file)
    first = file.read_bytes()
    with pytest.raises(InvalidInput, match="--replace"):
        notebook.write(lesson, library, "zh", file)
    assert file.read_bytes() == first
    notebook.write(lesson, library, "zh", file, replace=True)
    assert "斜率" in file.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir() if "ipynb" in path.name] == ["slopes.ipynb"]


@pytest.mark.parametrize("name", ["slopes.txt", "slopes", "none/slopes.ipynb"])
def test_a_file_that_cannot_be_is_refused(library: Library, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        notebook.write(library.lesson("slopes"), library, "en", tmp_path / name)
