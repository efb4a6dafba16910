"""The one best thing now: the order of the steps, and that whoever does them arrives."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jinjie.base.words import Text
from jinjie.course.content import schema
from jinjie.course.content.library import Library, Written, load
from jinjie.course.content.sheet import Sheet
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import day
from jinjie.path.following import TRIES, Step, following
from jinjie.path.goals import BUILD, EXPLAIN, USE, chosen
from jinjie.path.graph import Graph
from jinjie.path.known import Known, judged
from jinjie.path.review import SESSION, due
from jinjie.path.variants import fresh

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture(scope="module")
def graph(library: Library) -> Graph:
    return Graph.of(library)


def goal(word: str, when: datetime = MORNING) -> Attempt:
    return Attempt("goal", word, time=when)


class Learner:
    """Does what `following` says, and can do it with a chance that practice raises."""

    def __init__(
        self,
        library: Library,
        graph: Graph,
        events: list[Attempt],
        seed: int,
        skill: float = 0.8,
        growth: float = 0.1,
        steps_a_day: int = 12,
        reads_twice: bool = False,
    ) -> None:
        self.library, self.graph, self.events = library, graph, list(events)
        self.chance = random.Random(seed)
        self.skill, self.growth, self.steps_a_day, self.reads_twice = skill, growth, steps_a_day, reads_twice
        self.now = max([MORNING, *(event.time for event in events)]).astimezone(MORNING.tzinfo)
        self.seed = 0
        self.done: list[Step] = []

    def able(self, thing: str) -> bool:
        times = sum(event.slug == thing or event.item == thing for event in self.events)
        return self.chance.random() < self.skill + self.growth * times

    def write(self, kind: str, slug: str, item: str | None = None, passed: bool | None = None) -> None:
        self.now += timedelta(minutes=1)
        self.seed += 1
        self.events.append(
            Attempt(kind, slug, item, seed=1000 + self.seed if item else None, passed=passed, time=self.now)
        )

    def do(self, step: Step) -> None:
        if step.kind == "review":
            waiting = [card.concept for card in due(self.library, self.events, self.now)]
            assert waiting, "a review, and nothing is due"
            for one in fresh(self.library, self.events, waiting[: step.minutes]).values():
                self.write("review", one.quiz, one.id, self.able(one.id))
        elif step.kind == "lesson":
            self.judge_lesson(step.slug)
            opened = any(e.kind == "lesson" and e.slug == step.slug for e in self.events)
            finishes = not self.reads_twice or opened
            self.write("lesson", step.slug)
            if finishes:
                self.write("lesson", step.slug, passed=True)
        elif step.kind == "exercise":
            self.write("exercise", step.slug, passed=self.able(step.slug))
        elif step.kind == "quiz":
            for item in self.library.quizzes[step.slug].entry.items:
                self.write("quiz", step.slug, item.id, self.able(item.id))
        elif step.kind == "resources":
            self.now += timedelta(minutes=step.minutes)
            self.events.append(Attempt("placement", step.slug, time=self.now, detail={"said": "known"}))
        elif step.kind == "system":
            self.write("run", step.command.removeprefix("jinjie run "), "run-1")

    def judge_lesson(self, slug: str) -> None:
        """Never a lesson before what it requires: judged by the lesson's own file, and the log."""
        finished = {event.slug for event in self.events if event.kind == "lesson" and event.passed}
        assert slug not in finished, "a lesson that was finished"
        known = judged(self.library, self.graph, self.events, self.now)
        lesson = self.library.lessons[slug].entry
        for need in lesson.requires:
            entry = self.library.concepts[need].entry
            assert entry.prior or entry.lesson in finished or known(need, EXPLAIN), f"{slug} before {need}"

    def arrive(self, most_days: int = 400) -> list[Step]:
        """All steps until the goal is met. Fails where the way does not end, or asks the same without anything new."""
        for _ in range(most_days):
            today: list[tuple[str, str]] = []
            for _ in range(self.steps_a_day):
                step = following(self.library, self.events, self.now)
                if step.kind == "done":
                    return self.done
                if step.kind == "rest":
                    break
                self.do(step)
                self.done.append(step)
                today.append((step.kind, step.slug))
            quizzes = [one for one in today if one[0] == "quiz"]
            assert len(quizzes) == len(set(quizzes)), "a quiz twice a day"
            assert all(today.count(one) <= 2 for one in today if one[0] in ("lesson", "system")), today
            assert all(today.count(one) <= TRIES for one in today if one[0] == "exercise"), today
            assert sum(one[0] == "review" for one in today) <= 1, "reviews block the way once a day"
            self.now = datetime.combine(day(self.now) + timedelta(days=1), MORNING.timetz())
        pytest.fail(f"not there after {most_days} days: {following(self.library, self.events, self.now)}")


