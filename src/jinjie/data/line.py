"""A straight line with noise: synthetic, and said to be so. With `path`, two columns of a CSV of yours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from jinjie.base.config import option
from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.base.words import Text
from jinjie.data import table
from jinjie.data.batching import Examples
from jinjie.data.dataset import About, DataConfig, Report
from jinjie.data.reading import OptionalPath
from jinjie.data.table import NumbersProcessor

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")


class Config(DataConfig):
    """y = slope·x + intercept + noise·ε, x uniform in [−1, 1), ε standard normal.

    Batches are x (B, 1), y (B, 1), float32.
    """

    kind: Literal["line"] = "line"
    tasks: ClassVar[tuple[str, ...]] = ("regress",)
    path: OptionalPath = option(
        None,
        "a CSV of your own: x is its first column, y its last; the settings below then do nothing",
        "自己的 CSV 文件：第一列为 x，最后一列为 y；此时下面各项不起作用",
    )
    slope: float = option(2.0, "slope of the true line", "真实直线的斜率", allow_inf_nan=False)
    intercept: float = option(1.0, "where the true line crosses x = 0", "真实直线的截距", allow_inf_nan=False)
    noise: float = option(
        0.1, "standard deviation of the noise on y", "y 上噪声的标准差", ge=0, allow_inf_nan=False
    )
    examples: int = option(100, "points in all, of which 70 % train", "点的总数，其中 70% 用于训练", ge=10)
    seed: int = option(0, "decides the points and the noise", "决定取点与噪声的种子", ge=0)

    def about(self) -> About:
        if self.path is not None:
            return table.about_file(self.path, columns=2)
        sign = "+" if self.intercept >= 0 else "−"
        equation = f"y = {self.slope:g}x {sign} {abs(self.intercept):g}"
        noise = (f" + noise of {self.noise:g}", f"，噪声 {self.noise:g}") if self.noise else ("", "，无噪声")
        return About(
            title=Text(
                en=f"Points on {equation}{noise[0]} (synthetic)",
                zh=f"直线 {equation} 上的点{noise[1]}（合成数据）",
            ),
            real=False,
            source="jinjie.data.line",
            licence="none needed",
            counts={str(split): count for split, count in table.shares(self.examples).items()},
            facts={"inputs": 1, "outputs": 1},
        )

    def load(self, report: Report | None = None) -> Examples:
        """A CSV's x is brought to mean 0 and deviation 1, so that a rate that suits the line suits it too.

        Raises InvalidInput naming every problem of the CSV.
        """
        if self.path is not None:
            return table.load(self.path, target=None, inputs=1, standardise=True)
        generator = numpy_generator(self.seed, "line")
        x = generator.uniform(-1, 1, (self.examples, 1))
        y = self.slope * x + self.intercept + self.noise * generator.standard_normal((self.examples, 1))
        return table.examples(x, y, self.about(), NumbersProcessor(("x",)), self.seed)

    def open_processor(self, folder: Path) -> NumbersProcessor:
        return NumbersProcessor.load(folder)
