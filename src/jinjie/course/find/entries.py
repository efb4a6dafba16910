"""All that can be found, each as one entry: what it is called, what it says, and what to type to get to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinjie.base.words import LANGUAGES, Text, text
from jinjie.course.content.library import Library, Written, load
from jinjie.course.content.schema import Lesson
from jinjie.course.content.sheet import Unreadable
from jinjie.course.find.kinds import COMMANDS

RESOURCE_KINDS = {
    "book": Text("book textbook", "书 书籍 教材"),
    "course": Text("course class", "课程 网课"),
    "lecture": Text("lecture video talk", "讲座 视频 公开课"),
    "tutorial": Text("tutorial blog article", "教程 博客 文章"),
    "paper": Text("paper article", "论文 文献"),
    "document": Text("document law standard report", "文件 法律 标准 报告"),
    "tool": Text("tool software library framework", "工具 软件 库 框架"),
    "dataset": Text("dataset data set benchmark", "数据集 基准"),
    "community": Text("community forum ask questions help", "社区 论坛 提问 求助"),
}
_COST = {
    "free": Text("free", "免费"),
    "paid": Text("paid", "收费 付费"),
    "freemium": Text("partly free", "部分免费"),
}
_LEVEL = {
    "beginner": Text("beginner", "入门 初学者"),
    "intermediate": Text("intermediate", "中级"),
    "advanced": Text("advanced", "高级"),
}
_LANGUAGE = {"en": Text("English", "英文"), "zh": Text("Chinese", "中文")}


@dataclass(frozen=True)
class Entry:
    """One thing to be found; a lesson is many, one a section."""

    kind: str
    id: str
    title: Text
    names: tuple[str, ...]
    """What else it is called, in either language."""
    body: Text
    """What it says, to be searched and to show a piece of."""
    command: str = ""
    """What to type next; empty for what lies outside, which has an address."""
    address: str = ""
    heading: Text = Text("", "")
    """The section's, within a lesson."""
    planned: bool = False


def gather(roots: Sequence[Path] | None) -> list[Entry]:
    """Everything of our course, or of these content folders. Files that cannot be read are passed over."""
    library = load(roots)
    return [
        *_lessons(library),
        *_concepts(library),
        *_formulas(),
        *_practice(library),
        *_work(library),
        *_resources(library),
        *_recipes(),
        *_commands(),
    ]


def _lessons(library: Library) -> Iterator[Entry]:
    for slug, lesson in library.lessons.items():
        names = (slug.replace("-", " "),)
        command = f"jinjie lesson {slug}"
        yield Entry("lesson", slug, lesson.entry.title, names, lesson.entry.summary, command)
        for heading, body in _sections(lesson):
            yield Entry("lesson", slug, lesson.entry.title, (), body, command, heading=heading)


def _sections(lesson: Written[Lesson]) -> Iterator[tuple[Text, Text]]:
    """The sections of both texts side by side, or one after the other where they are not cut alike."""
    cut = {}
    for lang in LANGUAGES:
        try:
            cut[lang] = _cut(lesson.words(lang))
        except Unreadable:
            cut[lang] = []
    en, zh = cut["en"], cut["zh"]
    if len(en) == len(zh):
        for (heading, body), (heading_zh, body_zh) in zip(en, zh, strict=True):
            yield Text(heading, heading_zh), Text(body, body_zh)
        return
    for heading, body in en:
        yield Text(heading, heading), Text(body, "")
    for heading, body in zh:
        yield Text(heading, heading), Text("", body)