KINDS: dict[str, dict[str, float]] = {
    "knows all": {"skill": 1.0},
    "learns": {"skill": 0.6, "growth": 0.1},
    "slow": {"skill": 0.15, "growth": 0.04, "steps_a_day": 6},
    "an hour a week": {"skill": 0.8, "steps_a_day": 2},
    "opens and comes back": {"skill": 0.9, "reads_twice": True},
}


def met(library: Library, learner: Learner) -> bool:
    wanted, _ = chosen(library, learner.events)
    known = judged(library, learner.graph, learner.events, learner.now)
    return all(known(slug, depth) for slug, depth in wanted.wants.items() if slug in learner.graph.lessons)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_does_what_it_says_arrives(library: Library, graph: Graph, kind: str) -> None:
    for word in ("concept:softmax", "concept:confusion-matrix"):
        learner = Learner(library, graph, [goal(word)], 5, **KINDS[kind])  # type: ignore[arg-type]
        steps = learner.arrive()
        assert met(library, learner)
        assert steps[0].kind == "lesson"


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(len(KINDS)))
def test_every_concept_of_a_written_lesson_is_reached(library: Library, graph: Graph, turn: int) -> None:
    """Each by two of the five kinds of learner."""
    for i, concept in enumerate(graph.lessons):
        if i % len(KINDS) in (turn, (turn + 2) % len(KINDS)):
            kind = KINDS[list(KINDS)[turn]]
            learner = Learner(library, graph, [goal(f"concept:{concept}")], i, **kind)  # type: ignore[arg-type]
            learner.arrive()
            assert met(library, learner)


def random_log(library: Library, seed: int) -> list[Attempt]:
    """Whatever someone may have done before: in any order, half of it wrong, some of it no longer in the course."""
    chance = random.Random(seed)
    items = [(slug, item.id) for slug, quiz in library.quizzes.items() for item in quiz.entry.items]
    when = MORNING - timedelta(days=chance.randrange(1, 400))
    events: list[Attempt] = []
    for _ in range(chance.randrange(0, 60)):
        when += timedelta(hours=chance.random() * 20)
        if when > MORNING:
            break
        kind = chance.choice(
            ["quiz", "quiz", "placement", "review", "exercise", "lesson", "goal", "run", "gone"]
        )
        passed = chance.choice([True, False, None])
        if kind in ("quiz", "placement", "review"):
            quiz, item = chance.choice(items)
            events.append(Attempt(kind, quiz, item, seed=chance.randrange(99), passed=passed, time=when))
        elif kind == "gone":
            events.append(Attempt("exercise", "gone", passed=passed, time=when))
        elif kind == "goal":
            events.append(goal(chance.choice(["concept:softmax", "role:gone", "spine:spine"]), when))
        else:
            of = {"exercise": list(library.exercises), "lesson": list(library.lessons)}
            slug = chance.choice(of.get(kind, ["image-classifier"]))
            events.append(Attempt(kind, slug, passed=passed, time=when))
    return events


def arrives_from(library: Library, graph: Graph, seeds: range) -> None:
    for seed in seeds:
        chance = random.Random(seed)
        word = f"concept:{chance.choice(list(graph.lessons))}"
        events = [*random_log(library, seed), goal(word)]
        kind = KINDS[chance.choice(list(KINDS))]
        learner = Learner(library, graph, events, seed, **kind)  # type: ignore[arg-type]
        learner.arrive()
        assert met(library, learner)


def test_from_any_log(library: Library, graph: Graph) -> None:
    arrives_from(library, graph, range(4))


@pytest.mark.slow
def test_from_two_hundred_logs(library: Library, graph: Graph) -> None:
    arrives_from(library, graph, range(200))


def test_without_a_goal_it_is_the_spine(library: Library, graph: Graph) -> None:
    learner = Learner(library, graph, [], 1, skill=1.0)
    steps = learner.arrive()
    read = [step.slug for step in steps if step.kind == "lesson"]
    assert read == [lesson.slug for lesson in library.climb]
    built = {step.slug for step in steps if step.kind == "exercise"}
    assert built == set(library.exercises), "every exercise"
    assert following(library, learner.events, learner.now).kind == "done"


