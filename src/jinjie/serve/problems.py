"""Errors as OpenAI's API spells them: `{"error": {"message", "type", "param", "code"}}` under the fitting status.

Programs read `type` and `code`, people the message, which is in the server's language.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from jinjie.base.errors import InvalidInput, did_you_mean
from jinjie.base.words import say
from jinjie.serve.guard import Reason, Send, refusal

TYPES = {401: "invalid_request_error", 429: "requests", 500: "server_error", 503: "server_error"}
"""Types by status where they are not `invalid_request_error`."""


class ApiError(Exception):
    """An answer that is an error: HTTP status, OpenAI's code, the parameter at fault, extra headers."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """What is sent, also in the middle of a stream."""
        kind = TYPES.get(self.status, "invalid_request_error")
        return {
            "error": {
                "message": printable(self.message),
                "type": kind,
                "param": self.param,
                "code": self.code,
            }
        }


class Refused(ValueError):
    """Raised by a request's own validators, which pydantic collects: the sentence, OpenAI's code, the parameter."""

    def __init__(self, message: str, code: str | None = "invalid_value", param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param


def printable(words: str) -> str:
    """`words` without what no encoding can carry: halves of surrogate pairs, which JSON may smuggle in."""
    return words.encode("utf-8", "replace").decode("utf-8")


def bad_request(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(400, message, code, param)


def from_input(error: InvalidInput, param: str) -> ApiError:
    """What the tokenizer or the engine says of the text in `param`."""
    return bad_request(f"{param}: " + " ".join(p.in_() for p in error.problems), param, "invalid_value")


def server_error() -> ApiError:
    """A fault of our own. What it was goes to the server's log and not to the client."""
    return ApiError(500, say("serve.wrong.server_error"), "internal_error")


def closing() -> ApiError:
    """The server ends."""
    return ApiError(503, say("serve.wrong.closing"), "server_closing", headers={"retry-after": "5"})


def from_validation(error: ValidationError, known: list[str]) -> ApiError:
    """All that is wrong with a request's fields, in one message; `param` and `code` are of the first."""
    found = [_problem(dict(one), known) for one in error.errors(include_url=False)]
    first_param, first_code, _ = found[0]
    lines = dict.fromkeys(f"{param}: {message}" if param else message for param, _, message in found)
    return bad_request("\n".join(list(lines)[:5]), first_param or None, first_code)


def _problem(error: dict[str, Any], known: list[str]) -> tuple[str, str | None, str]:
    """One of pydantic's errors as (parameter, code, sentence)."""
    param = _path(error["loc"])
    context = error.get("ctx") or {}
    cause = context.get("error")
    if isinstance(cause, Refused):
        return cause.param or param, cause.code, cause.message
    came = json.dumps(error.get("input"), ensure_ascii=True, default=str)
    came = came if len(came) <= 60 else came[:57] + "..."
    match error["type"]:
        case "missing":
            return param, "missing_required_parameter", say("problem.missing")
        case "extra_forbidden":
            return (
                param,
                "unknown_parameter",
                say("problem.unknown_setting", suggestion=did_you_mean(param, known)),
            )
        case "literal_error":
            allowed = str(context.get("expected"))
            return (
                param,
                "invalid_value",
                say("problem.not_a_choice", came=came.strip('"'), allowed=allowed, suggestion=""),
            )
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal" as limit:
            bound = next(context[name] for name in ("gt", "ge", "lt", "le") if name in context)
            sign = {"greater_than": ">", "greater_than_equal": "≥", "less_than": "<", "less_than_equal": "≤"}
            return (
                param,
                "invalid_value",
                say("problem.out_of_range", came=came, sign=sign[limit], bound=bound),
            )
        case kind if kind.endswith("_type") or kind.startswith(("string_", "finite_", "int_", "float_")):
            wanted = {"finite": "number", "model": "object", "dict": "object", "bool": "boolean"}
            name = kind.split("_")[0]
            return (
                param,
                "invalid_type",
                say("problem.not_of_type", came=came, wanted=wanted.get(name, name)),
            )
    return param, "invalid_value", say("problem.other", message=error["msg"], came=came)


def _path(loc: tuple[str | int, ...]) -> str:
    """messages[0].content, as OpenAI writes it."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else part)
    return path


async def refuse(send: Send, status: int, reason: Reason, came: str, headers: dict[str, str]) -> None:
    """The guard's refusal in OpenAI's shape."""
    match reason:
        case "token":
            given = "authorization" in headers
            message = say("serve.refused.token") if given else say("serve.refused.no_token")
            error = ApiError(status, message, "invalid_api_key")
        case "host":
            error = ApiError(status, say("serve.refused.host", host=came), "invalid_host")
        case "origin":
            error = ApiError(status, say("serve.refused.origin", origin=came), "invalid_origin")
    await refusal(send, error.status, "application/json", json.dumps(error.body(), ensure_ascii=False))
