"""Processes that wait for a job: one that was started for a job serves the next one, too, if that comes soon.

To start one takes a seventh of a second of the processor, and half as much again until its code runs fast.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

from audiotui.cleanup import on_failure
from audiotui.transfer.sides.messages import Channel


class Helper:
    """A process, and the line to it; used by one thread at a time.

    OSError or RuntimeError if the system, or the interpreter's program, allows no more.
    """

    def __init__(self) -> None:
        near, far = socket.socketpair()
        with far, on_failure(near.close):
            self._process = subprocess.Popen(
                [sys.executable, "-m", "audiotui.transfer.sides.process", str(far.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
                cwd=Path(__file__).parents[3],  # finds this very package, and keeps no disk of the user busy
                # A test that lets a job die at a place means the job's own process, not that a helper dies for it.
                env={name: value for name, value in os.environ.items() if name != "AUDIOTUI_CRASHPOINT"},
                start_new_session=True,  # an interrupt from the keyboard is the job's business
            )
            self.channel = Channel(near)
            # Somebody has to collect its exit status, whenever it ends.
            self._watch = threading.Thread(target=self._process.wait, name="audiotui-side-watch", daemon=True)
            with on_failure(self._end_unwatched):
                self._watch.start()

    @property
    def pid(self) -> int:
        """The system's number for it."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._watch.is_alive()

    def end(self) -> None:
        """End it now, whatever it does, and wait for that."""
        self.channel.close()
        self._process.kill()
        self._watch.join()

    def _end_unwatched(self) -> None:
        self._process.kill()
        self._process.wait()


class Helpers:
    """Those that wait in this process; they end by themselves after ``process.IDLE_S``, or when it does."""

    def __init__(self) -> None:
        self._idle: deque[Helper] = deque()
        self._all: WeakSet[Helper] = WeakSet()

    def take(self) -> Helper:
        """One that waits, or a new one; any thread may ask.

        Raises:
            OSError, RuntimeError: no process can be started.
        """
        with suppress(IndexError):
            while True:
                helper = self._idle.pop()
                if helper.is_alive:
                    return helper
                helper.end()
        helper = Helper()
        self._all.add(helper)
        return helper

    def keep(self, helper: Helper) -> None:
        """Let one wait that has ended its job in good order."""
        self._idle.append(helper)

    def forget(self) -> None:
        """They are another process' business, those too that serve a job: each ends when nobody else is on its line."""
        for helper in self._all:
            helper.channel.close()
        self._idle.clear()


helpers = Helpers()
"""Of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=helpers.forget)
