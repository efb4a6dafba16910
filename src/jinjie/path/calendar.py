"""A plan in other shapes: an iCalendar file, Markdown, sentences, and plain values for scripts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from jinjie import __version__
from jinjie.base.words import Language, say
from jinjie.course.content.library import Library
from jinjie.path.moved import Moved
from jinjie.path.plan import Part, Plan, Step

NAMED = 3
"""So many steps of a kind are named where what moved is told; the plan below has them all."""


def calendar(plan: Plan, lang: Language, now: datetime) -> bytes:
    """An all-day event for each week, its steps in the description (RFC 5545; the library folds and escapes).

    An event's id is made of the goal and of the week's Monday: a calendar that takes the plan again, made anew in the
    middle of a week, has that week once, and the weeks of another goal beside it.
    """
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", f"-//Jinjie//{__version__}//{lang.upper()}")
    made.add("version", "2.0")
    made.add("x-wr-calname", say("path.plan.calendar", lang, goal=plan.goal.title.in_(lang)))
    for number, week in enumerate(plan.weeks, 1):
        event = Event()
        monday = week.begins - timedelta(days=week.begins.weekday())
        event.add("uid", f"{plan.goal.name.replace(':', '-')}-{monday.isoformat()}@jinjie")
        event.add("dtstamp", now)
        event.add("dtstart", week.begins)
        event.add("dtend", week.ends + timedelta(days=1))
        titles = say("path.plan.comma", lang).join(part.step.title.in_(lang) for part in week.parts)
        event.add("summary", say("path.plan.week_of", lang, number=number, titles=titles))
        lines = [line(part, lang) for part in week.parts]
        lines.append(say("path.plan.reviews", lang, minutes=week.reviews))
        event.add("description", "\n".join(lines))
        made.add_component(event)
    return bytes(made.to_ical())


def markdown(plan: Plan, library: Library, lang: Language) -> str:
    """The plan as a page: a heading for each week, a box to tick for each step, resources as links."""
    out = [f"# {say('path.plan.title', lang, goal=plan.goal.title.in_(lang))}", "", summary(plan, lang), ""]
    if why := first(plan, lang):
        out += [why, ""]
    for number, week in enumerate(plan.weeks, 1):
        dates = f"{week.begins.isoformat()} – {week.ends.isoformat()}"
        out += [f"## {say('path.plan.week', lang, number=number)} · {dates}", ""]
        for part in week.parts:
            out.append(f"- [ ] {line(part, lang)}")
            out += [f"  - {link}" for link in links(part.step, library)]
        out += [f"- [ ] {say('path.plan.reviews', lang, minutes=week.reviews)}", ""]
    return "\n".join(out)


def links(step: Step, library: Library) -> list[str]:
    """The resources of a bridge as links."""
    found = [library.resources[one].entry for one in step.resources if one in library.resources]
    return [f"[{one.title}]({one.url})" for one in found]


def line(part: Part, lang: Language) -> str:
    """A part of a week in one line."""
    names = {
        "lesson": say("path.plan.lesson", lang),
        "bridge": say("path.plan.bridge", lang),
        "system": say("path.plan.system", lang),
    }
    said = say(
        "path.plan.line",
        lang,
        kind=names[part.step.kind],
        title=part.step.title.in_(lang),
        minutes=part.minutes,
    )
    return said if part.last else say("path.plan.goes_on", lang, line=said)


def summary(plan: Plan, lang: Language) -> str:
    """Whether it fits, and what could be done where it does not."""
    hours = f"{plan.minutes / 60:.1f}"
    if not plan.steps:
        return say("path.plan.nothing", lang, goal=plan.goal.title.in_(lang))
    if plan.done is None:
        said = say("path.plan.never", lang, hours=hours, week=f"{plan.hours:g}")
    elif plan.by is None:
        said = say("path.plan.done", lang, hours=hours, week=f"{plan.hours:g}", day=plan.done.isoformat())
    elif plan.fits:
        day, by = plan.done.isoformat(), plan.by.isoformat()
        said = say("path.plan.fits", lang, hours=hours, week=f"{plan.hours:g}", day=day, by=by)
    else:
        day, by = plan.done.isoformat(), plan.by.isoformat()
        said = say("path.plan.late", lang, hours=hours, week=f"{plan.hours:g}", day=day, by=by)
    if plan.enough is not None and not plan.fits:
        said += say("path.plan.enough", lang, week=f"{plan.enough:g}")
    elif plan.by is not None and not plan.fits:
        said += say("path.plan.no_hours", lang)
    if plan.drop:
        titles = say("path.plan.comma", lang).join(step.title.in_(lang) for step in plan.drop)
        said += say("path.plan.drop", lang, titles=titles)
    elif not plan.fits and plan.by is not None:
        said += _reach(plan, plan.by, lang)
    return said


def _reach(plan: Plan, by: date, lang: Language) -> str:
    """How far one gets by the date, where nothing can be left out."""
    if plan.reached == 0:
        return say("path.plan.reach_none", lang, by=by.isoformat())
    title = plan.steps[plan.reached - 1].title.in_(lang)
    return say(
        "path.plan.reach", lang, by=by.isoformat(), number=plan.reached, most=len(plan.steps), title=title
    )


def first(plan: Plan, lang: Language) -> str:
    """What comes first, and why; nothing where that is the only step."""
    if len(plan.steps) < 2:
        return ""
    title, others = plan.steps[0].title.in_(lang), len(plan.steps) - 1
    if plan.leads == 0:
        return say("path.plan.first_alone", lang, title=title)
    return say("path.plan.first", lang, title=title, number=plan.leads, others=others)


def moved(moved: Moved, lang: Language) -> list[str]:
    """What moved since the goal was saved, in a line each; of many steps the first ones by name."""
    since = moved.since.isoformat()
    if not moved:
        return [say("path.plan.unmoved", lang, since=since)]
    said = [say("path.plan.since", lang, since=since)]
    for key, steps in (
        ("path.plan.moved_done", moved.finished),
        ("path.plan.moved_shorter", moved.shorter),
        ("path.plan.moved_behind", moved.behind),
        ("path.plan.moved_added", moved.added),
    ):
        titles = say("path.plan.semicolon", lang).join(step.title.in_(lang) for step in steps[:NAMED])
        if len(steps) > NAMED:
            titles = say("path.plan.and_more", lang, titles=titles, number=len(steps) - NAMED)
        if steps:
            said.append(say(key, lang, titles=titles))
    if moved.was != moved.now and moved.was is not None and moved.now is not None:
        said.append(say("path.plan.moved_end", lang, was=moved.was.isoformat(), now=moved.now.isoformat()))
    return said


def plain(plan: Plan) -> dict[str, Any]:
    """The plan for scripts."""
    return {
        "goal": plan.goal.name,
        "hours_per_week": plan.hours,
        "start": plan.start.isoformat(),
        "by": _day(plan.by),
        "fits": plan.fits,
        "minutes": plan.minutes,
        "done": _day(plan.done),
        "enough_hours_per_week": plan.enough,
        "drop": _named(plan.drop),
        "steps_by_then": plan.reached,
        "steps_on_the_first": plan.leads,
        "known": list(plan.held),
        "steps": [
            {
                "kind": step.kind,
                "slug": step.slug,
                "minutes": step.minutes,
                "concepts": list(step.concepts),
                "resources": list(step.resources),
            }
            for step in plan.steps
        ],
        "weeks": [
            {
                "begins": week.begins.isoformat(),
                "ends": week.ends.isoformat(),
                "room": week.room,
                "reviews": week.reviews,
                "parts": [
                    {
                        "kind": part.step.kind,
                        "slug": part.step.slug,
                        "minutes": part.minutes,
                        "last": part.last,
                    }
                    for part in week.parts
                ],
            }
            for week in plan.weeks
        ],
    }


def _named(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [{"kind": step.kind, "slug": step.slug, "concepts": list(step.concepts)} for step in steps]


def moved_plain(since: Moved | None) -> dict[str, Any] | None:
    """What moved, for scripts."""
    if since is None:
        return None
    return {
        "since": since.since.isoformat(),
        "finished": _named(since.finished),
        "shorter": _named(since.shorter),
        "behind": _named(since.behind),
        "added": _named(since.added),
        "done_was": _day(since.was),
        "done_is": _day(since.now),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
