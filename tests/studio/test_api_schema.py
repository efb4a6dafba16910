"""The REST API against its own OpenAPI document: requests made from it, right ones and wrong ones, by schemathesis."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from starlette.testclient import TestClient

from jinjie.course.sandbox import probe
from jinjie.studio.app import make_app

TOKEN = "a-token-of-forty-three-characters-or-so-0123"
HOME = "http://127.0.0.1:8642"
HEADERS = {"authorization": f"Bearer {TOKEN}", "origin": HOME, "host": "127.0.0.1:8642"}


def schema(without: str = "") -> Any:
    """The document as schemathesis reads it; `without` one of the statuses that a run's page may have."""
    app = make_app(TOKEN)
    document = TestClient(app, base_url=HOME, headers=HEADERS).get("/api/openapi.json").json()
    document["paths"]["/api/runs/{name}"]["get"]["responses"].pop(without, None)
    made = schemathesis.openapi.from_dict(document)
    made.app = app
    return made


OPERATIONS = [one.ok() for one in schema().get_all_operations()]


def test_the_whole_api_is_documented() -> None:
    """Every address below /api is in the document, with a sentence and with how it refuses."""
    document = TestClient(make_app(TOKEN), base_url=HOME, headers=HEADERS).get("/api/openapi.json").json()
    operations = {
        (path, method): one for path, found in document["paths"].items() for method, one in found.items()
    }
    assert len(operations) == len(OPERATIONS) >= 24
    for where, one in operations.items():
        assert where[0].startswith("/api/") and one.get("description"), where
        assert {"401", "403", "404", "409", "422"} <= set(one["responses"]), where


@pytest.fixture(scope="module")
def tried() -> None:
    """The tiers of the sandbox, which are tried once a process: on a busy machine longer than a request may take."""
    probe()


@pytest.mark.usefixtures("tried")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_what_the_document_allows_is_answered_as_it_says(operation: Any) -> None:
    """No request makes it fail (5xx), and each answer has a status and a shape that the document names."""

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    def asked(case: Any) -> None:
        case.call_and_validate(headers=HEADERS, base_url=HOME)

    asked()


def test_an_answer_that_the_document_does_not_know_is_found_out() -> None:
    """The proof proves something: without its refusals in the document, an API that refuses fails."""
    case = schema(without="404")["/api/runs/{name}"]["GET"].Case(path_parameters={"name": "nothing"})
    with pytest.raises(FailureGroup, match="1 distinct failure"):
        case.call_and_validate(headers=HEADERS, base_url=HOME)
