"""Cleaning tables: fitted on the rows that may be learnt from, then applied to any.

fitted = Cleaning(missing="median", scale="standard").fit(train)     # pl.DataFrame or pl.LazyFrame
test = fitted.apply(test.lazy()).collect()                           # LazyFrame -> LazyFrame
again = Fitted.from_json(fitted.to_json())                           # travels with a model
report = clean(Path("in.csv"), Path("out.csv"), Cleaning(missing="drop"))
"""

from jinjie.data.cleaning.file import clean
from jinjie.data.cleaning.fitted import Fitted
from jinjie.data.cleaning.plan import Cleaning, Column

__all__ = ["Cleaning", "Column", "Fitted", "clean"]
