"""Experiments that answer at once: each function's module stays warm in the sandbox, and a slider asks it again.

    shown = worker().show("descent-in-a-valley", {"rate": 0.2})

A function that raises, loops or dies costs an error that says so, and the next question a new start. Of the values
that a slider passes while an answer is being made, only the newest is asked for.
"""

from __future__ import annotations

import ast
import atexit
import threading
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from jinjie.base.errors import JinjieError
from jinjie.base.words import Language, Text, language, say
from jinjie.course.content import library as content
from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Experiment
from jinjie.course.content.sheet import Unreadable, read_words
from jinjie.course.experiments import inside, knobs
from jinjie.course.experiments.shown import Shown
from jinjie.course.sandbox import Ended, Fault, Limits, Warm

AT_ONCE = 0.3
"""Seconds within which a slider is answered, drawing included."""
SECONDS = 5.0
"""After which a call is given up, and likewise the import of the module."""
MEMORY_MB = 1024
MOST_WARM = 2
"""Modules that stay in memory, the last used ones: 60 MB each, 300 with PyTorch."""
KEPT = 64
"""Answers that are kept: a slider comes back to where it was."""


class Failed(JinjieError):
    """An experiment that gave no answer; the sentence says why."""


class Refused(Failed):
    """What the function returned cannot be shown, as the sandbox says it."""

    def __init__(self, file: str, reason: Text) -> None:
        super().__init__("experiment.refused", file=file, reason=str(reason))
        self.reason = reason

    def in_(self, lang: Language | None = None) -> str:
        return say(
            "experiment.refused", lang, file=self.params["file"], reason=self.reason.in_(lang or language())
        )


class Superseded(JinjieError):
    """A newer question of the same asker came before this one had its turn. Nothing is wrong."""


class Worker:
    """The warm modules of a library's experiments. Threads may share one."""

    def __init__(
        self, library: Library | None = None, most: int = MOST_WARM, seconds: float = SECONDS
    ) -> None:
        self._library = library
        self._most = most
        self._seconds = seconds
        self._warm: OrderedDict[str, _Module] = OrderedDict()
        self._answers: OrderedDict[tuple[Any, ...], Shown] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def library(self) -> Library:
        """The course that the slugs are of."""
        if self._library is None:
            self._library = content.load()
        return self._library

    def show(
        self, slug: str, given: Mapping[str, Any] | None = None, asker: str = "", again: bool = False
    ) -> Shown:
        """What an experiment shows at these knobs, the others at their defaults; `again` asks past what is kept.

        Raises NotFound, InvalidInput with every wrong knob, Failed, NotShown, and Superseded where `asker` has asked
        the same experiment again meanwhile.
        """
        written = self.library.experiment(slug)
        if written.entry.function is None:
            raise Failed("experiment.is_a_recipe", slug=slug)
        values = knobs.values(written.entry, given or {})
        module = self._module(written)
        key = (module.digest, written.entry.function, *((k, type(v).__name__, v) for k, v in values.items()))
        with self._lock:
            if not again and (kept := self._answers.get(key)) is not None:
                self._answers.move_to_end(key)
                return kept
        shown = module.show(written.entry.function, values, asker)
        with self._lock:
            self._answers[key] = shown
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return shown

    def wrong_arguments(self, written: Written[Experiment]) -> str:
        """Why the function does not take its knobs, in Python's words, `missing` where there is none; else empty.

        Raises Failed where the file does not come that far.
        """
        names = [knob.name for knob in written.entry.knobs]
        return str(self._module(written).ask("takes", written.entry.function, names))

    def close(self) -> None:
        """End every module. A later question starts a new one."""
        with self._lock:
            modules, self._warm = list(self._warm.values()), OrderedDict()
        for module in modules:
            module.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _module(self, written: Written[Experiment]) -> _Module:
        """The module of an experiment as its file is now, warm or about to be."""
        slug = written.slug
        try:
            source = read_words(written.folder / f"{slug}.py")
        except Unreadable as error:
            raise Failed(
                "experiment.no_file", file=f"{slug}.py", reason=error.finding.problem.in_()
            ) from None
        digest = sha256(source.encode()).hexdigest()
        dropped: list[_Module] = []
        with self._lock:
            found = self._warm.get(slug)
            if found is None or found.digest != digest:
                if found is not None:
                    dropped.append(self._warm.pop(slug))
                found = self._warm[slug] = _Module(slug, source, digest, self._seconds)
                while len(self._warm) > self._most:
                    dropped.append(self._warm.popitem(last=False)[1])
            self._warm.move_to_end(slug)
        for module in dropped:
            module.close()
        return found


