"""What somebody's code might try. Each function takes a stage set for it and gives True where the attempt succeeded.

This file itself is handed to the sandbox as a submission, so it stands on the standard library and NumPy alone. The
same functions run once without a sandbox, where each has to succeed; `probes` says what is expected where.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import inspect
import io
import mmap
import os
import resource
import socket
import sys
import threading
import time
from typing import Any

import numpy as np

Stage = dict[str, Any]


# --- files ---


def read_password_file(stage: Stage) -> bool:
    return ":0:0:" in _read("/etc/passwd")


def read_home(stage: Stage) -> bool:
    return bool(_read(stage["home"]) == stage["secret"])


def read_other_submission(stage: Stage) -> bool:
    return bool(_read(stage["other"]) == stage["secret"])


def read_database(stage: Stage) -> bool:
    return bool(_read(stage["database"]) == stage["secret"])


def read_hidden_cases(stage: Stage) -> bool:
    return bool(_read(stage["cases"]))


def write_outside(stage: Stage) -> bool:
    with open(stage["outside"] + "/written", "w") as file:
        file.write("here")
    return True


def write_anywhere_else(stage: Stage) -> bool:
    """Folders that are often forgotten: the root, devices, shared memory."""
    written = 0
    for folder in ("/", "/dev", "/dev/shm", "/usr", "/var/tmp", "/run", os.path.dirname(os.getcwd())):
        path = f"{folder}/jinjie-probe-{os.getpid()}"
        with contextlib.suppress(OSError), open(path, "w") as file:
            file.write("here")
            written += 1
        with contextlib.suppress(OSError):
            os.unlink(path)
    return written > 0


def symlink_out(stage: Stage) -> bool:
    os.symlink(stage["other"], "link")
    return bool(_read("link") == stage["secret"])


def hard_link_out(stage: Stage) -> bool:
    os.link(stage["other"], stage["beside"] + f"/hard-{os.getpid()}")
    return True


def chmod_outside(stage: Stage) -> bool:
    """Modes and times are no reading and no writing, and are overlooked for that."""
    os.utime(stage["other"], (1, 1))
    os.chmod(stage["other"], 0o604)
    return os.stat(stage["other"]).st_mode & 0o777 == 0o604


def truncate_outside(stage: Stage) -> bool:
    os.truncate(stage["outside"] + "/long", 0)
    return True


# --- the network ---


def connect_tcp(stage: Stage) -> bool:
    socket.create_connection(("127.0.0.1", stage["tcp"]), timeout=2).close()
    return True


def send_udp(stage: Stage) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        return out.sendto(stage["secret"].encode(), ("127.0.0.1", stage["udp"])) > 0


def connect_abstract_socket(stage: Stage) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as out:
        out.connect("\0" + stage["abstract"])
    return True


# --- secrets and other processes ---


def read_environment(stage: Stage) -> bool:
    """Of this process, and of every other that can be seen."""
    name = stage["variable"]
    if name in os.environ:
        return True
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            if f"{name}=".encode() in file.read():
                return True
    return False


def signal_parent(stage: Stage) -> bool:
    """Signal 0 kills nothing and is allowed exactly where SIGKILL is."""
    os.kill(os.getppid(), 0)
    return True


def signal_all(stage: Stage) -> bool:
    os.kill(-1, 0)
    return True


def kill_other(stage: Stage) -> bool:
    os.kill(stage["victim"], 9)
    return True


def fork_bomb(stage: Stage) -> bool:
    """Sixty-four processes and no more, so that the control does no harm."""
    born = []
    try:
        for _ in range(64):
            pid = os.fork()
            if pid == 0:
                time.sleep(5)
                os._exit(0)
            born.append(pid)
    finally:
        for pid in born:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
    return len(born) == 64


def vfork_and_run(stage: Stage) -> bool:
    import subprocess

    return subprocess.run(["/bin/sh", "-c", "exit 7"]).returncode == 7


def become_other_program(stage: Stage) -> bool:
    """What runs then has none of what was set up in Python."""
    os.execv("/bin/sh", ["sh", "-c", f"echo {stage['secret']} >&2; exit 0"])


def thread_bomb(stage: Stage) -> bool:
    stop = threading.Event()
    threading.stack_size(64 * 1024)
    born: list[threading.Thread] = []
    try:
        for _ in range(1000):
            born.append(threading.Thread(target=stop.wait, args=(20,), daemon=True))
            born[-1].start()
        time.sleep(0.2)
        return True
    finally:
        stop.set()


def orphan(stage: Stage) -> bool:
    """A grandchild in a session of its own that outlives the grade and then leaves a trace."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(stage["later"])
            with open(stage["outside"] + "/orphan", "w"):
                pass
        os._exit(0)
    return True


def trace(stage: Stage) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.ptrace(0, 0, None, None) == 0)


def read_memory_of_other(stage: Stage) -> bool:
    with open(f"/proc/{stage['victim']}/mem", "rb", buffering=0) as memory:
        memory.seek(stage["address"])
        return bool(memory.read(len(stage["secret"])).decode() == stage["secret"])


def nested_namespace(stage: Stage) -> bool:
    new_user, new_mounts = 0x10000000, 0x00020000
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(new_user | new_mounts) == 0)