def test_what_was_begun_comes_first_and_a_review_before_it(library: Library) -> None:
    first, second = library.climb[0], library.climb[1]
    step = following(library, [], MORNING)
    assert (step.kind, step.slug, step.minutes) == ("lesson", first.slug, first.entry.minutes)
    assert step.command == f"jinjie lesson {first.slug}"
    read = [Attempt("lesson", one, passed=True, time=MORNING) for one in (first.slug, second.slug)]
    tried = Attempt("exercise", second.entry.exercises[0], passed=False, time=MORNING)
    assert following(library, read, MORNING).slug == first.entry.exercises[0]
    step = following(library, [*read, tried], MORNING)
    assert (step.kind, step.slug) == ("exercise", second.entry.exercises[0])
    assert step.command == f"jinjie exercise check {step.slug}"
    item = library.quizzes["attention"].entry.items[0].id
    old = Attempt("quiz", "attention", item, seed=1, passed=True, time=MORNING - timedelta(days=30))
    step = following(library, [*read, tried, old], MORNING)
    assert (step.kind, step.minutes, step.command) == ("review", 1, "jinjie review")


def test_reviews_block_the_way_for_one_session_a_day(library: Library, graph: Graph) -> None:
    items = [(slug, item.id) for slug, quiz in library.quizzes.items() for item in quiz.entry.items]
    events = [
        Attempt("quiz", slug, item, seed=1, passed=False, time=MORNING - timedelta(days=9))
        for slug, item in items
    ]
    step = following(library, events, MORNING)
    assert (step.kind, step.minutes) == ("review", SESSION)
    answered = [
        replace(
            event, kind="review", seed=2, time=MORNING + timedelta(seconds=i), id=Attempt("lesson", "x").id
        )
        for i, event in enumerate(events[: SESSION - 1])
    ]
    step = following(library, [*events, *answered], MORNING)
    assert (step.kind, step.minutes, step.command) == ("review", 1, "jinjie review --most 1")
    last = replace(answered[-1], slug=items[-1][0], item=items[-1][1], id=Attempt("lesson", "x").id)
    assert len(due(library, [*events, *answered, last], MORNING)) > SESSION
    assert following(library, [*events, *answered, last], MORNING).kind == "lesson"
    assert following(library, [*events, *answered, last], MORNING + timedelta(days=1)).kind == "review"


def test_an_exercise_that_does_not_pass_lets_others_by(library: Library) -> None:
    lesson = library.climb[0]
    events = [Attempt("lesson", lesson.slug, passed=True, time=MORNING)]
    exercise = lesson.entry.exercises[0]
    for i in range(TRIES):
        assert following(library, events, MORNING).slug == exercise
        events.append(Attempt("exercise", exercise, passed=False, time=MORNING + timedelta(minutes=i)))
    assert following(library, events, MORNING).slug != exercise
    assert following(library, events, MORNING + timedelta(days=1)).slug == exercise


def test_who_knows_is_not_made_to_read(library: Library) -> None:
    """What was said or shown to be known is skipped, and so is what that stands on."""
    known: Known = lambda concept, depth: concept != "gpt"  # noqa: E731
    step = following(library, [goal("concept:gpt")], MORNING, known)
    assert (step.kind, step.slug) == ("lesson", "gpt-pretraining")
    step = following(library, [goal("concept:gpt")], MORNING, lambda concept, depth: depth <= EXPLAIN)
    assert step.slug == "gpt-pretraining", "what it stands on, one need only explain"
    step = following(library, [goal("concept:gpt")], MORNING, lambda concept, depth: True)
    assert step.kind == "done"


def test_who_says_to_know_is_asked_and_not_made_to_read(library: Library, graph: Graph) -> None:
    said = [Attempt("placement", one, time=MORNING, detail={"said": "known"}) for one in graph.concepts]
    events = [goal("concept:precision-and-recall"), *said]
    step = following(library, events, MORNING)
    assert (step.kind, step.slug) == ("quiz", "measure-quality")
    items = library.quizzes["measure-quality"].entry.items
    for passed, then in ((True, "done"), (False, "lesson")):
        answers = [
            Attempt(
                "quiz", "measure-quality", item.id, seed=3, passed=passed, time=MORNING + timedelta(minutes=1)
            )
            for item in items
        ]
        step = following(library, [*events, *answers], MORNING + timedelta(hours=1))
        assert step.kind == then, "what was answered wrongly is read after all"
    taken_back = Attempt(
        "placement", "precision-and-recall", time=MORNING + timedelta(minutes=2), detail={"said": "unknown"}
    )
    assert following(library, [*events, taken_back], MORNING + timedelta(hours=1)).kind == "lesson"


