"""What every file of the course may say. `jinjie content schema` writes these types as JSON Schema for editors.

They are dataclasses that pydantic fills and judges (`faults`), and no models of its own: a command that shows what was
read before makes them from what was kept (`kept_library`), and is not to wait for validators that judge nothing.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, TypeVar, dataclass_transform

from jinjie.base.words import Language, Text
from jinjie.course.content.bounds import After, Bounds

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
NAME = r"^[a-z_][a-z0-9_]*$"


def is_slug(name: str) -> bool:
    """Whether a name may be an id."""
    return len(name) <= 80 and re.fullmatch(SLUG, name) is not None


Slug = Annotated[str, Bounds(pattern=SLUG, max_length=80)]
Name = Annotated[str, Bounds(pattern=NAME, max_length=80)]


def _said(text: Text) -> Text:
    if not (text.en.strip() and text.zh.strip()):
        raise ValueError("a text in both languages, neither of them empty")
    return text


Words = Annotated[Text, After(_said)]
"""A text in both languages."""


EMPTY = Bounds(json_schema_extra={"default": {}})
"""What a field is where a file does not give it, for editors: pydantic tells of no default that is made anew."""

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def entry(cls: type[T]) -> type[T]:
    """A frozen dataclass whose fields are given by name, with the methods of `Entry`: those that `dataclass` would
    write are source for every one of thirty classes, compiled while a command waits."""
    return dataclass(init=False, repr=False, eq=False, kw_only=True)(cls)


@entry
class Entry:
    """Strict about its keys, so that a misspelt one is seen."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    def __init__(self, **values: Any) -> None:
        known = {one.name: one for one in fields(self)}
        needed = {n for n, one in known.items() if one.default is MISSING and one.default_factory is MISSING}
        if wrong := (values.keys() - known.keys()) | (needed - values.keys()):
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(wrong))}, or was not given them")
        made = {n: one.default_factory() for n, one in known.items() if one.default_factory is not MISSING}
        self.__dict__.update(made | values)
        self.__post_init__()

    def __post_init__(self) -> None:
        """Judges what no field can alone. Raises ValueError."""

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(name)

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(name)

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, one.name) for one in fields(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        said = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self))
        return f"{type(self).__name__}({said})"

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {one.name: _plain(getattr(self, one.name)) for one in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, Entry):
        return value.plain()
    if isinstance(value, Text):
        return value.both()
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value.isoformat() if isinstance(value, date) else value


@entry
class Aliases(Entry):
    """Other names that people type."""

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()


@entry
class Concept(Entry):
    """A node of the prerequisite graph: what lessons teach, items measure and roles need."""

    id: Slug
    name: Words
    aliases: Aliases = Aliases()
    requires: tuple[Slug, ...] = ()
    """Cannot be understood without."""
    soft_requires: tuple[Slug, ...] = ()
    """Easier with."""
    minutes: Annotated[int, Bounds(gt=0, le=600)]
    level: Annotated[int, Bounds(ge=1, le=5)]
    """1 first steps … 5 today's research."""
    lesson: Slug | None = None
    planned: bool = False
    """Its lesson is not yet written."""
    prior: bool = False
    """What a learner brings along: school mathematics, a little Python. No lesson of ours teaches it."""

    def __post_init__(self) -> None:
        if self.prior == (self.lesson is not None):
            raise ValueError("a lesson's slug, or prior: true for what no lesson teaches")
        if self.prior and self.planned:
            raise ValueError("what is prior is not planned")


@entry
class Area(Entry):
    """A stage of the climb and its concepts: `concepts/<area>.yaml`."""

    stage: Annotated[int, Bounds(ge=0, le=20)]
    name: Words
    concepts: tuple[Concept, ...]


@entry
class Synced(Entry):
    """The sha256 of the two texts when they were last declared equal."""

    en: Annotated[str, Bounds(pattern=r"^[0-9a-f]{64}$")]
    zh: Annotated[str, Bounds(pattern=r"^[0-9a-f]{64}$")]


@entry
class Lesson(Entry):
    """`lessons/<slug>/lesson.yaml`; the texts stand beside it."""

    title: Words
    summary: Words
    stage: Annotated[int, Bounds(ge=0, le=20)]
    teaches: Annotated[tuple[Slug, ...], Bounds(min_length=1)]
    requires: tuple[Slug, ...] = ()
    minutes: Annotated[int, Bounds(gt=0, le=600)]
    memory_mb: Annotated[int, Bounds(gt=0)]
    """Memory that its fences, experiments and exercises take at most."""
    experiments: tuple[Slug, ...] = ()
    exercises: tuple[Slug, ...] = ()
    quiz: Slug | None = None
    resources: tuple[Slug, ...] = ()
    synced: Synced | None = None


