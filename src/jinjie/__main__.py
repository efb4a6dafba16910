"""`python -m jinjie` is `jinjie`."""

from jinjie.cli.main import main

main()
