"""How long importing takes, against reading, copying and syncing the same files with the system's own tools.

    python -m tests.bench.bench_import [--files 2000] [--kilobytes 200] [--rounds 5] [--folder DIR]

The runs of both sides take turns; each begins with an empty library, a warm page cache and nothing left to be synced.
The folder should lie on the disk that is to be measured, with room for three times the files.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from audiotui.backends.base import open_backend
from audiotui.backends.options import LocalOptions
from audiotui.core.catalog import Catalog
from audiotui.model import DEFAULT_KEY_LAYOUT
from audiotui.transfer.importer import ImportOptions, import_paths
from audiotui.transfer.ingest import Ingest
from audiotui.transfer.journal import Journal, journal_path

TARGET = 2.0
"""The import may take this many times as long."""


def make_sources(folder: Path, files: int, size_bytes: int) -> None:
    """WAV files of noise, each with its own bytes."""
    noise = random.Random(1)
    folder.mkdir()
    for number in range(files):
        data = noise.randbytes(size_bytes - 44)
        layout = struct.pack("<HHIIHH", 1, 1, 24_000, 48_000, 2, 16)
        header = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt \x10\0\0\0" + layout + b"data"
        (folder / f"clip_{number:05}.wav").write_bytes(header + struct.pack("<I", len(data)) + data)


def run_tools(sources: Path, work: Path) -> float:
    """Seconds for sha256sum, cp and sync."""
    copy = work / "copy"
    names = sorted(map(str, sources.iterdir()))
    os.sync()
    begun = time.perf_counter()
    with (work / "sums").open("wb") as sums:
        subprocess.run(["sha256sum", "--", *names], stdout=sums, check=True)
    subprocess.run(["cp", "-r", "--", str(sources), str(copy)], check=True)
    subprocess.run(["sync"], check=True)
    seconds = time.perf_counter() - begun
    shutil.rmtree(copy)
    return seconds


def run_import(sources: Path, work: Path) -> tuple[float, float]:
    """Seconds for an import into an empty library, and for the same import a second time."""
    library = work / "library"
    library.mkdir()
    options = LocalOptions(path=library / "audio")
    with Catalog(library / "registry.db") as catalog:
        journal = Journal(journal_path(library / "registry.db"), library_id=catalog.library_id)
        catalog.ensure_location("local", "local", options.fingerprint)
        with open_backend("local", options, library_id=catalog.library_id) as local:
            ingest = Ingest(catalog, journal, local, key_layout=DEFAULT_KEY_LAYOUT)
            os.sync()
            seconds = [_timed(ingest, sources, added=True), _timed(ingest, sources, added=False)]
        journal.close()
    shutil.rmtree(library)
    return seconds[0], seconds[1]


def _timed(ingest: Ingest, sources: Path, *, added: bool) -> float:
    begun = time.perf_counter()
    report = import_paths(ingest.library, [sources], ImportOptions())
    seconds = time.perf_counter() - begun
    if len(report.added if added else report.duplicates) != sum(1 for _ in sources.iterdir()):
        raise SystemExit(f"the import went wrong: {report.failed[:3]}")
    return seconds


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--kilobytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None)
    chosen = parser.parse_args()
    tools: list[float] = []
    imports: list[float] = []
    again: list[float] = []
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        work = Path(name)
        make_sources(work / "sources", chosen.files, chosen.kilobytes * 1_000)
        for _ in range(chosen.rounds):
            tools.append(run_tools(work / "sources", work))
            first, second = run_import(work / "sources", work)
            imports.append(first)
            again.append(second)
    print(f"{chosen.files} files of {chosen.kilobytes} kB, {chosen.rounds} rounds in turns; seconds")
    for label, seconds in (("sha256sum + cp + sync", tools), ("import", imports), ("import again", again)):
        middle = statistics.median(seconds)
        print(f"{label:<24} median {middle:5.2f}   best {min(seconds):5.2f}   worst {max(seconds):5.2f}")
    ratio = statistics.median(imports) / statistics.median(tools)
    print(f"import / tools           {ratio:5.2f}   target at most {TARGET}: {'met' if ratio <= TARGET else 'MISSED'}")


if __name__ == "__main__":
    main()
