"""Tables that are cleaned from the studio: each a folder of its own, cleaned by a thread, read by the page.

`studio_home()/tables/ID/` holds `asked.json`, the file where it was sent, `cleaned.csv` and `report/`. A studio
that is started again shows what was finished before.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jinjie.base.errors import JinjieError, NotFound
from jinjie.base.files import write_json
from jinjie.base.paths import studio_home
from jinjie.base.words import Text, text
from jinjie.data.cleaning.report import Report
from jinjie.studio import cleaning_form

KEPT = 10
"""Tables that are kept; the oldest go when new ones come."""
AT_ONCE = 2


class _Stopped(Exception):
    """The user wanted no more of it."""


@dataclass
class Work:
    """A cleaning that is waiting, at work, or ended with an error."""

    what: str = ""
    done: int = 0
    total: int | None = None
    working: bool = True
    error: Text | None = None
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Table:
    """One table and what is to be done with it."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def asked(self) -> dict[str, Any]:
        """Its name, the path of the file, and the form as it was filled in."""
        content: dict[str, Any] = json.loads((self.folder / "asked.json").read_bytes())
        return content

    @property
    def cleaned(self) -> Path:
        return self.folder / "cleaned.csv"

    @property
    def report_folder(self) -> Path:
        return self.folder / "report"

    def report(self) -> Report | None:
        """What was found and done; None while there is nothing, or where it is of another version."""
        try:
            return Report.model_validate_json((self.report_folder / "report.json").read_bytes())
        except (OSError, ValidationError):
            return None


def tables_home() -> Path:
    """One folder a table."""
    return studio_home() / "tables"


def new_folder() -> Path:
    """A place for a table that nobody can guess; not made yet."""
    return tables_home() / secrets.token_hex(8)


def table(name: str) -> Table:
    """The table of this very id. Raises NotFound."""
    folder = tables_home() / name
    if not name.isalnum() or not (folder / "asked.json").is_file():
        raise NotFound("studio.clean.gone")
    return Table(folder)


def recent() -> list[Table]:
    """Every table that is kept, newest first."""
    if not tables_home().is_dir():
        return []
    found = [Table(p) for p in tables_home().iterdir() if (p / "asked.json").is_file()]
    return sorted(found, key=lambda t: (t.folder / "asked.json").stat().st_mtime, reverse=True)


class Cleanings:
    """The cleanings of this studio, a few at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: dict[str, Work] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, "cleaning")

    def work(self, table: Table) -> Work | None:
        """What is being done with a table, or how it failed; None where it was done, or by a studio before this one."""
        with self._lock:
            return self._works.get(table.id)

    def begin(self, folder: Path, name: str, source: Path, filled: dict[str, str]) -> Table:
        """Clean `source` with the rules of a form, in the place of what `folder` holds of an earlier one.

        Raises InvalidInput when the rules are wrong, JinjieError when this table is being cleaned or the disk refuses.
        """
        cleaning_form.plan(filled)
        made = Table(folder)
        with self._lock:
            before = self._works.get(made.id)
            if before is not None and before.working:
                raise JinjieError("studio.clean.busy")
            try:
                folder.mkdir(parents=True, exist_ok=True)
                made.cleaned.unlink(missing_ok=True)
                shutil.rmtree(made.report_folder, ignore_errors=True)
                write_json(folder / "asked.json", {"name": name, "source": str(source), "filled": filled})
            except OSError as error:
                reason = error.strerror or str(error)
                raise JinjieError("clean.not_written", path=folder, reason=reason) from error
            work = self._works[made.id] = Work()
        self._pool.submit(self._clean, made, source, work)
        self._forget_old()
        return made

    def _clean(self, made: Table, source: Path, work: Work) -> None:
        from jinjie.data.cleaning import clean

        def progress(what: str, done: int, total: int | None) -> None:
            if work.stop.is_set():
                raise _Stopped
            work.what, work.done, work.total = what, done, total

        try:
            plan = cleaning_form.plan(made.asked["filled"])
            clean(source, made.cleaned, plan, progress, made.report_folder)
        except _Stopped:
            work.error = text("studio.clean.stopped")
        except JinjieError as error:
            work.error = _without_folder(error.text(), made.folder)
        except Exception as error:  # a fault of ours: the page must not wait for ever
            work.error = text("studio.clean.broke", reason=f"{type(error).__name__}: {error}")
        finally:
            work.working = False

    def _forget_old(self) -> None:
        with self._lock:
            busy = {name for name, work in self._works.items() if work.working}
        for old in [t for t in recent() if t.id not in busy][KEPT:]:
            shutil.rmtree(old.folder, ignore_errors=True)
        # A file that was sent and never cleaned has no `asked.json`: its browser went away.
        for folder in tables_home().iterdir():
            left = not (folder / "asked.json").exists() and folder.name not in busy
            if left and time.time() - folder.stat().st_mtime > 3600:
                shutil.rmtree(folder, ignore_errors=True)


def _without_folder(said: Text, folder: Path) -> Text:
    """A sent file by its own name: where the studio keeps it means nothing to whoever sent it."""
    return Text(en=said.en.replace(f"{folder}/", ""), zh=said.zh.replace(f"{folder}/", ""))
