"""The app through a pseudo-terminal: first paint, key to paint while typing, cursor moves, memory.

    python tests/bench/bench_typing.py LIBRARY_CONFIG [--runs 5] [--keys-per-second 10]

A key counts as painted when the first frame with its rows and its detail is complete: the last byte before the terminal
is silent for 12 ms, and at the latest the last byte at all. The exact number of hits follows when it is
known; until then the app shows ``200+``, so it is measured apart, as the last byte before 100 ms of silence.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

QUIET_S = 0.1
FRAME_GAP_S = 0.012
TYPED = ("the dragon", "morning light", "voice of", "river bank", "happy", "voice:a", "-the good")

FRAME, ROWS = b"TITLE", "▸".encode()
"""Bytes of the first frame, and of the first row under the cursor."""


class Answer(NamedTuple):
    """Seconds from a key to what it caused."""

    painted_s: float
    """Rows and detail are on the terminal."""
    settled_s: float
    """Nothing more comes."""


def start_s(config: str) -> tuple[float, float]:
    """Seconds from exec to the first frame, and to the first rows."""
    with Terminal(_command(config), columns=120, lines=40, emulate=False) as terminal:
        frame_s = _until(terminal, FRAME)
        return frame_s, _until(terminal, ROWS)


def typing(terminal: Terminal, keys: Iterable[str], *, pause_s: float) -> list[Answer]:
    """What each key of a text causes, at a steady pace."""
    answers = []
    for key in keys:
        begun = time.perf_counter()
        answers.append(answer(terminal, key, most_s=pause_s))
        while (left := begun + pause_s - time.perf_counter()) > 0:
            terminal.read(left)
    return answers


def answer(terminal: Terminal, key: str, *, most_s: float) -> Answer:
    """What one key causes; waits no longer than until the next key is due."""
    while terminal.read(0):
        pass
    begun = time.perf_counter()
    terminal.send(key)
    arrivals: list[float] = []
    while (left := begun + most_s - time.perf_counter()) > 0:
        if terminal.read(min(left, QUIET_S)):
            arrivals.append(time.perf_counter() - begun)
        elif arrivals:
            break
    return Answer(_end_of_rows(arrivals), arrivals[-1] if arrivals else 0.0)


def resident_mb(pid: int) -> float:
    """Memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


def report(name: str, seconds: Iterable[float]) -> None:
    """One line: median, 95th and 99th percentile, worst, in milliseconds."""
    ordered = sorted(1000 * value for value in seconds)
    p95, p99 = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.95, 0.99))
    print(
        f"{name:34} n={len(ordered):4}  median {statistics.median(ordered):6.1f}  p95 {p95:6.1f}  "
        f"p99 {p99:6.1f}  max {ordered[-1]:6.1f} ms"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keys-per-second", type=float, default=10)
    options = parser.parse_args()
    pause_s = 1 / options.keys_per_second

    start_s(options.config)  # warms the file cache
    starts = [start_s(options.config) for _ in range(options.runs)]
    report("exec to first frame", [frame for frame, _ in starts])
    report("exec to first rows", [rows for _, rows in starts])
    with Terminal(_command(options.config), columns=120, lines=40, emulate=False) as terminal:
        _until(terminal, ROWS)
        terminal.settle(quiet_s=1.0)
        typed: list[Answer] = []
        erased: list[Answer] = []
        terminal.send("/")
        terminal.settle(quiet_s=0.5)
        for _ in range(options.runs):
            for text in TYPED:
                typed += typing(terminal, text, pause_s=pause_s)
                erased += typing(terminal, "\x7f" * len(text), pause_s=pause_s)
        report("typing: rows and detail painted", [one.painted_s for one in typed])
        report("typing: all settled", [one.settled_s for one in typed])
        report("erasing: rows and detail painted", [one.painted_s for one in erased])
        report("erasing: all settled", [one.settled_s for one in erased])
        terminal.send("\r")
        terminal.settle(quiet_s=1.0)
        for name, keys in (
            ("cursor down", ["j"] * 30),
            ("page down", ["\x1b[6~"] * 30),
            ("to the end and to the top", ["G", "g"] * 15),
        ):
            report(name, [answer(terminal, key, most_s=1.0).settled_s for key in keys])
        print(f"{'resident memory':34} {resident_mb(terminal.pid):.0f} MB")
        terminal.send("q")
        terminal.until_end()


def _until(terminal: Terminal, wanted: bytes) -> float:
    while wanted not in terminal.raw:
        if not terminal.read(10) and terminal.exit_code is not None:
            raise SystemExit(f"the app ended before it showed {wanted!r}")
    return time.perf_counter() - terminal.started_s


def _end_of_rows(arrivals: list[float]) -> float:
    """When the frame with the rows was complete: the letter itself is painted before, in a small frame of its own."""
    for number, (now, later) in enumerate(pairwise(arrivals)):
        if later - now > FRAME_GAP_S and number > 0:
            return now
    return arrivals[-1] if arrivals else 0.0


def _command(config: str) -> list[str]:
    return [str(Path(sys.executable).with_name("audiotui")), "--config", config, "tui"]


if __name__ == "__main__":
    main()
