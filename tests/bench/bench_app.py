"""The app through a pseudo-terminal, beside an app with a plain ``DataTable``, in one run.

    python tests/bench/bench_app.py LIBRARY_CONFIG [--runs 2] [--busy SECONDS] [--rows 100000]

Measures the first paint, typing at ten keys a second (also while facets are switched on and off), cursor moves, jumps,
changes of the mode and memory, at 120x40; then the same moves in a ``DataTable`` with ``--rows`` rows of nine texts.
A key counts as answered when the first frame that it causes is complete: its last byte before 12 ms of silence.
``--busy`` goes on typing and moving for so long before memory is read. To measure beside a transfer, start one first.
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.bench_typing import TYPED, answer, report, resident_mb, start_s, typing
from tests.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COLUMNS, LINES = 120, 40
FRAME_GAP_S = 0.012
PAGE_DOWN = "\x1b[6~"
PLAIN_TABLE = str(Path(__file__).with_name("plain_table.py"))

MOVES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cursor down", ("\x1b[B",)),
    ("page down", (PAGE_DOWN,)),
    ("to the end and to the top", ("\x1b[F", "\x1b[H")),
)


def first_frame(terminal: Terminal, key: str, *, most_s: float = 2.0) -> float:
    """Seconds from a key until the first frame that it causes is complete."""
    while terminal.read(0):
        pass
    begun = time.perf_counter()
    terminal.send(key)
    last_s = 0.0
    while (left := begun + most_s - time.perf_counter()) > 0:
        if terminal.read(min(left, FRAME_GAP_S if last_s else left)):
            last_s = time.perf_counter() - begun
        elif last_s:
            break
    terminal.settle(quiet_s=0.1)
    return last_s


def moves(terminal: Terminal, name: str, *, runs: int) -> None:
    """Measure the moves of a table that has the focus, one line each."""
    for what, keys in MOVES:
        report(f"{name}: {what}", [first_frame(terminal, key) for key in islice(cycle(keys), 20 * runs)])


def measure_app(config: str, *, runs: int, busy_s: float) -> None:
    """The app on a library."""
    start_s(config)  # warms the file cache
    starts = [start_s(config) for _ in range(3 * runs)]
    report("app: exec to first frame", [frame for frame, _ in starts])
    report("app: exec to first rows", [rows for _, rows in starts])
    command = [str(Path(sys.executable).with_name("audiotui")), "--config", config, "tui"]
    with Terminal(command, columns=COLUMNS, lines=LINES, emulate=False) as terminal:
        until(terminal, lambda raw: "▸".encode() in raw)
        terminal.settle(quiet_s=1.0)
        report("app: typing", typed(terminal, TYPED * runs))
        report("app: typing, facets switched between", with_facets(terminal, TYPED * runs))
        terminal.settle(quiet_s=1.0)
        moves(terminal, "app", runs=runs)
        for key in "2341":
            first_frame(terminal, key)  # each mode is made when it is first seen
        report("app: another mode", [first_frame(terminal, key) for key in islice(cycle("2341"), 20 * runs)])
        until_s = time.perf_counter() + busy_s
        while time.perf_counter() < until_s:
            terminal.send("/")
            typed(terminal, TYPED)
            terminal.send(f"\r{PAGE_DOWN * 20}aA")
            terminal.settle(quiet_s=0.5)
        print(f"{'app: resident memory':40} {resident_mb(terminal.pid):.0f} MB")
        terminal.send("q")
        terminal.until_end()


def typed(terminal: Terminal, texts: Iterable[str]) -> list[float]:
    """Type texts and erase them again, ten keys a second; the times until rows and detail were painted."""
    terminal.send("/")
    terminal.settle(quiet_s=0.5)
    answers = []
    for text in texts:
        answers += typing(terminal, text, pause_s=0.1)
        typing(terminal, "\x7f" * len(text), pause_s=0.1)
    terminal.send("\r")
    return [one.painted_s for one in answers]


def with_facets(terminal: Terminal, texts: Iterable[str]) -> list[float]:
    """Type after the facets' first value was switched on, and off, while their numbers are counted."""
    answers = []
    for text in texts:
        terminal.send("f\x1b[B ")
        terminal.settle(quiet_s=0.1)
        terminal.send("/ ")
        terminal.settle(quiet_s=0.05)
        answers += typing(terminal, text, pause_s=0.1)
        terminal.send("\x15")
        terminal.settle(quiet_s=0.1)
        terminal.send("\r")
        terminal.settle(quiet_s=0.1)
    return [one.painted_s for one in answers]


def measure_plain_table(rows: int, *, runs: int) -> None:
    """A ``DataTable`` with so many rows."""
    command = [sys.executable, PLAIN_TABLE, str(rows)]
    with Terminal(command, columns=COLUMNS, lines=LINES, emulate=False) as terminal:
        until(terminal, lambda raw: b"Recording 1 " in raw)
        print(f"{'DataTable: exec to first rows':40} {1000 * (time.perf_counter() - terminal.started_s):.0f} ms")
        terminal.settle(quiet_s=1.0)
        moves(terminal, "DataTable", runs=runs)
        report("DataTable: clear, add 200 rows", [answer(terminal, "n", most_s=5.0).settled_s for _ in range(3)])
        print(f"{'DataTable: resident memory':40} {resident_mb(terminal.pid):.0f} MB")
        terminal.send("\x11")
        terminal.until_end()


def until(terminal: Terminal, condition: Callable[[bytes], bool]) -> None:
    """Read until the bytes written so far fulfil a condition."""
    while not condition(bytes(terminal.raw)):
        if not terminal.read(120) and terminal.exit_code is not None:
            raise SystemExit("the app ended too early")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--busy", type=float, default=0.0)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    measure_app(options.config, runs=options.runs, busy_s=options.busy)
    measure_plain_table(options.rows, runs=options.runs)


if __name__ == "__main__":
    main()
