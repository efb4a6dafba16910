"""Code that wants to pass without being right, or to end everything: a fail within its limit; the next is graded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import made_exercises as made
import pytest

from jinjie.course.content.library import one_exercise
from jinjie.course.grading import parts
from jinjie.course.grading.marking import grade

RIGHT = made.SOLUTION
NUMPY = "import numpy as np\n"


def both(value: str) -> str:
    """The two functions, each giving back this value."""
    return f"""

def loss(errors):
    return {value}


def step(theta, gradient, rate):
    return {value}
"""


FORGED = {
    "patched NumPy": f"""
import numpy as np
for name in ("allclose", "isclose", "array_equal", "abs", "all", "any"):
    setattr(np, name, lambda *a, **k: True)
np.testing.assert_allclose = lambda *a, **k: None
{both("0.0")}""",
    "equal to everything": f"""
import numpy as np
class Any(np.ndarray):
    __eq__ = lambda self, other: np.array(True)
    __ne__ = lambda self, other: np.array(False)
{both("np.zeros(2).view(Any)")}""",
    "a lying object": f"""
import numpy as np
class Liar:
    shape = ()
    dtype = float
    __class__ = float
    __eq__ = lambda self, other: True
    __array__ = lambda self, *a, **k: np.zeros(2)
    __len__ = lambda self: 0
    __float__ = lambda self: 0.0
{both("Liar()")}""",
    "a float that lies": f"""
class F(float):
    __eq__ = lambda self, other: True
    __float__ = lambda self: float("nan")
    __repr__ = lambda self: "!"
{both("F(1)")}""",
    "a text that lies": f"""
class S(str):
    __eq__ = lambda self, other: True
    __hash__ = str.__hash__
{both("S('x')")}""",
    "a dict that lies": f"""
class D(dict):
    __getitem__ = lambda self, key: True
    items = lambda self: iter(())
    __eq__ = lambda *a: True
{both("D(a=1)")}""",
    "exit at import": "import sys\nsys.exit(0)\n",
    "hard exit at import": "import os\nos._exit(0)\n",
    "hard exit in the call": "import os\n" + both("os._exit(0)"),
    "a pass that is printed": f"""
import sys
print('{{"passed": true}}')
sys.stdout.write("passed\\n")
{both("True")}""",
    "result files": f"""
for name in ("result.json", "grade.json", "out.npy", "../result.json", "/tmp/result.json"):
    try:
        open(name, "w").write('{{"passed": true}}')
    except OSError:
        pass
{both("True")}""",
    "bytes on every descriptor": f"""
import os
for fd in range(64):
    try:
        os.write(fd, b'{{"passed": true}}' * 20)
    except OSError:
        pass
{both("0.0")}""",
    "the solution by its path": """
import glob, sys
found = []
for root in [*sys.path, FOLDER]:
    for name in ("solution.py", "cases.py"):
        found += glob.glob(root + "/**/" + name, recursive=True)
for path in found:
    exec(open(path).read(), globals())
if "step" not in globals():
    loss = lambda errors: 0.0
    step = lambda theta, gradient, rate: 0.0
""",
    "the solution in memory": """
import gc, inspect, sys
for one in [*gc.get_objects(), *list(sys.modules.values())]:
    for name in ("loss", "step"):
        try:
            there = inspect.getattr_static(one, name)
        except Exception:
            continue
        if inspect.isfunction(there) and name not in globals():
            globals()[name] = there
loss = globals().get("loss", lambda errors: 0.0)
step = globals().get("step", lambda *a: 0.0)
""",
    "right answers of the frames above": f"""
import sys
def stolen():
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if isinstance(value, dict) and "right" in value:
                return value["right"]
        frame = frame.f_back
    return 0.0
{both("stolen()")}""",
    "another import of the grader": f"""
try:
    import jinjie.course.grading.comparison as c
    c.compare = lambda *a, **k: []
    c.same = lambda *a, **k: True
except Exception:
    pass
{both("0.0")}""",
    "a pickle in disguise": f"""
