"""Small content folders for the tests of the course."""

from __future__ import annotations

from pathlib import Path

AREA = """stage: 1
name: {en: Foundations, zh: 基础}
concepts:
  - {id: descent, name: {en: Descent, zh: 下降}, minutes: 10, level: 1, lesson: descent}
"""
LESSON = """title: {en: Descent, zh: 下降}
summary: {en: Downhill., zh: 往低处走。}
stage: 1
teaches: [descent]
minutes: 20
memory_mb: 200
"""


def folder(root: Path, **files: str) -> Path:
    """A content folder; `__` in a name stands for a slash, `_ext` for the ending."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_yaml", ".yaml").replace("_md", ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def small(root: Path, **files: str) -> Path:
    base = {
        "concepts__first_yaml": AREA,
        "lessons__descent__lesson_yaml": LESSON,
        "lessons__descent__en_md": "Words.",
        "lessons__descent__zh_md": "文字。",
    }
    return folder(root, **(base | files))
