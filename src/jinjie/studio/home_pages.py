"""The first page: the next step and why, what is due, this week; and for who is new, a model to play with at once."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from jinjie.studio import views
from jinjie.studio.course import course
from jinjie.studio.next_step import next_step
from jinjie.studio.plan_pages import this_week
from jinjie.studio.render import page
from jinjie.studio.standing import standing
from jinjie.studio.story import Stories
from jinjie.training.finished import PACKAGED

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request) -> Response:
    """What to do now. An address of a recipe, as it was when runs were the first page, leads on to its form."""
    if "recipe" in request.query_params:
        return RedirectResponse(f"/runs?{request.query_params}", 303)
    stories: Stories = request.app.state.stories
    stands = standing(course(request).library)
    return page(
        request,
        "home.html",
        new=not stands.events,
        step=next_step(stands),
        due=len(stands.due),
        week=this_week(stands),
        running=[views.summary(story) for story in stories.all() if story.state == "running"],
        writer=PACKAGED,
        trouble=stands.trouble,
    )
