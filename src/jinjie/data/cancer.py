"""Breast tumours measured under a microscope, 569 of them, 37 % malignant; or a CSV of your own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base.lazy import lazy
from jinjie.base.words import Text
from jinjie.data.balance import epoch_rows
from jinjie.data.cache import converted
from jinjie.data.dataset import About, Report
from jinjie.data.labelled import LabelledConfig, Table

if TYPE_CHECKING:
    import polars as pl
else:
    pl = lazy("polars")

VERSION = 1
SOURCE = "scikit-learn: breast cancer Wisconsin (diagnostic)"
LICENCE = "CC BY 4.0 (Wolberg, Mangasarian, Street, Street 1995); package: BSD-3-Clause"
COUNTS = {"train": 400, "validation": 56, "test": 113}
CLASSES = (251, 149)
"""Benign and malignant among the training rows."""


class Config(LabelledConfig):
    """Thirty measures of cell nuclei (radius, texture, …: mean, error, worst) and `diagnosis`: malignant is class 1."""

    kind: Literal["cancer"] = "cancer"

    def built_in(self) -> About:
        facts = {"inputs": 30, "outputs": 2}
        if self.balance in ("over", "under"):
            facts["epoch"] = epoch_rows(CLASSES, self.balance)
        return About(
            title=Text(
                en="Breast tumours under the microscope: 569, 37 % malignant",
                zh="显微镜下的乳腺肿瘤：569 例，37% 为恶性",
            ),
            real=True,
            source=SOURCE,
            licence=LICENCE,
            counts=COUNTS,
            facts=facts,
        )

    def read(self, report: Report | None) -> Table:
        folder = converted("cancer", VERSION, _convert, report)
        return Table.of(pl.read_parquet(folder / "table.parquet"), "diagnosis")


def _convert(folder: Path) -> dict[str, Any]:
    """table.parquet, so that scikit-learn, which takes a second and a half to import, is imported once."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    columns = {str(name): bunch.data[:, i] for i, name in enumerate(bunch.feature_names)}
    names = [str(bunch.target_names[label]) for label in bunch.target]
    pl.DataFrame({**columns, "diagnosis": names}).write_parquet(folder / "table.parquet")
    return {"source": SOURCE, "licence": LICENCE}