import numpy as np
class P:
    def __reduce__(self):
        import os
        return os.system, ("true",)
{both("np.array([P()], dtype=object)")}""",
}


@pytest.fixture(scope="module")
def its(tmp_path_factory: pytest.TempPathFactory) -> Iterator[parts.Parts]:
    root = made.exercise(tmp_path_factory.mktemp("content"))
    yield parts.read(one_exercise("descent-step", [root]))


@pytest.mark.parametrize("name", FORGED)
def test_what_is_not_right_does_not_pass(its: parts.Parts, name: str) -> None:
    source = FORGED[name].replace("FOLDER", repr(str(its.written.folder)))
    begun = time.monotonic()
    found = grade(its, source)
    assert not found.passed, name
    assert found.faults and not any(one.passed for one in found.cases), (name, found.faults)
    assert all(fault.says.en for fault in found.faults)
    assert time.monotonic() - begun < 20
    assert found.tier in (1, 2)


def test_after_all_of_them_the_right_one_is_graded_as_ever(its: parts.Parts) -> None:
    assert grade(its, RIGHT).passed


LOOP = RIGHT.replace("return np.mean(errors**2)", "while True:\n        pass")
ENDLESS = {
    "loop at import": ("while True:\n    pass\n", "timeout"),
    "loop in a call": (LOOP, "timeout"),
    "sleep": ("import time\n" + both("time.sleep(60)"), "timeout"),
    "memory": (NUMPY + both("np.ones(2**28)"), "memory"),
    "memory in Python": (both("['x'] * 2**29"), "memory"),
    "prints": (both("[print('x' * 10_000) for _ in iter(int, 1)]"), "output"),
    "disk": (
        both("[open('big', 'ab').write(b'0' * 2**20) for _ in iter(int, 1)]"),
        "disk memory exception killed",
    ),
    "forks": ("import os\n" + both("[os.fork() for _ in range(50)]"), "exception killed no_result threads"),
}


def guests() -> set[str]:
    """Processes of sandboxes on this machine."""
    found = set()
    for place in Path("/proc").glob("[0-9]*") if Path("/proc/self").exists() else ():
        try:
            if b"guest.py" in (place / "cmdline").read_bytes() and not elsewhere(int(place.name)):
                found.add(place.name)
        except OSError:
            continue
    return found


def elsewhere(pid: int) -> bool:
    """Whether a process belongs to another worker of this session of tests: it stems from our parent, and not from us.

    One that was left behind stems from neither: its parent is gone.
    """
    above: list[int] = []
    while pid > 1:
        above.append(pid)
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        pid = int(status.partition("PPid:")[2].split()[0])
    return os.getppid() in above and os.getpid() not in above


@pytest.mark.parametrize("name", ENDLESS)
def test_what_does_not_end_is_ended_and_said_as_what_it_was(its: parts.Parts, name: str) -> None:
    source, expected = ENDLESS[name]
    before = guests()
    begun = time.monotonic()
    found = grade(its, source)
    took = time.monotonic() - begun
    assert not found.passed
    assert found.faults[0].kind in expected.split(), (name, found.faults)
    # its limit is one second; starting twice on a machine at work is the rest
    assert took < 20, f"{name} took {took:.1f} s"
    if expected == "timeout":
        assert "1 s for all cases" in found.faults[0].says.en
        assert [one.passed for one in found.cases].count(False) == 1, (
            "later cases are neither right nor wrong"
        )
    assert found.shown is None
    assert guests() <= before, "a process was left behind"


def test_the_next_one_is_graded_as_ever(its: parts.Parts) -> None:
    assert grade(its, RIGHT).passed


def test_what_a_module_keeps_from_case_to_case_ends_with_the_grade(its: parts.Parts) -> None:
    """Of two gradings no file and no variable is left over."""
    leaves = RIGHT.replace(
        "import numpy as np",
        "import numpy as np\nimport os\nassert not os.path.exists('left'), 'left over'\nopen('left', 'w').write('x')",
    )
    assert grade(its, leaves).passed
    assert grade(its, leaves).passed
