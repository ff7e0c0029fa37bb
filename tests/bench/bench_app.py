"""The app through a pseudo-terminal on a large library, beside a plain ``DataTable``, in one run.

    python tests/bench/bench_app.py LIBRARY_CONFIG [--runs 2] [--minutes 10] [--push 10000] [--rows 100000]

Measures, at 120x40: the first paint; typing at ten keys a second, also while facets are switched on and off; the
cursor, pages, jumps and modes; then the same while ``--push`` files are pushed (from a copy of the library, which takes
its size on the disk); and the memory after ``--minutes`` of such use. A key is answered when the first frame that shows
what it asked for is complete: the cursor on its new row, the first rows of a search. ``DataTable`` has ``--rows`` rows
of nine texts; it has no search, so what stands for a key that is typed is clearing it and adding 200 rows.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.frames import begin, memory_mb, report, rested_s, typed_s, until
from tests.bench.pushing import pushing
from tests.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AUDIOTUI = str(Path(sys.executable).with_name("audiotui"))
PLAIN_TABLE = str(Path(__file__).with_name("plain_table.py"))

PACE_S, HELD_S = 0.1, 1 / 30
"""Between two keys: of somebody who types, and of a key that is held."""
TYPED = ("the dragon", "morning light", "voice of", "river bank", "happy", "voice:a", "-the good")

FIRST_FRAME, ROW_UNDER_CURSOR, NO_ROW = b"TITLE", "▸  ".encode(), b"Nothing found"
ROWS = (ROW_UNDER_CURSOR, NO_ROW)

DOWN, PAGE_DOWN, PAGE_UP, HOME, END = "\x1b[B", "\x1b[6~", "\x1b[5~", "\x1b[H", "\x1b[F"
ERASE, CLEAR = "\x7f", "\x15"

MODES = (("2", b"[2 Identities]"), ("3", b"[3 Transfers]"), ("4", b"[4 Locations]"), ("1", b"[1 Library]"))


@contextmanager
def app(config: Path) -> Iterator[Terminal]:
    """The app on a library, with its rows on the screen; it must end in order."""
    with Terminal([AUDIOTUI, "--config", str(config), "tui"], columns=120, lines=40, emulate=False) as terminal:
        begin(terminal)
        until(terminal, ROW_UNDER_CURSOR)
        terminal.settle(quiet_s=0.3)
        yield terminal
        terminal.send("q")
        terminal.until_end()


def start_s(config: Path) -> tuple[float, float]:
    """Seconds from exec to the first frame, and to the first rows."""
    with Terminal([AUDIOTUI, "--config", str(config), "tui"], columns=120, lines=40, emulate=False) as terminal:
        return until(terminal, FIRST_FRAME), until(terminal, ROW_UNDER_CURSOR)


def measure_keys(terminal: Terminal, name: str, *, runs: int) -> None:
    """Every kind of key, one line each."""
    terminal.send("/")
    terminal.settle(quiet_s=0.5)
    letters, erased = [], []
    for text in TYPED * runs:
        letters += typed_s(terminal, text, *ROWS, pace_s=PACE_S)
        erased += typed_s(terminal, ERASE * len(text), *ROWS, pace_s=PACE_S)
    typed_s(terminal, "\r", pace_s=PACE_S)
    report(f"{name}: typing", letters, "p95 35, p99 50")
    report(f"{name}: erasing", erased)
    report(f"{name}: typing, facets switched", with_facets(terminal, TYPED * runs), "p95 35, p99 50")
    measure_moves(terminal, name, ROW_UNDER_CURSOR, runs=runs)
    for key, _ in MODES:
        rested_s(terminal, [key], b"")  # each mode is made when it is first seen
    modes = [rested_s(terminal, [key], title)[0] for key, title in islice(cycle(MODES), 20 * runs)]
    report(f"{name}: another mode", modes, "40")


def with_facets(terminal: Terminal, texts: Iterable[str]) -> list[float]:
    """Typing, each text right after a value was switched on; what was typed is cleared with it."""
    answers = []
    for number, text in enumerate(texts):
        terminal.settle(quiet_s=0.15)
        terminal.send("f" + PAGE_UP * 5 + DOWN * (1 + number % 3))  # one of the first voices
        terminal.settle(quiet_s=0.15)
        answers += typed_s(terminal, " ", *ROWS, pace_s=PACE_S)
        typed_s(terminal, "/", pace_s=PACE_S)
        answers += typed_s(terminal, f" {text}", *ROWS, pace_s=PACE_S)
        answers += typed_s(terminal, CLEAR, *ROWS, pace_s=PACE_S)
        typed_s(terminal, "\r", pace_s=PACE_S)
    return answers


def measure_moves(
    terminal: Terminal, name: str, shows: bytes, *, runs: int, jumps: tuple[str, str] = (END, HOME)
) -> None:
    """The moves of a table that has the focus."""
    rested_s(terminal, [jumps[1]], b"")
    report(f"{name}: cursor down", rested_s(terminal, [DOWN] * 20 * runs, shows), "10")
    report(f"{name}: cursor down, held", typed_s(terminal, [DOWN] * 30 * runs, shows, pace_s=HELD_S), "10")
    report(f"{name}: page down", rested_s(terminal, [PAGE_DOWN] * 20 * runs, shows), "30")
    ends = rested_s(terminal, jumps * 5 * runs, shows)
    report(f"{name}: to the end", ends[::2], "80")
    report(f"{name}: to the top", ends[1::2])


def use(terminal: Terminal, minutes: float) -> None:
    """What a person does all day: search, look around, filter, mark, and have a look at the other modes."""
    until_s = time.perf_counter() + 60 * minutes
    for text in cycle(TYPED):
        if time.perf_counter() > until_s:
            return
        terminal.send("/")
        typed_s(terminal, text, *ROWS, pace_s=PACE_S)
        terminal.send("\r")
        typed_s(terminal, [DOWN, *[PAGE_DOWN] * 20, END, HOME, " ", " ", "a", "A"], pace_s=PACE_S)
        typed_s(terminal, "2341", pace_s=5 * PACE_S)
        with_facets(terminal, (text,))


def measure_app(config: Path, *, runs: int, minutes: float) -> None:
    """The app on a library."""
    start_s(config)  # warms the file cache
    starts = [start_s(config) for _ in range(5 * runs)]
    report("app: exec to the first frame", [frame for frame, _ in starts], "300")
    report("app: exec to the first rows", [rows for _, rows in starts])
    with app(config) as terminal:
        print(f"{'app: memory when it has started':44} {memory_mb(terminal.pid):.0f} MB")
        measure_keys(terminal, "app", runs=runs)
        use(terminal, minutes)
        print(f"{f'app: memory after {minutes:g} minutes more':44} {memory_mb(terminal.pid):.0f} MB  150")


def measure_while_pushing(config: Path, files: int, *, runs: int) -> None:
    """The same keys while so many files are pushed to one folder after the other."""
    with pushing(config, files) as pushes, app(pushes.config) as terminal:
        begun_s, before = time.perf_counter(), pushes.done()
        measure_keys(terminal, "app, pushing", runs=runs)
        done, seconds = pushes.done() - before, time.perf_counter() - begun_s
        print(f"{done:,} files were pushed meanwhile, {done / seconds:,.0f} a second")


def measure_plain_table(rows: int, *, runs: int) -> None:
    """A ``DataTable`` with so many rows."""
    command = [sys.executable, PLAIN_TABLE, str(rows)]
    row = b"Recording "
    with Terminal(command, columns=120, lines=40, emulate=False) as terminal:
        begin(terminal)
        print(f"{'DataTable: exec to the first rows':44} {1000 * until(terminal, row):.0f} ms")
        terminal.settle(quiet_s=1.0)
        measure_moves(terminal, "DataTable", row, runs=runs, jumps=("\x1b[1;5F", "\x1b[1;5H"))
        report("DataTable: clear, add 200 rows", rested_s(terminal, "n" * 5, row))
        print(f"{'DataTable: memory':44} {memory_mb(terminal.pid):.0f} MB")
        terminal.send("\x11")
        terminal.until_end()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--push", type=int, default=10_000, metavar="FILES", help="0 leaves that part out")
    parser.add_argument("--rows", type=int, default=100_000, help="0 leaves the DataTable out")
    options = parser.parse_args()
    measure_app(options.config, runs=options.runs, minutes=options.minutes)
    if options.push:
        measure_while_pushing(options.config, options.push, runs=options.runs)
    if options.rows:
        measure_plain_table(options.rows, runs=options.runs)


if __name__ == "__main__":
    main()
