"""A place in a row of tokens, and what is built on: the grammar itself is in `parser`, its pieces in `pieces`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from jinjie.audit.formulas.grammar import ACCENTS, Unread
from jinjie.audit.formulas.tree import Node


class Cursor(ABC):
    """Takes tokens from left to right."""

    def __init__(self, found: list[str], defining: bool = False) -> None:
        self.found = found
        self.at = 0
        self.defining = defining

    def peek(self, ahead: int = 0) -> str:
        return self.found[self.at + ahead] if self.at + ahead < len(self.found) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise Unread(f"expected {token}")

    def other(self, found: list[str]) -> Self:
        """The same for other tokens."""
        return type(self)(found)

    @abstractmethod
    def whole(self) -> Node:
        """All tokens as one expression. Raises Unread."""

    @abstractmethod
    def sum(self) -> Node:
        """Terms added and subtracted."""

    @abstractmethod
    def product(self) -> Node:
        """Factors side by side, multiplied or divided."""

    @abstractmethod
    def factor(self) -> Node:
        """One primary with its powers."""

    @abstractmethod
    def arguments(self) -> tuple[Node, ...]:
        """What stands in brackets, between commas."""

    @abstractmethod
    def starts(self, token: str) -> bool:
        """Whether a factor begins here."""

    def script(self, single: bool = False) -> list[str]:
        r"""The tokens of what stands above or below; `single` takes one digit, as `\frac12` does."""
        if self.peek() == "{":
            start = self.at + 1
            self.skip("{", "}")
            return self.found[start : self.at - 1]
        token = self.take()
        if token in ACCENTS | {"\\frac"} or not token:
            raise Unread("script")
        if single and token.isdigit() and len(token) > 1:
            self.found[self.at - 1 : self.at] = [token[0], token[1:]]
            return [token[0]]
        return [token]

    def skip(self, opening: str, closing: str) -> None:
        depth = 0
        while True:
            token = self.take()
            if not token:
                raise Unread("bracket not closed")
            depth += (token == opening) - (token == closing)
            if depth == 0:
                return
