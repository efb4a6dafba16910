"""`jinjie content sync`: the two texts of a lesson are declared equal; whatever changes after that is told."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from jinjie.base.files import write_whole
from jinjie.base.words import LANGUAGES
from jinjie.course.content import schema
from jinjie.course.content.library import Written

_SYNCED = re.compile(r"^synced:.*\n(?:[ \t]+.*\n)*", re.MULTILINE)


def digest(written: Written[Any]) -> schema.Synced:
    """The sha256 of both texts. Raises Unreadable."""
    sums = {lang: hashlib.sha256(written.words(lang).encode()).hexdigest() for lang in LANGUAGES}
    return schema.Synced(**sums)


def declare_equal(lesson: Written[schema.Lesson]) -> Path:
    """Write the sums of both texts into lesson.yaml, whose other lines stay as they are. Raises Unreadable."""
    now = digest(lesson)
    text = _SYNCED.sub("", lesson.file.read_text(encoding="utf-8"))
    line = f"synced: {{en: {now.en}, zh: {now.zh}}}\n"
    write_whole(lesson.file, text.rstrip("\n") + "\n" + line)
    return lesson.file
