"""What every file of the course may say. `jinjie content schema` writes these types as JSON Schema for editors."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from jinjie.base.words import Language, Text

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
NAME = r"^[a-z_][a-z0-9_]*$"


def is_slug(name: str) -> bool:
    """Whether a name may be an id."""
    return len(name) <= 80 and re.fullmatch(SLUG, name) is not None


Slug = Annotated[str, Field(pattern=SLUG, max_length=80)]
Name = Annotated[str, Field(pattern=NAME, max_length=80)]


def _said(text: Text) -> Text:
    if not (text.en.strip() and text.zh.strip()):
        raise ValueError("a text in both languages, neither of them empty")
    return text


Words = Annotated[Text, AfterValidator(_said)]
"""A text in both languages."""


class Entry(BaseModel):
    """Strict about its keys, so that a misspelt one is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Aliases(Entry):
    """Other names that people type."""

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()


class Concept(Entry):
    """A node of the prerequisite graph: what lessons teach, items measure and roles need."""

    id: Slug
    name: Words
    aliases: Aliases = Aliases()
    requires: tuple[Slug, ...] = ()
    """Cannot be understood without."""
    soft_requires: tuple[Slug, ...] = ()
    """Easier with."""
    minutes: int = Field(gt=0, le=600)
    level: int = Field(ge=1, le=5)
    """1 first steps … 5 today's research."""
    lesson: Slug | None = None
    planned: bool = False
    """Its lesson is not yet written."""
    prior: bool = False
    """What a learner brings along: school mathematics, a little Python. No lesson of ours teaches it."""

    @model_validator(mode="after")
    def _taught_or_prior(self) -> Self:
        if self.prior == (self.lesson is not None):
            raise ValueError("a lesson's slug, or prior: true for what no lesson teaches")
        if self.prior and self.planned:
            raise ValueError("what is prior is not planned")
        return self


class Area(Entry):
    """A stage of the climb and its concepts: `concepts/<area>.yaml`."""

    stage: int = Field(ge=0, le=20)
    name: Words
    concepts: tuple[Concept, ...]


class Synced(Entry):
    """The sha256 of the two texts when they were last declared equal."""

    en: str = Field(pattern=r"^[0-9a-f]{64}$")
    zh: str = Field(pattern=r"^[0-9a-f]{64}$")


class Lesson(Entry):
    """`lessons/<slug>/lesson.yaml`; the texts stand beside it."""

    title: Words
    summary: Words
    stage: int = Field(ge=0, le=20)
    teaches: tuple[Slug, ...] = Field(min_length=1)
    requires: tuple[Slug, ...] = ()
    minutes: int = Field(gt=0, le=600)
    memory_mb: int = Field(gt=0)
    """Memory that its fences, experiments and exercises take at most."""
    experiments: tuple[Slug, ...] = ()
    exercises: tuple[Slug, ...] = ()
    quiz: Slug | None = None
    resources: tuple[Slug, ...] = ()
    synced: Synced | None = None


class Knob(Entry):
    """What a learner may turn: a slider between `min` and `max`, or a choice."""

    name: str = Field(min_length=1)
    """The function's argument; for a recipe the path of a setting."""
    label: Words
    min: float | None = None
    max: float | None = None
    step: float | None = Field(None, gt=0)
    choices: tuple[bool | int | float | str, ...] = ()
    labels: tuple[Words, ...] = ()
    """How the choices are called, where they are not called what they are."""
    default: bool | int | float | str
    unit: str = ""
    log: bool = False
    """Whether the slider runs over the logarithm."""

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        slides = (self.min, self.max, self.step)
        if self.choices:
            if any(part is not None for part in slides):
                raise ValueError("either choices, or min, max and step")
            if self.default not in self.choices:
                raise ValueError(f"the default {self.default!r} is one of the choices")
            if self.labels and len(self.labels) != len(self.choices):
                raise ValueError("as many labels as choices")
            return self
        if self.min is None or self.max is None or self.step is None:
            raise ValueError("min, max and step together, or choices")
        if self.min >= self.max or (self.log and self.min <= 0):
            raise ValueError("min below max, and above zero where log is true")
        if isinstance(self.default, bool | str) or not self.min <= self.default <= self.max:
            raise ValueError("the default is a number from min to max")
        return self


