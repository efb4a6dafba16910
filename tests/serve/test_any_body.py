"""Bodies of any kind: an answer or an error of the asker's, within seconds, and never a fault of the server's."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ODD = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
)
JUNK = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


STOPS = st.text("月山水春", min_size=1, max_size=3)
WRITING = {
    "max_tokens": st.integers(1, 6),
    "n": st.integers(1, 3),
    "stream": st.booleans(),
    "stop": STOPS | st.lists(STOPS, max_size=4),
    "temperature": st.floats(0, 2),
    "top_p": st.floats(0, 1),
    "seed": st.integers(-(2**63), 2**63 - 1),
    "presence_penalty": st.floats(-2, 2),
    "frequency_penalty": st.floats(-2, 2),
    "logit_bias": st.dictionaries(st.integers(0, 4171).map(str), st.floats(-100, 100), max_size=3),
    "top_k": st.integers(-1, 2**63 - 1),
    "min_p": st.floats(0, 1),
    "repetition_penalty": st.floats(0.01, 2),
    "user": st.text("abc", max_size=5),
}
LINES = st.text("月山水春江花", min_size=1, max_size=12)
IDS = st.lists(st.integers(0, 4171), min_size=1, max_size=6)
TURNS = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["system", "developer", "user", "assistant"]),
        "content": LINES
        | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": LINES}), min_size=1, max_size=2),
    }
)
ROUTES = {
    "/completions": WRITING
    | {
        "prompt": LINES
        | IDS
        | st.lists(LINES, min_size=1, max_size=3)
        | st.lists(IDS, min_size=1, max_size=3),
        "logprobs": st.integers(0, 5),
        "echo": st.booleans(),
        "suffix": st.just(""),
    },
    "/chat/completions": WRITING
    | {
        "messages": st.lists(TURNS, min_size=1, max_size=3),
        "logprobs": st.booleans(),
        "max_completion_tokens": st.integers(1, 6),
        "tools": st.just([]),
        "response_format": st.just({"type": "text"}),
    },
    "/embeddings": {
        "input": LINES
        | IDS
        | st.lists(LINES, min_size=1, max_size=3)
        | st.lists(IDS, min_size=1, max_size=3),
        "encoding_format": st.sampled_from(["float", "base64"]),
        "dimensions": st.just(192),
    },
}
"""What is right, by route and parameter."""

WRONG = JUNK | st.sampled_from(
    [-1, 10**20, 0.5, "月", "hello", [""], [[]], [-1], [5000], ["月"] * 90, 2.5, [{}]]
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, bytes, bool]:
    """A route, a body, and whether all of it is right; else one or two parameters are not, or too many."""
    route = draw(st.sampled_from(sorted(ROUTES)))
    fields = ROUTES[route]
    names = {name for name in fields if name in ("prompt", "messages", "input", "max_tokens")}
    names |= draw(st.sets(st.sampled_from(sorted(fields)), max_size=5))
    body = {"model": "poems"} | {name: draw(fields[name]) for name in sorted(names)}
    right = draw(st.booleans())
    if not right:
        for name in draw(
            st.lists(st.sampled_from([*sorted(fields), "model", "more"]), min_size=1, max_size=2)
        ):
            body[name] = draw(WRONG)
        if draw(st.integers(0, 5)) == 0:
            del body[draw(st.sampled_from(sorted(body)))]
    return route, json.dumps(body).encode(), right  # NaN and halves of surrogate pairs included


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=requests())
def test_no_body_is_the_servers_fault(server, asked):
    route, body, right = asked
    with server.http() as client:
        answer = client.post(route, content=body)
    if answer.status_code == 200:
        if answer.headers["content-type"].startswith("text/event-stream"):
            assert answer.text.endswith("data: [DONE]\n\n"), answer.text
        else:
            assert "data" in answer.json() or "choices" in answer.json()
    else:
        assert not right and answer.status_code in (400, 404), (body, answer.text)
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"} and error["message"]
        assert error["type"] == "invalid_request_error"


def test_afterwards_nothing_is_left(server):
    status = server.idle()
    assert status["faults"] == 0 and status["state"] == "ready"