def test_to_build_is_to_have_built(library: Library, graph: Graph) -> None:
    concept = "linear-model"
    lesson = graph.lessons[concept]
    item = next(item for item in library.quizzes[lesson].entry.items if item.concept == concept)
    exercise = next(slug for slug, one in library.exercises.items() if concept in one.entry.concepts)
    events = [
        Attempt("lesson", lesson, passed=True, time=MORNING),
        Attempt("quiz", lesson, item.id, seed=1, passed=True, time=MORNING),
    ]
    known = judged(library, graph, events, MORNING)
    assert known(concept, USE) and not known(concept, BUILD)
    events.append(Attempt("exercise", exercise, passed=True, time=MORNING))
    assert judged(library, graph, events, MORNING)(concept, BUILD)
    wrong = Attempt("review", lesson, item.id, seed=2, passed=False, time=MORNING + timedelta(days=2))
    assert not judged(library, graph, [*events, wrong], MORNING + timedelta(days=2))(concept, USE)


def test_what_was_opened_out_of_turn_waits_for_what_it_requires(library: Library) -> None:
    opened = Attempt("lesson", "gpt-pretraining", time=MORNING)
    step = following(library, [goal("concept:gpt"), opened], MORNING)
    assert (step.kind, step.slug) == ("lesson", "linear-regression")
    step = following(library, [goal("concept:gpt"), opened], MORNING, lambda concept, depth: concept != "gpt")
    assert step.slug == "gpt-pretraining"
    assert step.hint and "--done" in step.hint.en


def test_lessons_that_require_one_another_do_not_end_the_way(library: Library) -> None:
    first = library.climb[0]
    circle = replace(first, entry=replace(first.entry, requires=("gpt",)))
    damaged = replace(library, lessons={**library.lessons, first.slug: circle})
    step = following(damaged, [goal("concept:gpt")], MORNING)
    assert step.kind == "lesson"


def with_system(library: Library, recipes: tuple[str, ...]) -> Library:
    name = Text("a line", "一条直线")
    system = schema.System(
        id="line", name=name, concepts={"linear-model": 3}, recipes=recipes, planned=not recipes
    )
    sheet = Sheet.__new__(Sheet)
    return replace(library, systems={"line": Written("line", system, sheet, True)})


def test_a_system_is_built_when_what_it_takes_is_known(library: Library, graph: Graph) -> None:
    course = with_system(library, ("image-classifier",))
    learner = Learner(course, graph, [goal("system:line")], 3, skill=1.0)
    steps = learner.arrive()
    assert [step.kind for step in steps].index("system") == len(steps) - 1
    assert (steps[-1].slug, steps[-1].command) == ("line", "jinjie run image-classifier")
    planned = with_system(library, ())
    learner = Learner(planned, graph, [goal("system:line")], 3, skill=1.0)
    assert "system" not in {step.kind for step in learner.arrive()}


def test_what_no_lesson_teaches_is_learned_elsewhere(library: Library, graph: Graph) -> None:
    planned = [slug for slug, concept in graph.concepts.items() if concept.planned]
    last = planned[-1]
    asked = [goal(f"concept:{last}")]
    learner = Learner(library, graph, asked, 1, skill=1.0)
    elsewhere = [step for step in learner.arrive() if step.kind == "resources"]
    wanted = [slug for slug in graph.closure([last]) if slug in planned]
    assert [step.slug for step in elsewhere] == wanted, "in the order of the climb, each once"
    assert elsewhere[0].command == f"jinjie resources {wanted[0]}"
    assert f"jinjie place --known {wanted[0]}" in str(elsewhere[0].hint and elsewhere[0].hint.zh)


def test_an_empty_course_has_nothing_to_do() -> None:
    assert following(Library(()), [], MORNING).kind == "done"


def test_both_languages_carry_their_own_titles(library: Library) -> None:
    step = following(library, [], MORNING)
    title = library.climb[0].entry.title
    assert title.en in step.reason.en and title.zh in step.reason.zh
