"""Questions about passages whose answers stand in them word for word: made up from patterns, or from a user's file."""

from jinjie.data.questions.config import Config

__all__ = ["Config"]
