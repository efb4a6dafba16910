"""The pages of the course: the climb, each lesson with what is live in it, and each formula at work."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.words import language, say
from jinjie.course.content import schema
from jinjie.course.content.library import Written
from jinjie.course.content.sheet import Unreadable
from jinjie.studio import formula_views, lesson_views
from jinjie.studio.course import Course, Read, course
from jinjie.studio.draft_pages import source_of, typed_last
from jinjie.studio.lesson_views import Answered
from jinjie.studio.live import Frame, stream
from jinjie.studio.render import Filled, page, piece

router = APIRouter(include_in_schema=False)
_LIVE = re.compile(r'<div class="live" data-live="(\w+)" data-slug="([a-z0-9-]*)"></div>')


@router.get("/learn")
def climb(request: Request) -> Response:
    """Every lesson by stage."""
    its = course(request)
    findings = its.library.findings if its.preview else []
    return page(
        request, "learn.html", stages=lesson_views.climb(its.library), findings=findings, preview=its.preview
    )


@router.get("/learn/{slug}")
def lesson(request: Request, slug: str) -> Response:
    """One lesson."""
    return _lesson(request, slug)


def _lesson(
    request: Request,
    slug: str,
    status: int = 200,
    answered: dict[str, dict[str, Any]] | None = None,
    **more: Any,
) -> Response:
    """The page, with the answers and grades that a form without a script has just asked for."""
    its = course(request)
    found = its.library.lesson(slug)
    facts = lesson_views.facts(found, its.library)
    notes = [one for one in its.findings(found) if one.file.suffix != ".md"]
    try:
        read = its.read(found, language())
    except Unreadable as error:
        if not its.preview:
            raise InvalidInput([Problem(error.finding.file.name, error.finding.problem.key)]) from None
        return page(
            request,
            "lesson.html",
            status,
            lesson=facts,
            body="",
            contents=(),
            findings=its.findings(found),
            preview=True,
            runs=False,
        )
    live = _Live(request, its, found, read, answered or {}, more)
    body = _LIVE.sub(live.piece, read.page.body) + live.rest()
    return page(
        request,
        "lesson.html",
        status,
        lesson=facts,
        body=body,
        contents=read.page.contents,
        findings=notes,
        preview=its.preview,
        runs=bool(read.results.fences),
    )


class _Live:
    """The pieces of one lesson's page that answer."""

    def __init__(
        self,
        request: Request,
        its: Course,
        lesson: Written[schema.Lesson],
        read: Read,
        answered: dict[str, dict[str, Any]],
        graded: dict[str, Any],
    ) -> None:
        self.request = request
        self.its = its
        self.lesson = lesson
        self.read = read
        self.answered = answered
        self.graded = graded
        self.typed = typed_last(lesson.entry.exercises)
        self.placed: set[tuple[str, str]] = set()

    def piece(self, found: re.Match[str]) -> str:
        return self.of(found[1], found[2])

    def of(self, kind: str, slug: str) -> str:
        self.placed.add((kind, slug))
        match kind:
            case "experiment":
                made = lesson_views.experiment(self.its, slug, self.read, self.request.query_params)
                return piece("_experiment.html", lesson=self.lesson.slug, x=made) if made else ""
            case "exercise":
                task = lesson_views.exercise(self.its, slug, self.typed.get(slug))
                if task is None:
                    return ""
                grade = self.graded.get("grade") if self.graded.get("exercise") == slug else None
                if grade is not None or self.graded.get("exercise") == slug:
                    task["source"] = self.graded.get("source", task.get("source", ""))
                return piece("_exercise.html", lesson=self.lesson.slug, x=task, grade=grade)
        return self.quiz()

    def quiz(self) -> str:
        quiz = self.its.library.quizzes.get(self.lesson.entry.quiz or "")
        if quiz is None:
            return ""
        questions = []
        for item in quiz.entry.items:
            ready = self.answered.get(item.id)
            try:
                questions.append(ready or lesson_views.question(self.its, quiz, item.id, None))
            except JinjieError:  # a question that cannot be asked is `content check`'s to name
                continue
        return piece("_quiz.html", lesson=self.lesson.slug, questions=questions)

    def rest(self) -> str:
        """What the lesson has and its text has no place for comes at its end."""
        entry = self.lesson.entry
        wanted = [("exercise", slug) for slug in entry.exercises]
        wanted += [("quiz", "")] if entry.quiz else []
        return "".join(self.of(*one) for one in wanted if one not in self.placed)


@router.post("/learn/{slug}/run")
def run(request: Request, slug: str) -> Response:
    """Run the code of a lesson, and come back to see what it prints."""
    its = course(request)
    try:
        its.read(its.library.lesson(slug), language()).results.run()
    except Unreadable as error:
        raise InvalidInput([Problem(error.finding.file.name, error.finding.problem.key)]) from None
    return RedirectResponse(f"/learn/{slug}", 303)


