"""`jinjie content new`: a lesson, an exercise, an experiment or a quiz to begin from, which already works.

What is written is the folder `content/_pattern`, a content folder itself, with its names replaced: nothing has to be
filled in before it can be looked at, checked and graded.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from jinjie.base.errors import InvalidInput, NotFound, Problem, did_you_mean
from jinjie.base.files import write_whole
from jinjie.base.words import Text
from jinjie.course.content import editors, schema
from jinjie.course.content.library import Library, load, own
from jinjie.course.content.sync import declare_equal

Kind = Literal["lesson", "exercise", "experiment", "quiz"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_FOLDERS: dict[Kind, tuple[str, ...]] = {
    "lesson": ("concepts", "lessons", "experiments", "exercises", "quizzes"),
    "exercise": ("exercises",),
    "experiment": ("experiments",),
    "quiz": ("quizzes",),
}


def kind_of(name: str) -> Kind:
    """Raises InvalidInput, which suggests the nearest."""
    for kind in KINDS:
        if name == kind:
            return kind
    params = {"kinds": ", ".join(KINDS), "suggestion": did_you_mean(name, KINDS)}
    raise InvalidInput([Problem(name, "content.new.no_kind", **params)])


def pattern() -> Path:
    """The content folder that new ones are made from."""
    return own() / "_pattern"


def new(kind: Kind, slug: str, root: Path, concept: str | None = None) -> list[Path]:
    """Write the files of a new entry into a content folder, which is made where there is none.

    A lesson brings its experiment, exercise and quiz, and teaches the concepts that name it as their lesson; where
    there are none, one of its own is begun. `concept` is what an exercise or a quiz is about.
    Returns the files written. Raises InvalidInput when the slug is none, is taken or a file is there already, NotFound
    for a concept that is not known: then nothing is written.
    """
    folders = [own(), root] if root.is_dir() and root.absolute() != own().absolute() else [own()]
    library = load(folders)
    _free(kind, slug, library)
    stage, taught = _concepts(kind, slug, concept, library)
    name = _name(slug, taught, library)
    replaced = [
        ("your-lesson", slug),
        ("teaches: [your-concept]", f"teaches: [{', '.join(taught)}]"),
        ("your-concept", taught[0]),
        ('"Your lesson"', f'"{name.en}"'),
        ('"你的课"', f'"{name.zh}"'),
        ("stage: 1", f"stage: {stage}"),
    ]
    texts: dict[Path, str] = {}
    for file in sorted(pattern().rglob("*")):
        place = file.relative_to(pattern())
        known = place.parts[0] == "concepts" and taught[0] in library.concepts
        if (
            not file.is_file()
            or place.parts[0] not in _FOLDERS[kind]
            or known
            or "__pycache__" in place.parts
        ):
            continue
        text = file.read_text(encoding="utf-8")
        for old, now in replaced:
            text = text.replace(old, now)
        texts[root / str(place).replace("your-lesson", slug)] = text
    there = [Problem(str(path), "content.new.there") for path in texts if path.exists()]
    if there:
        raise InvalidInput(there)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    if not (root / editors.FILE).exists():
        write_whole(root / editors.FILE, (own() / editors.FILE).read_text(encoding="utf-8"))
    if kind == "lesson":
        declare_equal(load([own(), root]).lesson(slug))
    return list(texts)


def _free(kind: Kind, slug: str, library: Library) -> None:
    """Raises InvalidInput when the slug cannot be had."""
    if not schema.is_slug(slug):
        raise InvalidInput([Problem("SLUG", "content.new.no_slug", came=slug)])
    shelves: dict[str, Mapping[str, object]] = {
        "lessons": library.lessons,
        "exercises": library.exercises,
        "experiments": library.experiments,
        "quizzes": library.quizzes,
    }
    if any(slug in shelves[folder] for folder in _FOLDERS[kind] if folder in shelves):
        raise InvalidInput([Problem("SLUG", "content.new.taken", slug=slug)])


def _concepts(kind: Kind, slug: str, concept: str | None, library: Library) -> tuple[int, list[str]]:
    """The stage, and the concepts that the entry is about."""
    if concept is not None:
        if concept not in library.concepts:
            suggestion = did_you_mean(concept, library.concepts)
            raise NotFound("content.new.no_concept", name=concept, suggestion=suggestion)
        taught = [concept]
    elif kind == "lesson":
        taught = [name for name, one in library.concepts.items() if one.entry.lesson == slug] or [slug]
    elif kind == "experiment":
        taught = [slug]
    else:
        raise InvalidInput([Problem("--concept", "content.new.which_concept", kind=kind)])
    for area in library.areas.values():
        if taught[0] in (one.id for one in area.entry.concepts):
            return area.entry.stage, taught
    return 1, taught


def _name(slug: str, taught: list[str], library: Library) -> Text:
    """What the entry is called before its writer has said so."""
    known = library.concepts.get(taught[0])
    if known is not None:
        return known.entry.name
    words = slug.replace("-", " ")
    return Text(en=words[0].upper() + words[1:], zh=words)