@entry
class Knob(Entry):
    """What a learner may turn: a slider between `min` and `max`, or a choice."""

    name: Annotated[str, Bounds(min_length=1)]
    """The function's argument; for a recipe the path of a setting."""
    label: Words
    min: float | None = None
    max: float | None = None
    step: Annotated[float | None, Bounds(gt=0)] = None
    choices: tuple[bool | int | float | str, ...] = ()
    labels: tuple[Words, ...] = ()
    """How the choices are called, where they are not called what they are."""
    default: bool | int | float | str
    unit: str = ""
    log: bool = False
    """Whether the slider runs over the logarithm."""

    def __post_init__(self) -> None:
        slides = (self.min, self.max, self.step)
        if self.choices:
            if any(part is not None for part in slides):
                raise ValueError("either choices, or min, max and step")
            if self.default not in self.choices:
                raise ValueError(f"the default {self.default!r} is one of the choices")
            if self.labels and len(self.labels) != len(self.choices):
                raise ValueError("as many labels as choices")
            return
        if self.min is None or self.max is None or self.step is None:
            raise ValueError("min, max and step together, or choices")
        if self.min >= self.max or (self.log and self.min <= 0):
            raise ValueError("min below max, and above zero where log is true")
        if isinstance(self.default, bool | str) or not self.min <= self.default <= self.max:
            raise ValueError("the default is a number from min to max")


@entry
class Experiment(Entry):
    """`experiments/<slug>.yaml`: a function that answers at once, or a recipe whose run is streamed."""

    title: Words
    function: Name | None = None
    """A function of `<slug>.py` beside this file."""
    recipe: str | None = None
    settings: Annotated[dict[str, Any], EMPTY] = field(default_factory=dict)
    """Settings of the recipe that the knobs leave alone: a budget that fits the lesson."""
    knobs: tuple[Knob, ...] = ()
    notice: Words
    """What to look for."""

    def __post_init__(self) -> None:
        if (self.function is None) == (self.recipe is None):
            raise ValueError("either a function or a recipe")
        if self.settings and self.recipe is None:
            raise ValueError("settings belong to a recipe")


@entry
class Limits(Entry):
    """What one grading of a submission may take."""

    seconds: Annotated[float, Bounds(gt=0, le=60)] = 1.0
    memory_mb: Annotated[int, Bounds(ge=64, le=8192)] = 512


@entry
class Hint(Entry):
    """What a learner is told, and when: the name of a wrong solution, `exception`, or `always`."""

    when: Annotated[str, Bounds(pattern=NAME)]
    en: Annotated[str, Bounds(min_length=1)]
    zh: Annotated[str, Bounds(min_length=1)]

    @property
    def says(self) -> Text:
        return Text(self.en, self.zh)


@entry
class Exercise(Entry):
    """`exercises/<slug>/exercise.yaml`, beside starter.py, solution.py, cases.py, wrong/*.py and the statement."""

    title: Words
    concepts: Annotated[tuple[Slug, ...], Bounds(min_length=1)]
    minutes: Annotated[int, Bounds(gt=0, le=300)]
    entries: Annotated[tuple[Name, ...], Bounds(min_length=1)]
    """The functions to write, each graded."""
    library: Literal["numpy", "torch"] = "numpy"
    rtol: Annotated[float | None, Bounds(ge=0, le=1)] = None
    atol: Annotated[float | None, Bounds(ge=0)] = None
    visible: Annotated[int, Bounds(ge=1, le=20)] = 3
    hidden: Annotated[int, Bounds(ge=1, le=200)] = 17
    limits: Limits = Limits()
    hints: Annotated[tuple[Hint, ...], Bounds(min_length=1)]


@entry
class Choice(Entry):
    """An answer to choose, why it is right or wrong, and whether it is the right one."""

    text: Words
    explain: Text | None = None
    """Required all the same: that one lacks is C030, as more or fewer right ones are."""
    correct: bool = False


@entry
class Param(Entry):
    """A number that varies: a value of the grid from `min` to `max`, or one of the choices."""

    min: float | None = None
    max: float | None = None
    step: Annotated[float | None, Bounds(gt=0)] = None
    choices: tuple[int | float | str, ...] = ()

    def __post_init__(self) -> None:
        grid = (self.min, self.max, self.step)
        if bool(self.choices) == any(part is not None for part in grid):
            raise ValueError("either choices, or min, max and step")
        if not self.choices and (self.min is None or self.max is None or self.step is None):
            raise ValueError("min, max and step together")
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError("min below max")


@entry
class Mistake(Entry):
    """A number that a known mistake leads to, and what to say of it."""

    value: Annotated[str, Bounds(min_length=1)]
    explain: Words


