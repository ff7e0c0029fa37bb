"""When a program has painted what a key asked for: it marks the ends of its frames for a terminal that can tell them.

Textual asks each terminal whether it shows frames as a whole (mode 2026); ours says yes, and so each frame has an end.
"""

from __future__ import annotations

import re
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.terminal import Terminal

QUESTION, ANSWER = b"\x1b[?2026$p", "\x1b[?2026;2$y"
FRAME = re.compile(rb"\x1b\[\?2026h(.*?)\x1b\[\?2026l", re.DOTALL)


def begin(terminal: Terminal) -> None:
    """Say that frames are shown as a whole, and wait for the first one."""
    until(terminal, QUESTION)
    terminal.send(ANSWER)
    while FRAME.search(terminal.raw) is None:
        read(terminal)


def until(terminal: Terminal, wanted: bytes) -> float:
    """Read until something was written; the seconds since the program was started."""
    while wanted not in terminal.raw:
        read(terminal)
    return time.perf_counter() - terminal.started_s


def read(terminal: Terminal) -> None:
    """Read something, or stop where nothing can come any more."""
    if not terminal.read(120) and terminal.exit_code is not None:
        raise SystemExit("the program ended before its time")


def paint_s(terminal: Terminal, keys: str, *shows: bytes, most_s: float = 5.0) -> float:
    """Seconds from a key to the end of the first frame that shows one of some texts; ``most_s`` if none came."""
    while terminal.read(0):
        pass
    before = len(terminal.raw)
    begun = time.perf_counter()
    terminal.send(keys)
    while (left := begun + most_s - time.perf_counter()) > 0:
        if terminal.read(left):
            arrived_s = time.perf_counter() - begun
            if any(text in frame for frame in FRAME.findall(terminal.raw, before) for text in shows):
                return arrived_s
    return most_s


def typed_s(terminal: Terminal, keys: Iterable[str], *shows: bytes, pace_s: float) -> list[float]:
    """``paint_s`` of keys that are pressed at a steady pace; an answer that is late counts as ``pace_s``."""
    answers = []
    for key in keys:
        begun = time.perf_counter()
        answers.append(paint_s(terminal, key, *shows, most_s=pace_s))
        while (left := begun + pace_s - time.perf_counter()) > 0:
            terminal.read(left)
    return answers


def rested_s(terminal: Terminal, keys: Iterable[str], *shows: bytes) -> list[float]:
    """``paint_s`` of keys, each of them pressed when nothing more comes."""
    answers = []
    for key in keys:
        terminal.settle(quiet_s=0.15)
        answers.append(paint_s(terminal, key, *shows))
    terminal.settle(quiet_s=0.15)
    return answers


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


def report(name: str, seconds: Sequence[float], bar: str = "") -> None:
    """One line: median, 95th and 99th percentile, worst, in milliseconds."""
    ordered = sorted(1000 * value for value in seconds)
    p95, p99 = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.95, 0.99))
    print(
        f"{name:44} n={len(ordered):4}  median {statistics.median(ordered):6.1f}  p95 {p95:6.1f}  "
        f"p99 {p99:6.1f}  max {ordered[-1]:6.1f} ms  {bar}",
        flush=True,
    )
