"""The round of questions to the catalog's addresses that a button begins: one at a time, in a thread of its own.

It goes out to the network, so that nothing but the button begins it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from jinjie.base.errors import JinjieError
from jinjie.base.words import Text
from jinjie.path.checking import Round, check


@dataclass
class State:
    """How far it is, or how it ended."""

    working: bool = False
    what: str = ""
    done: int = 0
    total: int = 0
    made: Round | None = None
    error: Text | None = None


class Checks:
    """The round that is going on, or the last one of this studio."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = State()
        self._stop = threading.Event()

    def begin(self, ids: Mapping[str, str]) -> None:
        """Begin a round, unless one is going on."""
        with self._lock:
            if self._state.working:
                return
            self._state, self._stop = State(working=True, total=len(ids)), threading.Event()
            threading.Thread(target=self._ask, args=(ids, self._state, self._stop), daemon=True).start()

    def stop(self) -> None:
        """End it after the answer that is waited for; what was answered stays."""
        with self._lock:
            self._stop.set()

    @property
    def state(self) -> State:
        """As it is now."""
        with self._lock:
            return State(**vars(self._state))

    def _ask(self, ids: Mapping[str, str], state: State, stop: threading.Event) -> None:
        def heard(what: str, done: int, total: int) -> None:
            with self._lock:
                state.what, state.done, state.total = what, done, total

        made: Round | None = None
        error: Text | None = None
        try:
            made = check(ids, report=heard, stopped=stop.is_set)
        except JinjieError as told:
            error = told.text()
        finally:
            with self._lock:
                state.working, state.made, state.error = False, made, error