@entry
class Number(Entry):
    """A free number: the right one as an expression of the parameters, how near is near enough, its unit."""

    value: Annotated[str, Bounds(min_length=1)]
    rtol: Annotated[float, Bounds(ge=0, le=0.5)] = 0.001
    atol: Annotated[float, Bounds(ge=0)] = 0.0
    unit: str = ""
    explain: Words
    mistakes: tuple[Mistake, ...] = ()


@entry
class Item(Entry):
    """A question: choices or a free number. `params` make it another one for every seed."""

    id: Slug
    concept: Slug
    difficulty: Annotated[int, Bounds(ge=1, le=5)]
    stem: Words
    params: Annotated[dict[str, Param], EMPTY] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    number: Number | None = None

    def __post_init__(self) -> None:
        if bool(self.choices) == (self.number is not None):
            raise ValueError("either choices or a number")


@entry
class Quiz(Entry):
    """`quizzes/<slug>.yaml`."""

    items: Annotated[tuple[Item, ...], Bounds(min_length=1)]


ResourceKind = Literal[
    "book", "course", "lecture", "tutorial", "paper", "document", "tool", "dataset", "community"
]


@entry
class Resource(Entry):
    """Somewhere else to learn: `resources/*.yaml` hold lists of them. What is not certain stays null."""

    id: Slug
    title: Annotated[str, Bounds(min_length=1)]
    authors: tuple[str, ...] = ()
    year: Annotated[int | None, Bounds(ge=1600, le=2100)]
    kind: ResourceKind
    """A document is a law, a standard or a report."""
    language: Annotated[tuple[Language, ...], Bounds(min_length=1)]
    level: Literal["beginner", "intermediate", "advanced"]
    topics: tuple[str, ...] = ()
    concepts: tuple[Slug, ...] = ()
    url: Annotated[str, Bounds(pattern=r"^https?://[^\s]+$")]
    cost: Literal["free", "paid", "freemium"]
    hours: Annotated[float | None, Bounds(gt=0)] = None
    checked: date | None = None
    """When a user's own `resources check` last found it."""


@entry
class Resources(Entry):
    """One file of the catalog."""

    resources: tuple[Resource, ...]


Depth = Annotated[int, Bounds(ge=1, le=3)]
"""How well a concept must be known: 1 can explain it, 2 can use it, 3 can build it."""


@entry
class System(Entry):
    """Something one can have built, from a digit classifier to a chat model."""

    id: Slug
    name: Words
    concepts: Annotated[dict[Slug, Depth], Bounds(min_length=1)]
    recipes: tuple[str, ...] = ()
    """The recipes that are one."""
    planned: bool = False
    """There is no recipe for it yet."""

    def __post_init__(self) -> None:
        if bool(self.recipes) == self.planned:
            raise ValueError("recipes, or planned: true where there is none yet")


@entry
class Systems(Entry):
    """One file of `systems/`."""

    systems: tuple[System, ...]


@entry
class Answered(Entry):
    """A question as an interviewer asks it, and a good answer that cites where it is learned."""

    id: Slug
    question: Words
    answer: Words
    """CommonMark with mathematics; cites `lesson:SLUG`, `concept:SLUG`, `formula:ID` or `resource:ID` as links."""


@entry
class Project(Entry):
    """What proves it: recipes of ours, one's own data where one has them, and what the work shows."""

    id: Slug
    name: Words
    shows: Words
    """What someone who reads the portfolio sees by it."""
    recipes: Annotated[tuple[str, ...], Bounds(min_length=1)]
    concepts: Annotated[tuple[Slug, ...], Bounds(min_length=1)]


@entry
class Role(Entry):
    """A kind of work: what they do, and what it asks for."""

    id: Slug
    name: Words
    aliases: Aliases = Aliases()
    does: Words
    """What their days are made of, CommonMark."""
    needs: Annotated[dict[Slug, Depth], Bounds(min_length=1)]
    systems: Annotated[tuple[Slug, ...], Bounds(min_length=1)]
    questions: Annotated[tuple[Answered, ...], Bounds(min_length=3)]
    projects: Annotated[tuple[Project, ...], Bounds(min_length=1)]


@entry
class Roles(Entry):
    """One file of `roles/`."""

    roles: tuple[Role, ...]


@entry
class Question(Entry):
    """What people ask, and the answer."""

    id: Slug
    question: Words
    aliases: Aliases = Aliases()
    """Other ways in which it is asked."""
    answer: Words
    """CommonMark with mathematics and links as in lessons; `{name}` is filled from the figures."""
    figures: tuple[Name, ...] = ()
    """Functions of `path/figures.py` whose values, computed on this machine, fill the answer."""
    concepts: tuple[Slug, ...] = ()


@entry
class Questions(Entry):
    """One file of `faq/`: the questions of one theme."""

    theme: Words
    questions: Annotated[tuple[Question, ...], Bounds(min_length=1)]