def mount(stage: Stage) -> bool:
    """In a namespace of its own where that can be had, so that the control changes nothing."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.unshare(0x10000000 | 0x00020000)
    os.makedirs("mounted", exist_ok=True)
    return bool(libc.mount(b"none", b"mounted", b"tmpfs", 0, None) == 0)


def open_doors_into_the_kernel(stage: Stage) -> bool:
    """bpf, io_uring and userfaultfd, called with nothing: any answer but "not permitted" means that they listen.

    A kernel may deny them to ordinary users by itself; keyctl and memfd_create are always there.
    """
    numbers = {"x86_64": (321, 425, 323, 250, 319), "aarch64": (280, 425, 282, 219, 279)}[os.uname().machine]
    libc = ctypes.CDLL(None, use_errno=True)
    heard = 0
    for number in numbers:
        ctypes.set_errno(0)
        libc.syscall(number, None, 0, None, 0, 0)
        heard += ctypes.get_errno() not in (1, 38)
    return heard > 0


# --- limits ---


def raise_limits(stage: Stage) -> bool:
    """Put back what was taken: for root nothing stands in the way of that, unless it was made to."""
    if stage["naive"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 64 if os.geteuid() == 0 else 32))
        return True
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY:
        return True
    resource.setrlimit(resource.RLIMIT_AS, (hard + 2**30, hard + 2**30))
    return True


def take_three_gigabytes(stage: Stage) -> bool:
    """Address space alone: filling it is no other thing for the limit, and takes longer."""
    if sys.platform == "linux":
        no_reserve = 0x4000
        return len(mmap.mmap(-1, 3 * 2**30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | no_reserve)) > 0
    return len(bytearray(3 * 2**30)) > 0


def write_huge_file(stage: Stage) -> bool:
    with open("huge", "wb") as file:
        file.truncate(2**30)
    return os.stat("huge").st_size == 2**30


def fill_disk(stage: Stage) -> bool:
    """Many files, each as large as one may be."""
    for number in range(24):
        with open(f"large-{number}", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, 15 * 2**20)
    time.sleep(0.3)
    return True


def write_ten_thousand_files(stage: Stage) -> bool:
    for number in range(10_000):
        with open(f"small-{number}", "w"):
            pass
    time.sleep(0.3)
    return True


def print_without_end(stage: Stage) -> bool:
    for _ in range(64):
        sys.stdout.write("x" * 2**16)
        sys.stdout.flush()
    time.sleep(stage["long"])
    return True


def loop_without_end(stage: Stage) -> bool:
    until = time.monotonic() + stage["long"]
    while time.monotonic() < until:
        with contextlib.suppress(BaseException):
            pass
    return True


def sleep_without_end(stage: Stage) -> bool:
    time.sleep(stage["long"])
    return True


# --- the grade ---


def leave_at_once(stage: Stage) -> bool:
    os._exit(0)


def forge_result(stage: Stage) -> bool:
    """Claim to have passed, by print and by every open file, with a token found in memory or made up."""
    claim = b'{"passed": true, "kind": "result", "number": 0, "value": true, "fault": null, "blobs": []}'
    sys.stdout.write(claim.decode() + "\n")
    sys.stdout.flush()
    for number in range(3, 32):
        with contextlib.suppress(OSError):
            os.write(number, bytes(16) + len(claim).to_bytes(8, "little") + claim)
    os._exit(0)


def patch_comparisons(stage: Stage) -> Any:
    """A wrong answer, and every comparison made to agree with it."""

    class Agreeable(np.ndarray):
        def __eq__(self, other: object) -> Any:
            return True

        def __array_function__(self, *_: Any) -> Any:
            return True

    def yes(*args: Any, **kwargs: Any) -> bool:
        return True

    for name in ("allclose", "array_equal", "isclose"):
        setattr(np, name, yes)
    wrong = np.zeros(2).view(Agreeable)
    if stage["naive"]:
        return bool(np.allclose(wrong, [1, 2]) and wrong == [1, 2])
    return wrong


def return_pickle(stage: Stage) -> Any:
    """An array that runs code when it is read, put in the place of the result."""

    class Evil:
        def __reduce__(self) -> Any:
            return (open, (stage["outside"] + "/unpickled", "w"))

    file = io.BytesIO()
    np.save(file, np.array([Evil()], dtype=object), allow_pickle=True)
    if stage["naive"]:
        np.load(io.BytesIO(file.getvalue()), allow_pickle=True)
        return True
    wire = sys.modules["jinjie.course.sandbox.inside.wire"]
    honest = wire.pack
    wire.pack = lambda value, most=None: wire.Packed({"a": 0}, [file.getvalue()]) if most else honest(value)  # type: ignore[attr-defined]
    return 1


def find_the_test(stage: Stage) -> bool:
    """Look for what the grader knows: in the frames that called, in every module, in every object."""
    mark = "hidden-" + "case-"
    found: list[object] = [
        vars(module) for module in list(sys.modules.values()) if hasattr(module, "__dict__")
    ]
    found += [frame.frame.f_locals for frame in inspect.stack()] + [
        frame.frame.f_globals for frame in inspect.stack()
    ]
    found += gc.get_objects()
    for one in found:
        values: Any = one.values() if type(one) is dict else one if type(one) in (list, tuple) else ()
        for value in list(values):
            if type(value) is str and value.startswith(mark) and len(value) > 20:
                return True
    return False


def _read(path: str) -> str:
    with open(path) as file:
        return file.read()
