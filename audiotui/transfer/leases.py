"""Who works on a job: owners that can be told dead from alive, and when a lease is free.

An owner is a process, named by the boot of the machine, its PID namespace, its PID and its start time, so that neither
a reused PID nor a restart can pass for it. The lease of a dead owner is free at once, that of a live one never. Only
where an owner cannot be judged (it runs in another PID namespace, such as a container) does the time limit decide.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LEASE_S = 60.0
"""How long a lease lasts without being renewed; it decides only about owners that cannot be judged."""

RENEW_S = 20.0
"""How often a holder renews."""


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux has the first; elsewhere the clock may stand still in sleep."""


def boot_clock_s() -> float:
    """Seconds since the machine started, also while it sleeps: no change of the wall clock moves it."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True, slots=True)
class Owner:
    """One process on one boot of one machine."""

    boot_id: str
    pid_namespace: str
    pid: int
    started: str
    """When the process started, in whatever form the system tells it: only compared."""

    def __str__(self) -> str:
        return f"{self.boot_id}|{self.pid_namespace}|{self.pid}|{self.started}"

    @classmethod
    def parse(cls, text: str) -> Owner:
        """The owner that ``str`` wrote; text of any other form gives an owner that is dead."""
        boot_id, namespace, pid, started = [*text.split("|"), "", "", ""][:4]
        return cls(boot_id, namespace, int(pid) if pid.isascii() and pid.isdecimal() else 0, started)

    @classmethod
    def this_process(cls) -> Owner:
        """The owner that stands for the calling process."""
        return _this_process(os.getpid())

    def is_alive(self) -> bool | None:
        """Whether the process still runs; None if this process cannot see it."""
        here = Owner.this_process()
        if self.boot_id != here.boot_id:
            return False
        if self.pid_namespace != here.pid_namespace or not self.started:
            return None
        return process_start(self.pid) == self.started


def lease_is_free(owner: str, until_s: float, *, now_s: float) -> bool:
    """Whether a lease, as the journal holds it, may be taken; ``until_s`` and ``now_s`` are of ``boot_clock_s``."""
    if not owner:
        return True
    alive = Owner.parse(owner).is_alive()
    return now_s >= until_s if alive is None else not alive


@lru_cache(maxsize=1)
def _this_process(pid: int) -> Owner:
    return Owner(boot_id(), _pid_namespace(), pid, process_start(pid))


@lru_cache(maxsize=1)
def boot_id() -> str:
    """A name of this run of the machine; '' where the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return _output("sysctl", "-n", "kern.bootsessionuuid")


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def process_start(pid: int) -> str:
    """When a process started, '' if it does not run (a zombie does not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return "" if sys.platform == "linux" else _output("ps", "-o", "lstart=", "-p", str(pid))
    fields = stat.rpartition(")")[2].split()  # the name in brackets may hold spaces and brackets
    return "" if fields[0] in "ZX" else fields[19]


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
