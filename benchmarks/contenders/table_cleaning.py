"""Five million rows: drop missing, drop repeated rows, write. Ours with its report, bare polars, or pandas."""

import resource
from pathlib import Path

from contest.contender import Stopwatch, serve, settings

given = settings()
source, out, how = given["data"], given["out"], given["how"]


def ours() -> int:
    report = clean(source, out, Cleaning(missing="drop"))
    return report.rows


def polars() -> int:
    pl.scan_csv(source).drop_nulls().unique(keep="first", maintain_order=True).sink_csv(out)
    return 0


def pandas() -> int:
    table = pd.read_csv(source).dropna().drop_duplicates()
    table.to_csv(out, index=False)
    return len(table)


if how == "ours":
    import polars as pl

    from jinjie.data.cleaning import Cleaning, clean

    work, version = ours, f"polars {pl.__version__}"
elif how == "polars":
    import polars as pl

    work, version = polars, f"polars {pl.__version__}"
else:
    import pandas as pd

    work, version = pandas, f"pandas {pd.__version__}"


def run() -> dict[str, float]:
    Path(out).unlink(missing_ok=True)
    watch = Stopwatch()
    work()
    taken = watch.stop()
    with Path(out).open("rb") as file:
        rows = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1
    return {**taken, "rows": rows, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}


serve({"versions": version}, run)
