"""`python -m jinjie.studio.evaluator RUN SPLIT`: one evaluation in a process of its own, for the studio.

Asking a model imports torch and keeps a core busy, which a server that answers pages should not do itself. What is
found goes into the run's folder, as from the command line; what goes wrong is printed in both languages as one line of
JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from jinjie.base.errors import JinjieError


def main() -> int:
    """0 when the folder is written, else 1."""
    from jinjie.analyse.evaluate import evaluate
    from jinjie.analyse.evaluation_page import write
    from jinjie.training.runs import Run

    run = Run(Path(sys.argv[1]))
    try:
        write(run, evaluate(run, "test" if sys.argv[2] == "test" else "validation"))
    except JinjieError as error:
        sys.stdout.write(json.dumps(error.text().both()) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
