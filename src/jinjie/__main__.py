"""Where `jinjie` begins, as a command and as `python -m jinjie`."""

from __future__ import annotations

import gc


def start() -> None:
    """Do what the command line says, without a search for waste while there is none.

    What importing makes stays to the end, and what is there at the end goes with the process: to look through all of
    it for cycles, again and again, would be a sixth of a short command's time.
    """
    gc.disable()
    from jinjie.cli.main import main

    try:
        main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    start()
