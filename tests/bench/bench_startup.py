"""How long the two commands of everyday take, against a Typer program that prints one line.

    python tests/bench/bench_startup.py [--library audiotui.yaml] [--runs 30]

Without ``--library`` a small one is made. All programs run by turns, each with its output in a pipe; the table shows
medians and, for each of ours, how many times as long it takes as the Typer program (at most 2 is the promise).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TYPER_PROGRAM = """
import typer

def main(name: str = "world"):
    print(f"Hello {name}")

typer.run(main)
"""

CONFIG = """audio_manager:
  db_path: registry.db
  locations:
    local: {type: local, path: audio}
"""


def make_library(folder: Path) -> Path:
    """A library of a hundred recordings; returns its configuration."""
    from audiotui import AudioManager

    config = folder / "audiotui.yaml"
    config.write_text(CONFIG)
    config.chmod(0o600)
    with AudioManager(config_path=config) as manager:
        for number in range(100):
            manager.register_recording(f"Hello world number {number}", tags=[f"tag{number % 5}"])
    return config


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """The wall time of one run."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--library", type=Path)
    options.add_argument("--runs", type=int, default=30)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "one_line.py"
        program.write_text(TYPER_PROGRAM)
        config = given.library or make_library(Path(folder))
        environment = {
            # As if installed: compiled once, whatever the surroundings say; the first round does it and is not counted.
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled"),
            "AUDIOTUI_CONFIG": str(config),
        }
        ours = [sys.executable, "-m", "audiotui"]
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "Typer program, one line": [sys.executable, str(program)],
            "list-recordings --limit 50": [*ours, "list-recordings", "--limit", "50"],
            "find-recording --text": [*ours, "find-recording", "--text", "Hello world"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(given.runs + 1):
            for name, command in commands.items():
                times[name].append(seconds(command, environment))
        typer_median = statistics.median(times["Typer program, one line"][1:])
        print(f"{'program':<30}{'median':>10}{'fastest':>10}{'x Typer':>10}")
        for name, taken in times.items():
            median = statistics.median(taken[1:])
            print(f"{name:<30}{median * 1e3:>7.0f} ms{min(taken) * 1e3:>7.0f} ms{median / typer_median:>10.2f}")


if __name__ == "__main__":
    main()