@router.post("/learn/{slug}/done")
def done(request: Request, slug: str) -> Response:
    """The learner has finished a lesson: said to their log."""
    from jinjie.learner.attempt import Attempt

    found = course(request).library.lesson(slug)
    _log(Attempt("lesson", found.slug, passed=True))
    if "hx-request" in request.headers:
        return Response(
            f'<p class="passed" role="status">✓ {say("studio.learn.is_done")}</p>', media_type="text/html"
        )
    return RedirectResponse(f"/learn/{slug}", 303)


@router.post("/learn/{slug}/experiments/{name}")
def start(request: Request, slug: str, name: str, filled: Filled) -> Response:
    """Start the training of an experiment, and go to its run."""
    from jinjie.course.experiments import recipes

    its = course(request)
    prefix = f"{name}."
    given = {key.removeprefix(prefix): value for key, value in filled.items() if key.startswith(prefix)}
    made = recipes.start(its.library.experiment(name), given)
    return RedirectResponse(f"/runs/{made.name}", 303)


# Questions


def _quiz(its: Course, slug: str) -> Written[schema.Quiz]:
    return its.library.quiz(its.library.lesson(slug).entry.quiz or "")


@router.get("/learn/{slug}/quiz/{item}")
def question(request: Request, slug: str, item: str) -> Response:
    """The question with other numbers."""
    its = course(request)
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/learn/{slug}#question-{item}", 303)
    asked = lesson_views.question(its, _quiz(its, slug), item, None)
    return Response(piece("_question.html", lesson=slug, q=asked), media_type="text/html")


@router.post("/learn/{slug}/quiz/{item}")
def answer(request: Request, slug: str, item: str, filled: Filled) -> Response:
    """Judge an answer, and write it to the learner's log."""
    from jinjie.course.quizzes import judge, variant
    from jinjie.course.quizzes.attempts import attempt

    its = course(request)
    quiz = _quiz(its, slug)
    seed, given = lesson_views.seed(filled.get("seed", "")), filled.get("answer", "")[:200]
    asked = variant(quiz, item, seed, language())
    try:
        judged = judge(asked, given)
        came = Answered(given, judged)
        _log(attempt(asked, judged, given))
    except JinjieError as error:
        came = Answered(given, problem=error.in_())
    shown = lesson_views.question(its, quiz, item, seed, came)
    if "hx-request" in request.headers:
        return Response(piece("_question.html", lesson=slug, q=shown), media_type="text/html")
    return _lesson(request, slug, answered={item: shown})


def _log(attempt: Any) -> None:
    """Write an attempt. A log that cannot be written takes nothing from the answer."""
    from jinjie.learner.attempts import write
    from jinjie.learner.store import open_store
    from jinjie.learner.troubles import StoreError

    try:
        with open_store() as store:
            write(store, attempt)
    except StoreError:
        pass


# Exercises


@router.post("/learn/{slug}/exercises/{name}")
def hand_in(request: Request, slug: str, name: str, filled: Filled) -> Response:
    """Grade what was written. It is the learner's file from then on, the one that the terminal checks as well."""
    from jinjie.base.files import write_whole
    from jinjie.course.grading import tries, workspace
    from jinjie.course.grading.marking import grade
    from jinjie.learner.store import open_store
    from jinjie.learner.troubles import StoreError

    its = course(request)
    exercise = its.library.exercise(name)
    source = source_of(filled.get("source", ""))
    work = workspace.start(exercise)
    write_whole(work.file, source)
    note = ""
    try:
        with open_store() as store:
            made = tries.hand_in(exercise, source, store)
    except StoreError as error:
        made, note = grade(exercise, source), error.in_()
    shown = lesson_views.grade(made) | ({"note": note} if note else {})
    if "hx-request" in request.headers:
        return Response(piece("_grade.html", grade=shown), media_type="text/html")
    return _lesson(request, slug, exercise=name, grade=shown, source=source)


# Formulas


@router.get("/formulas/{name}")
def formula(request: Request, name: str) -> Response:
    """A formula: its symbols, its function at work line by line, and how it is often got wrong."""
    return page(request, "formula.html", formula=formula_views.shown(name), title=say("studio.learn.formula"))


# A preview


@router.get("/preview/live")
def changes(request: Request) -> Response:
    """Tells an open page when a file of the content changed."""
    its = course(request)
    if not its.preview:
        raise HTTPException(404)
    body = stream(Changes(its), request.app.state.closing)
    return StreamingResponse(body, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


class Changes:
    """The files of a preview, looked at."""

    def __init__(self, its: Course) -> None:
        self.its = its
        self.stamp = its.stamp()

    def frames(self) -> list[Frame]:
        now = self.its.stamp()
        if now == self.stamp:
            return []
        self.stamp = now
        return [Frame("changed", {})]
