"""What pydantic is to hold a value to, said without pydantic: a command that judges nothing does not wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema


class Bounds:
    """In a type's `Annotated`: pydantic's `Field` with these words (gt, pattern, …), made when it judges."""

    def __init__(self, **said: Any) -> None:
        self.said = said

    def __get_pydantic_core_schema__(self, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic import Field

        limited: Any = Annotated[kind, Field(**self.said)]
        return handler.generate_schema(limited)


class After:
    """In a type's `Annotated`: a function that is given the value once it is of its type, and may raise ValueError."""

    def __init__(self, judge: Callable[[Any], Any]) -> None:
        self.judge = judge

    def __get_pydantic_core_schema__(self, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core.core_schema import no_info_after_validator_function

        return no_info_after_validator_function(self.judge, handler(kind))
