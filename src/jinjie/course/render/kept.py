"""Results that are made once and kept: drawings and printed texts by the hash of all that they are made from."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jinjie import __version__
from jinjie.base.errors import JinjieError
from jinjie.base.files import write_whole
from jinjie.base.paths import lessons_home
from jinjie.base.words import Language
from jinjie.course.content.library import Library, Written
from jinjie.course.render import running, tree
from jinjie.course.render.results import Printed
from jinjie.course.render.tree import Tree

if TYPE_CHECKING:
    from jinjie.course.content import schema
    from jinjie.course.experiments.worker import Worker


class Kept:
    """The results of one text. `worker` gives what draws figures; without it only what was drawn before is shown."""

    def __init__(
        self,
        text: Tree,
        lesson: Written[schema.Lesson],
        library: Library,
        lang: Language,
        worker: Callable[[], Worker] | None = None,
    ) -> None:
        self.text = text
        self.lesson = lesson
        self.library = library
        self.lang = lang
        self.worker = worker
        self.fences = running.fences(text)
        self.undrawn: dict[int, JinjieError] = {}
        """Why figures could not be drawn, by their lines."""
        self._printed = self._read()

    # What fences print

    def printed(self, code: tree.Python) -> Printed | None:
        ran = self._printed.get(code.line)
        if ran is None or ran.missing:
            return None
        return Printed("\n".join(filter(None, (ran.text, ran.error))), failed=bool(ran.error))

    def run(self) -> list[running.Ran]:
        """Run all fences, keep what they printed, and return it."""
        made = running.run([fence.source for fence in self.fences], self.lesson.entry.memory_mb)
        self._printed = dict(zip((fence.line for fence in self.fences), made, strict=True))
        if not any(one.missing for one in made):
            rows = [[one.text, one.error, one.line] for one in made]
            _write(self._file(), json.dumps(rows, ensure_ascii=False).encode())
        return made

    def _file(self) -> Path:
        return _place("code", *(fence.source for fence in self.fences), suffix=".json")

    def _read(self) -> dict[int, running.Ran]:
        if not self.fences:
            return {}
        try:
            rows = json.loads(self._file().read_bytes())
            made = [running.Ran(str(text), str(error), int(line)) for text, error, line in rows]
        except (OSError, ValueError, TypeError):
            return {}
        return {fence.line: one for fence, one in zip(self.fences, made, strict=False)}

    # What experiments draw

    def drawing(self, figure: tree.Figure) -> bytes | None:
        experiment = self.library.experiments.get(figure.experiment)
        if experiment is None:
            return None
        beside = (f"{experiment.slug}.py", f"{experiment.slug}.recorded.json")
        parts = [_content(experiment.folder / name) for name in beside]
        knobs = json.dumps(figure.knobs, sort_keys=True, default=str)
        file = _place(
            "figures", json.dumps(experiment.entry.plain()), knobs, self.lang, *parts, suffix=".svg"
        )
        try:
            return file.read_bytes()
        except OSError:
            pass
        if self.worker is None:
            return None
        try:
            svg = self._drawn(experiment, figure)
        except JinjieError as error:
            self.undrawn[figure.line] = error
            return None
        _write(file, svg)
        return svg

    def _drawn(self, experiment: Written[schema.Experiment], figure: tree.Figure) -> bytes:
        from jinjie.course.experiments import recorded
        from jinjie.course.experiments.draw import whole

        assert self.worker is not None
        if experiment.entry.recipe is not None:
            shown = recorded.shown(recorded.find(experiment, figure.knobs))
        else:
            shown = self.worker().show(experiment.slug, figure.knobs)
        return whole(shown, self.lang)


def _place(kind: str, *parts: str, suffix: str) -> Path:
    """Where the results of these parts are kept. Another version of Jinjie draws anew."""
    digest = sha256("\0".join((__version__, *parts)).encode()).hexdigest()
    return lessons_home() / kind / f"{digest[:40]}{suffix}"


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _write(path: Path, content: bytes) -> None:
    """Keep what was made, where there is room: what cannot be kept is made again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError:
        pass
