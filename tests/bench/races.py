"""The frame of the transfer benchmarks: racers that do the same work in turn, and the table of their medians."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

OURS = "audiotui"
"""How the names of our own racers begin."""

QUICK_ROUNDS = 2
"""For a look in between; the figures that count are medians of five."""


class Run(NamedTuple):
    """One run of one racer."""

    wall_s: float
    cpu_s: float
    """Of the client alone."""


class Racer(Protocol):
    """Somebody who does the work of a race."""

    name: str

    def prepare(self) -> None:
        """Make everything ready and empty; not measured."""

    def run(self) -> Run:
        """Do the work."""

    def check(self) -> None:
        """Raise SystemExit if the work was not done, and clean up; not measured."""


@dataclass
class Race:
    """One work. ``bars`` says of our racers how long each may take, in times of the fastest of some peers."""

    work: str
    racers: Sequence[Racer]
    bars: Mapping[str, tuple[float, tuple[str, ...]]]
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def go(self, rounds: int) -> None:
        """One round to warm up, then the rounds that count; in each, all take their turns."""
        for number in range(rounds + 1):
            for racer in self.racers:
                racer.prepare()
                run = racer.run()
                racer.check()
                if number:
                    self.runs.setdefault(racer.name, []).append(run)

    def print(self) -> None:
        """Print medians, and how ours stand to the bar."""
        print(f"\n{self.work}, medians of {len(next(iter(self.runs.values())))}")
        medians = {name: Run(*map(statistics.median, zip(*runs, strict=True))) for name, runs in self.runs.items()}
        for name, run in medians.items():
            print(f"  {name:<26} {run.wall_s:7.2f} s  {run.cpu_s:6.2f} s of CPU{self._verdict(name, run, medians)}")

    def _verdict(self, name: str, run: Run, medians: Mapping[str, Run]) -> str:
        if name not in self.bars:
            return ""
        bar, peers = self.bars[name]
        ratio = run.wall_s / min(medians[peer].wall_s for peer in peers)
        return f"   {ratio:.2f} of {' or '.join(peers)}, bar {bar:.2f}{'' if ratio <= bar else '   MISSED'}"


def run_command(command: Sequence[str], environment: Mapping[str, str], *, given: str = "") -> Run:
    """Run a program to its end; ``given`` goes to its standard input."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(command, env=dict(environment), input=given, capture_output=True, text=True, check=False)
    wall_s = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return Run(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def run_here(act: Callable[[], object]) -> Run:
    """Run something in this process, and those that it starts and waits for."""
    begun, begun_cpu = time.perf_counter(), _cpu_s()
    act()
    return Run(time.perf_counter() - begun, _cpu_s() - begun_cpu)


def _cpu_s() -> float:
    """Of this process, of those that have ended, and of those that wait for its next job."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime + sum(map(_cpu_of, _helpers()))


def _helpers() -> Iterator[int]:
    """The processes at the side of a transfer; the servers are children of this process as well."""
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread, or a process, that has ended just now
            for child in (task / "children").read_text().split():
                if b"audiotui.transfer.sides" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)


def _cpu_of(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
