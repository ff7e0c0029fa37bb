"""How long a push from folder to folder takes, against hashing, copying and syncing by the system's own tools.

    python -m tests.bench.bench_push [--files 2000] [--kilobytes 200] [--rounds 5] [--folder DIR]

The runs of both sides take turns; each begins with an empty destination, a warm page cache and nothing left to be
synced. The push hashes every byte, syncs every file and folder, reads every copy back and writes it into the catalog.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from audiotui.events import JobEvent, ignore
from tests.transfer.library import Heard, Library


class Unheard(Heard):
    """Forgets what it hears, as a long job's listener should."""

    def __call__(self, event: JobEvent) -> None:
        ignore(event)


def run_tools(folder: Path) -> float:
    """Seconds for sha256sum, cp and sync."""
    copy, sums = folder / "copy", folder / "sums"
    names = sorted(str(path) for path in (folder / "local").rglob("*") if path.is_file())
    os.sync()
    begun = time.perf_counter()
    with sums.open("wb") as output:
        subprocess.run(["xargs", "-0", "sha256sum", "--"], input="\0".join(names).encode(), stdout=output, check=True)
    subprocess.run(["cp", "-r", "--", str(folder / "local"), str(copy)], check=True)
    subprocess.run(["sync"], check=True)
    seconds = time.perf_counter() - begun
    shutil.rmtree(copy)
    return seconds


def run_push(library: Library, ids: list[int], number: int) -> tuple[float, float]:
    """Seconds, and seconds of CPU, for a push to a new folder."""
    name = f"push{number}"
    (library.folder / name).mkdir()
    library.use(name, library.folder / name)
    plan = library.plan("push", ids, destination=name)
    os.sync()
    begun, begun_cpu = time.perf_counter(), time.process_time()
    job = library.run(library.journal.create_job(plan.new_job(), plan.items()), Unheard())
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - begun_cpu
    if job.done_items != len(ids):
        raise SystemExit(f"only {job.done_items} of {len(ids)} files were pushed: {job.error}")
    library.backends.pop(name).close()
    shutil.rmtree(library.folder / name)
    return seconds, cpu_seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--kilobytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    tools: list[float] = []
    pushes: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, Library(Path(folder)) as library:
        ids = library.add_many(options.files, size_bytes=options.kilobytes * 1_000)
        for number in range(options.rounds):
            pushes.append(run_push(library, ids, number))
            tools.append(run_tools(library.folder))
    wall, cpu = (statistics.median(column) for column in zip(*pushes, strict=True))
    of_tools = statistics.median(tools)
    print(f"{options.files} files of {options.kilobytes} kB, medians of {options.rounds}")
    print(f"  sha256sum, cp, sync   {of_tools:6.2f} s")
    print(f"  push                  {wall:6.2f} s   {wall / of_tools:.2f} times   {cpu:.2f} s of CPU")


if __name__ == "__main__":
    main()