class _Module:
    """One experiment's file in the sandbox."""

    def __init__(self, slug: str, source: str, digest: str, seconds: float) -> None:
        self.slug = slug
        self.digest = digest
        files = {"inside.py": _beside(), f"{inside.MODULE}.py": source}
        limits = Limits(seconds=seconds, cpu_seconds=24 * 3600, memory_mb=MEMORY_MB)
        torch = _imports_torch(source)
        self._guest = Warm(files, "inside", "torch" if torch else "numpy", limits)
        self._turn = threading.Condition()
        self._busy = False
        self._newest: dict[str, int] = {}
        self._count = 0

    def show(self, function: str, values: Mapping[str, Any], asker: str) -> Shown:
        with self._turn:
            self._count += 1
            mine = self._newest[asker] = self._count
            self._turn.notify_all()  # an older question of this asker that waits gives up at once
            while self._busy:
                self._turn.wait()
                if asker and self._newest.get(asker) != mine:
                    raise Superseded("experiment.superseded")
            self._busy = True
        try:
            plain = self.ask("show", function, dict(values))
        finally:
            with self._turn:
                self._busy = False
                if self._newest.get(asker) == mine:
                    del self._newest[asker]
                self._turn.notify_all()
        if isinstance(plain, dict) and isinstance(refused := plain.get("refused"), dict):
            said = Text(*(str(refused.get(lang, ""))[:500] for lang in ("en", "zh")))
            line = plain.get("line")
            raise Refused(
                f"{self.slug}.py:{line}" if line and isinstance(line, int) else f"{self.slug}.py", said
            )
        return Shown.of(plain)

    def ask(self, what: str, function: str | None, argument: Any) -> Any:
        """Call a function of `inside`. Raises Failed."""
        result, ended = self._guest.call(what, function, argument)
        if ended is not Ended.DONE or result.missing:
            raise self._ended(ended)
        if result.fault is not None:
            raise self._raised(result.fault)
        return result.value

    def close(self) -> None:
        self._guest.close()

    def _ended(self, ended: Ended) -> Failed:
        file, seconds = f"{self.slug}.py", f"{self._guest.job.limits.seconds:g}"
        match ended:
            case Ended.TIMEOUT:
                return Failed("experiment.timeout", file=file, seconds=seconds)
            case Ended.MEMORY:
                return Failed("experiment.memory", file=file, most=MEMORY_MB)
            case Ended.SANDBOX:
                return Failed("experiment.no_sandbox")
        return Failed("experiment.died", file=file, why=str(ended.value))

    def _raised(self, fault: Fault) -> Failed:
        own = [line for line in fault.lines if line.file == f"{inside.MODULE}.py"]
        file = f"{self.slug}.py"
        where = f"{file}:{own[-1].line}" if own else file
        message = fault.message.replace(f"{inside.MODULE}.py", file)
        return Failed("experiment.raised", where=where, type=fault.type, message=message)


@cache
def _beside() -> str:
    return resources.files("jinjie.course.experiments").joinpath("inside.py").read_text("utf-8")


def _imports_torch(source: str) -> bool:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return False
    named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] == "torch" for name in named)


@cache
def worker() -> Worker:
    """The one of this process, over the course that ships with Jinjie."""
    made = Worker()
    atexit.register(made.close)
    return made
