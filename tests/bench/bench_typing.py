"""The app through a pseudo-terminal: first paint, key to paint while typing, cursor moves, memory.

    python tests/bench/bench_typing.py LIBRARY_CONFIG [--runs 5] [--keys-per-second 10]

A key counts as painted when the last byte of its answer is on the terminal, that is, when nothing more has come for
100 ms: rows, exact number of hits and detail included.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.terminal import Terminal

QUIET_S = 0.1
TYPED = ("the dragon", "morning light", "voice of", "river bank", "happy")


def first_paint_s(config: str) -> float:
    """Seconds from exec until rows are on the screen."""
    with Terminal(_command(config), columns=120, lines=40) as terminal:
        # The table's header is painted with the frame; the number of hits comes with the first rows.
        terminal.until(lambda: " newest first" in terminal.text and "▸" in terminal.text, seconds=30)
        return time.perf_counter() - terminal.started_s


def typing_s(terminal: Terminal, text: str, *, pause_s: float) -> list[float]:
    """For each key of a text: seconds until the last byte that it caused."""
    taken = []
    for key in text:
        taken.append(answer_s(terminal, key))
        terminal.read(max(0.0, pause_s - taken[-1] - QUIET_S))
    return taken


def answer_s(terminal: Terminal, key: str) -> float:
    """Seconds from a key to the last byte of its answer."""
    while terminal.read(0):
        pass
    begun = last = time.perf_counter()
    terminal.send(key)
    while terminal.read(QUIET_S):
        last = time.perf_counter()
    return last - begun


def resident_mb(pid: int) -> float:
    """Memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


def report(name: str, seconds: list[float]) -> None:
    """One line: median, 95th and 99th percentile, worst, in milliseconds."""
    ordered = sorted(1000 * value for value in seconds)
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]  # noqa: E731 - one use, one line
    print(
        f"{name:34} n={len(ordered):4}  median {statistics.median(ordered):6.1f}  p95 {at(0.95):6.1f}  "
        f"p99 {at(0.99):6.1f}  max {ordered[-1]:6.1f} ms"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keys-per-second", type=float, default=10)
    options = parser.parse_args()

    first_paint_s(options.config)  # warms the file cache
    report("exec to first rows", [first_paint_s(options.config) for _ in range(options.runs)])
    with Terminal(_command(options.config), columns=120, lines=40) as terminal:
        terminal.until(lambda: " newest first" in terminal.text and "▸" in terminal.text, seconds=30)
        typed: list[float] = []
        erased: list[float] = []
        terminal.send("/")
        terminal.read(0.5)
        for _ in range(options.runs):
            for text in TYPED:
                typed += typing_s(terminal, text, pause_s=1 / options.keys_per_second)
                erased += typing_s(terminal, "\x7f" * len(text), pause_s=1 / options.keys_per_second)
        report("typing: key to last byte", typed)
        report("erasing: key to last byte", erased)
        terminal.send("\r")
        terminal.read(0.5)
        for name, key in (("cursor down", "j"), ("page down", "\x1b[6~"), ("to the end", "G"), ("to the top", "g")):
            report(name, [answer_s(terminal, key) for _ in range(20)])
        print(f"{'resident memory':34} {resident_mb(terminal.pid):.0f} MB")
        terminal.send("q")
        terminal.until_end()


def _command(config: str) -> list[str]:
    return [str(Path(sys.executable).with_name("audiotui")), "--config", config, "tui"]


if __name__ == "__main__":
    main()
