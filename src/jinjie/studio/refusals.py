"""How the REST API says no: the shape of its errors, for its documentation and for programs that were made from it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class Wrong(BaseModel):
    """One thing that is wrong with what was sent."""

    where: str
    message: str


class Refused(BaseModel):
    """Why something was not done: in the asker's language, or from the guard, which knows no asker, in both."""

    error: str | dict[str, str]
    key: str | None = None
    """Which error it is, in every language the same."""
    problems: list[Wrong] = []


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refused, "description": "what was sent cannot be read at all"},
    401: {"model": Refused, "description": "no token, or a wrong one"},
    403: {"model": Refused, "description": "asked by another site's page, or for another host"},
    404: {"model": Refused, "description": "there is none of that name; the nearest is named"},
    409: {"model": Refused, "description": "not in this state, or what is on the disk does not allow it"},
    422: {"model": Refused, "description": "what was sent is wrong; every problem is named"},
}