class Experiment(Entry):
    """`experiments/<slug>.yaml`: a function that answers at once, or a recipe whose run is streamed."""

    title: Words
    function: Name | None = None
    """A function of `<slug>.py` beside this file."""
    recipe: str | None = None
    settings: dict[str, Any] = {}
    """Settings of the recipe that the knobs leave alone: a budget that fits the lesson."""
    knobs: tuple[Knob, ...] = ()
    notice: Words
    """What to look for."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.function is None) == (self.recipe is None):
            raise ValueError("either a function or a recipe")
        if self.settings and self.recipe is None:
            raise ValueError("settings belong to a recipe")
        return self


class Limits(Entry):
    """What one grading of a submission may take."""

    seconds: float = Field(1.0, gt=0, le=60)
    memory_mb: int = Field(512, ge=64, le=8192)


class Hint(Entry):
    """What a learner is told, and when: the name of a wrong solution, `exception`, or `always`."""

    when: str = Field(pattern=NAME)
    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    @property
    def says(self) -> Text:
        return Text(self.en, self.zh)


class Exercise(Entry):
    """`exercises/<slug>/exercise.yaml`, beside starter.py, solution.py, cases.py, wrong/*.py and the statement."""

    title: Words
    concepts: tuple[Slug, ...] = Field(min_length=1)
    minutes: int = Field(gt=0, le=300)
    entries: tuple[Name, ...] = Field(min_length=1)
    """The functions to write, each graded."""
    library: Literal["numpy", "torch"] = "numpy"
    rtol: float | None = Field(None, ge=0, le=1)
    atol: float | None = Field(None, ge=0)
    visible: int = Field(3, ge=1, le=20)
    hidden: int = Field(17, ge=1, le=200)
    limits: Limits = Limits()
    hints: tuple[Hint, ...] = Field(min_length=1)


class Choice(Entry):
    """An answer to choose, why it is right or wrong, and whether it is the right one."""

    text: Words
    explain: Text | None = None
    """Required all the same: that one lacks is C030, as more or fewer right ones are."""
    correct: bool = False


class Param(Entry):
    """A number that varies: a value of the grid from `min` to `max`, or one of the choices."""

    min: float | None = None
    max: float | None = None
    step: float | None = Field(None, gt=0)
    choices: tuple[int | float | str, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        grid = (self.min, self.max, self.step)
        if bool(self.choices) == any(part is not None for part in grid):
            raise ValueError("either choices, or min, max and step")
        if not self.choices and (self.min is None or self.max is None or self.step is None):
            raise ValueError("min, max and step together")
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError("min below max")
        return self


class Mistake(Entry):
    """A number that a known mistake leads to, and what to say of it."""

    value: str = Field(min_length=1)
    explain: Words


class Number(Entry):
    """A free number: the right one as an expression of the parameters, how near is near enough, its unit."""

    value: str = Field(min_length=1)
    rtol: float = Field(0.001, ge=0, le=0.5)
    atol: float = Field(0.0, ge=0)
    unit: str = ""
    explain: Words
    mistakes: tuple[Mistake, ...] = ()


class Item(Entry):
    """A question: choices or a free number. `params` make it another one for every seed."""

    id: Slug
    concept: Slug
    difficulty: int = Field(ge=1, le=5)
    stem: Words
    params: dict[str, Param] = {}
    choices: tuple[Choice, ...] = ()
    number: Number | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.choices) == (self.number is not None):
            raise ValueError("either choices or a number")
        return self


class Quiz(Entry):
    """`quizzes/<slug>.yaml`."""

    items: tuple[Item, ...] = Field(min_length=1)


class Resource(Entry):
    """Somewhere else to learn: `resources/*.yaml` hold lists of them. What is not certain stays null."""

    id: Slug
    title: str = Field(min_length=1)
    authors: tuple[str, ...] = ()
    year: int | None = Field(ge=1600, le=2100)
    kind: Literal[
        "book", "course", "lecture", "tutorial", "paper", "document", "tool", "dataset", "community"
    ]
    """A document is a law, a standard or a report."""
    language: tuple[Language, ...] = Field(min_length=1)
    level: Literal["beginner", "intermediate", "advanced"]
    topics: tuple[str, ...] = ()
    concepts: tuple[Slug, ...] = ()
    url: str = Field(pattern=r"^https?://[^\s]+$")
    cost: Literal["free", "paid", "freemium"]
    hours: float | None = Field(None, gt=0)
    checked: date | None = None
    """When a user's own `resources check` last found it."""


class Resources(Entry):
    """One file of the catalog."""

    resources: tuple[Resource, ...]


Depth = Annotated[int, Field(ge=1, le=3)]
"""How well a concept must be known: 1 can explain it, 2 can use it, 3 can build it."""


class System(Entry):
    """Something one can have built, from a digit classifier to a chat model."""

    id: Slug
    name: Words
    concepts: dict[Slug, Depth] = Field(min_length=1)
    recipes: tuple[str, ...] = ()
    """The recipes that are one."""
    planned: bool = False
    """There is no recipe for it yet."""

    @model_validator(mode="after")
    def _built_or_planned(self) -> Self:
        if bool(self.recipes) == self.planned:
            raise ValueError("recipes, or planned: true where there is none yet")
        return self


class Systems(Entry):
    """One file of `systems/`."""

    systems: tuple[System, ...]


class Answered(Entry):
    """A question as an interviewer asks it, and a good answer that cites where it is learned."""

    id: Slug
    question: Words
    answer: Words
    """CommonMark with mathematics; cites `lesson:SLUG`, `concept:SLUG`, `formula:ID` or `resource:ID` as links."""


class Project(Entry):
    """What proves it: recipes of ours, one's own data where one has them, and what the work shows."""

    id: Slug
    name: Words
    shows: Words
    """What someone who reads the portfolio sees by it."""
    recipes: tuple[str, ...] = Field(min_length=1)
    concepts: tuple[Slug, ...] = Field(min_length=1)


class Role(Entry):
    """A kind of work: what they do, and what it asks for."""

    id: Slug
    name: Words
    aliases: Aliases = Aliases()
    does: Words
    """What their days are made of, CommonMark."""
    needs: dict[Slug, Depth] = Field(min_length=1)
    systems: tuple[Slug, ...] = Field(min_length=1)
    questions: tuple[Answered, ...] = Field(min_length=3)
    projects: tuple[Project, ...] = Field(min_length=1)


class Roles(Entry):
    """One file of `roles/`."""

    roles: tuple[Role, ...]


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


class Questions(Entry):
    """One file of `faq/`: the questions of one theme."""

    theme: Words
    questions: tuple[Question, ...] = Field(min_length=1)
