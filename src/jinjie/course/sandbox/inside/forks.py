"""A process that has imported a library and copies itself for every job: the copy gives up its rights and is a guest.

Importing PyTorch takes seconds and a copy milliseconds. This process runs nobody's code, so that it may keep what it
needs: to make processes and to end them. It talks by a socket, which no copy keeps.

    asked {"id": 1, "work": FOLDER or null} with three pipes;  says {"id": 1, "born": true}, then {"id": 1, "code": 0}
    asked {"id": 1, "kill": true}
"""

from __future__ import annotations

import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import traceback
from typing import Any

from jinjie.course.sandbox.inside import confine, guest

IDLE = 600.0
"""Seconds without a job after which the process ends, for its memory."""
OWN = "/tmp/work-"
"""Work folders where files lie in a memory of the sandbox's own."""


def main(number: int, library: str) -> None:
    """Serve the socket with that number to its end."""
    confine.die_with_parent()
    sock = socket.socket(fileno=number)
    guest.preload(library)
    gc.collect()
    gc.freeze()
    Forks(sock).run()


class Forks:
    """The copies that live."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.living: dict[int, tuple[int, int]] = {}
        """By the descriptor of the process: the number of the job, and the process."""

    def run(self) -> None:
        self.say({"ready": True})
        while True:
            watched: list[Any] = [self.sock, *self.living]
            waiting, _, _ = select.select(watched, [], [], None if self.living else IDLE)
            if not waiting:
                return
            for one in waiting:
                if one is self.sock:
                    message, pipes, _, _ = socket.recv_fds(self.sock, 65536, 3)
                    if not message:
                        return
                    self.take(json.loads(message), pipes)
                elif one in self.living:
                    self.bury(one)

    def take(self, asked: dict[str, Any], pipes: list[int]) -> None:
        if asked.get("kill"):
            for job, pid in self.living.values():
                if job == asked["id"]:
                    _kill(pid)
            return
        pid = os.fork()
        if pid == 0:
            self.become_guest(asked, pipes)
        for pipe in pipes:
            os.close(pipe)
        self.living[os.pidfd_open(pid)] = (asked["id"], pid)

    def bury(self, descriptor: int) -> None:
        job, pid = self.living.pop(descriptor)
        os.close(descriptor)
        _kill(pid)  # what it may have left in its group
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        shutil.rmtree(f"{OWN}{job}", ignore_errors=True)
        self.say({"id": job, "code": code})

    def become_guest(self, asked: dict[str, Any], pipes: list[int]) -> None:
        """In the copy: the job's pipes take the place of ours, and nothing of ours stays open."""
        try:
            os.setsid()
            if asked["work"] is None:
                os.mkdir(f"{OWN}{asked['id']}", 0o700)
            self.say({"id": asked["id"], "born": True})
            for place, pipe in enumerate(pipes):
                os.dup2(pipe, place)
            os.closerange(3, 1024)
            _seed()
            guest.main()
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(70)

    def say(self, message: dict[str, Any]) -> None:
        self.sock.send(json.dumps(message).encode())


def _kill(pid: int) -> None:
    for end in (os.killpg, os.kill):
        try:
            end(pid, signal.SIGKILL)
        except OSError:
            continue


def _seed() -> None:
    """Random numbers of their own for every copy, as a new process would have."""
    import random

    random.seed()
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed()
