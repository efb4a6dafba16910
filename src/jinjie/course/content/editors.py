"""The JSON Schema of the content files, from which an editor completes keys and marks mistakes while one types.

It stands as `content.schema.json` in every content folder; a file names its part of it in its first line:

    # yaml-language-server: $schema=../../content.schema.json#/$defs/Lesson
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from jinjie.course.content import schema

FILE = "content.schema.json"
KINDS = (
    schema.Area,
    schema.Lesson,
    schema.Experiment,
    schema.Exercise,
    schema.Quiz,
    schema.Resources,
    schema.Systems,
    schema.Roles,
    schema.Questions,
)


def json_schema() -> dict[str, Any]:
    """One schema with the kinds of files among its `$defs`."""
    _, made = TypeAdapter.json_schemas(
        [(kind.__name__, "validation", TypeAdapter(kind)) for kind in KINDS], title="Jinjie content"
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