def _cut(words: str) -> list[tuple[str, str]]:
    """A text as its sections: what stands before the first heading has none."""
    prose = plain(words)
    parts = re.split(r"^#{2,6}[ \t]+(.+)$", prose, flags=re.MULTILINE)
    bodies = [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    return [(heading.strip(), " ".join(body.split())) for heading, body in bodies]


def plain(words: str) -> str:
    """A lesson's or an exercise's text without code, marks and the targets of links; headings stay."""
    words = re.sub(r"^(`{3,}|~{3,}).*?^\1[`~]*[ \t]*$", "", words, flags=re.MULTILINE | re.DOTALL)
    words = re.sub(r"^:::[ \t]*\w*", "", words, flags=re.MULTILINE)
    words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", words)
    return re.sub(r"[*`$|]+|\\(?=[A-Za-z])", " ", words)


def _concepts(library: Library) -> Iterator[Entry]:
    carried = {slug for written in library.resources.values() for slug in written.entry.concepts}
    for slug, written in library.concepts.items():
        concept = written.entry
        also = Text(" · ".join(concept.aliases.en), " · ".join(concept.aliases.zh))
        if concept.lesson in library.lessons:
            command = f"jinjie lesson {concept.lesson}"
        elif slug in carried:
            command = f"jinjie resources {slug}"
        else:
            command = f"jinjie formula {slug}" if slug in _formula_ids() else ""
        names = (*concept.aliases.en, *concept.aliases.zh, slug.replace("-", " "))
        yield Entry("concept", slug, concept.name, names, also, command, planned=concept.planned)


def _formula_ids() -> set[str]:
    from jinjie.course.formula.headings import headings

    return set(headings())


def _formulas() -> Iterator[Entry]:
    from jinjie.course.formula.registry import formulas

    for id_, formula in formulas().items():
        meanings = [symbol.meaning for symbol in formula.symbols] + [wrong.says for wrong in formula.wrong]
        body = Text(*("; ".join(dict.fromkeys(m.in_(lang) for m in meanings)) for lang in LANGUAGES))
        names = (id_.replace("-", " "), formula.function)
        yield Entry("formula", id_, formula.name, names, body, f"jinjie formula {id_}")


def _practice(library: Library) -> Iterator[Entry]:
    called = {slug: written.entry.name for slug, written in library.concepts.items()}
    for slug, exercise in library.exercises.items():
        try:
            body = Text(*(" ".join(plain(exercise.words(lang)).split()) for lang in LANGUAGES))
        except Unreadable:
            body = exercise.entry.title
        names = (slug.replace("-", " "), *exercise.entry.entries)
        command = f"jinjie exercise start {slug}"
        yield Entry("exercise", slug, exercise.entry.title, names, body, command)
    for slug, quiz in library.quizzes.items():
        for item in quiz.entry.items:
            stem = Text(*(_asked(item.stem.in_(lang)) for lang in LANGUAGES))
            choices = Text(
                *(" · ".join(choice.text.in_(lang) for choice in item.choices) for lang in LANGUAGES)
            )
            about = called.get(item.concept)
            names = (about.en, about.zh) if about else ()
            yield Entry("quiz", f"{slug}/{item.id}", stem, names, choices, f"jinjie quiz {slug}")
    for slug, experiment in library.experiments.items():
        names = (slug.replace("-", " "),)
        command = f"jinjie experiment {slug}"
        yield Entry("experiment", slug, experiment.entry.title, names, experiment.entry.notice, command)


def _work(library: Library) -> Iterator[Entry]:
    """Answers to what people ask, kinds of work, and what one can have built."""
    called = {slug: written.entry.name for slug, written in library.concepts.items()}
    for slug, question in library.questions.items():
        body = Text(*(" ".join(plain(question.entry.answer.in_(lang)).split()) for lang in LANGUAGES))
        names: tuple[str, ...] = (slug.replace("-", " "),)
        yield Entry("answer", slug, question.entry.question, names, body, f"jinjie ask {slug}")
    for slug, role in library.roles.items():
        aliases = role.entry.aliases
        names = (slug.replace("-", " "), *aliases.en, *aliases.zh)
        body = Text(*(" ".join(plain(role.entry.does.in_(lang)).split()) for lang in LANGUAGES))
        yield Entry("role", slug, role.entry.name, names, body, f"jinjie career show {slug}")
    for slug, system in library.systems.items():
        names = (slug.replace("-", " "),)
        about = [called[concept] for concept in system.entry.concepts if concept in called]
        body = Text(*(" · ".join(name.in_(lang) for name in about) for lang in LANGUAGES))
        command = f"jinjie plan --goal system:{slug}"
        planned = system.entry.planned
        yield Entry("system", slug, system.entry.name, names, body, command, planned=planned)


def _asked(stem: str) -> str:
    """A question's text; the numbers that vary are left open."""
    return " ".join(re.sub(r"\{[^{}]*\}", "…", plain(stem)).split())


def _resources(library: Library) -> Iterator[Entry]:
    called = {slug: written.entry.name for slug, written in library.concepts.items()}
    for slug, written in library.resources.items():
        resource = written.entry
        about = [called[c] for c in resource.concepts if c in called]
        facts = [RESOURCE_KINDS[resource.kind], _COST[resource.cost], _LEVEL[resource.level]]
        facts += [_LANGUAGE[lang] for lang in resource.language]
        who = ", ".join(resource.authors) + (f" · {resource.year}" if resource.year else "")
        topics = ", ".join(topic.replace("-", " ") for topic in resource.topics)
        body = Text(
            *(
                " · ".join(
                    [
                        who,
                        ", ".join(f.in_(lang) for f in facts),
                        ", ".join(a.in_(lang) for a in about),
                        topics,
                    ]
                )
                for lang in LANGUAGES
            )
        )
        names = (slug.replace("-", " "), *resource.authors)
        yield Entry("resource", slug, Text(resource.title, resource.title), names, body, address=resource.url)


def _recipes() -> Iterator[Entry]:
    from jinjie.recipes import all_recipes

    for name, recipe in all_recipes().items():
        body = Text(*(f"{recipe.teaches.in_(lang)} {recipe.expect.in_(lang)}" for lang in LANGUAGES))
        yield Entry(
            "recipe",
            name,
            recipe.title,
            (name.replace("-", " "), recipe.model.kind),
            body,
            f"jinjie show {name}",
        )


def _commands() -> Iterator[Entry]:
    for name, key in COMMANDS.items():
        title = Text(f"jinjie {name}", f"jinjie {name}")
        yield Entry("command", name, title, (name,), text(key), f"jinjie {name} --help")
