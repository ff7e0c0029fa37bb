"""How long a listing of a whole library takes, against ``beet ls`` of as many items.

    python tests/bench/bench_listing.py [--rows 1000000] [--runs 3] [--config audiotui.yaml]

Both list a generated library into a pipe that is read and thrown away; ``--config`` names one of as many rows that was
generated before. The table shows the median wall time, the rows
per second and the most memory that the program held; at least 3 times the speed of beets is the promise, and memory
that does not grow with the rows.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

CONFIG = """audio_manager:
  db_path: registry.db
  locations:
    local: {type: local, path: audio}
"""


class Run(NamedTuple):
    """One measured run."""

    seconds: float
    memory_bytes: int
    lines: int


def make_ours(folder: Path, rows: int) -> Path:
    """A library of ours; returns its configuration."""
    config = folder / "audiotui.yaml"
    config.write_text(CONFIG)
    config.chmod(0o600)
    maker = Path(__file__).with_name("make_library.py")
    command = [sys.executable, str(maker), str(folder / "registry.db"), "--rows", str(rows)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return config


def make_theirs(path: Path, rows: int) -> None:
    """A library of beets: one item added by beets itself, then doubled by SQL until there are enough."""
    from beets.library import Item, Library

    from audiotui.core.database import sqlite3

    library = Library(str(path))
    library.add(Item(title="Good morning everybody", artist="Kokoro", album="Greetings", length=2.5, path=b"/a/0.wav"))
    library._close()
    connection = sqlite3.connect(path)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(items)") if row[1] not in {"id", "path"}]
    names = ", ".join(columns)
    connection.execute(
        f"""WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
            INSERT INTO items (path, {names}) SELECT CAST('/a/' || i || '.wav' AS BLOB), {names} FROM items, n""",
        (rows - 1,),
    )
    connection.commit()
    connection.close()


def measure(command: list[str], environment: dict[str, str]) -> Run:
    """Run a command once and read all it writes."""
    started = time.perf_counter()
    lines = 0
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    with process.stdout or sys.exit("no pipe") as pipe:
        while block := pipe.read(1 << 20):
            lines += block.count(b"\n")
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    return Run(time.perf_counter() - started, used.ru_maxrss * 1024, lines)


def main() -> None:
    """Measure by turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--config", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        config = options.config or make_ours(folder, options.rows)
        with ProcessPoolExecutor(1, get_context("spawn")) as own:  # a program that is started begins with our memory
            own.submit(make_theirs, folder / "beets.db", options.rows).result()
        environment = {**os.environ, "AUDIOTUI_CONFIG": str(config), "BEETSDIR": str(folder)}
        ours = [sys.executable, "-m", "audiotui", "list-recordings"]
        commands = {
            "audiotui list-recordings": ours,
            "audiotui list-recordings --json": [*ours, "--json"],
            "beet ls": [sys.executable, "-m", "beets", "-l", str(folder / "beets.db"), "ls"],
        }
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for _ in range(options.runs):
            for name, command in commands.items():
                runs[name].append(measure(command, environment))
    theirs = statistics.median(run.seconds for run in runs["beet ls"])
    print(f"{'program':<34}{'lines':>10}{'median':>10}{'rows/s':>12}{'memory':>10}{'x beets':>9}")
    for name, taken in runs.items():
        median = statistics.median(run.seconds for run in taken)
        memory = max(run.memory_bytes for run in taken) / 1e6
        lines = taken[0].lines
        print(f"{name:<34}{lines:>10,}{median:>8.1f} s{lines / median:>12,.0f}{memory:>7.0f} MB{theirs / median:>9.1f}")


if __name__ == "__main__":
    main()
