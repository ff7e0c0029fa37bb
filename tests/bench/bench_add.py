"""How fast recordings are added in bulk, into an empty library and into one that has many already.

    python -m tests.bench.bench_add [--rows 50000] [--library library.db]

``--library`` is a library that ``make_library.py`` made, such as one of 1,000,000; it is copied first. Promised: 20,000
rows a second. Processor time is given too, because it does not depend on what else the machine does; ``us`` are its
microseconds for one row. The last lines tell how long edits by another process waited while recordings were added.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.core.catalog import Catalog
from audiotui.core.index import index_values, load_rows, write_rows
from audiotui.model import LOCAL
from tests.bench.make_library import made_up_recordings, make_identities
from tests.core.processes import Child

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.model import NewFile, NewRecording

INDEX_ROWS = 20_000

EDITOR = """
    import threading, time
    from audiotui.core.catalog import Catalog
    waits_ms = []
    ended = threading.Event()
    with Catalog(path, actor="editor") as catalog:
        say("ready")
        threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
        while not ended.wait(0.05):
            started = time.perf_counter()
            catalog.edit_recordings([1], {"rating": len(waits_ms) % 6})
            waits_ms.append((time.perf_counter() - started) * 1000)
    say(sorted(waits_ms))
"""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--library", type=Path)
    options = parser.parse_args()
    print(f"{'':<60} {'rows/s':>9} {'of processor time':>18} {'us':>6}")
    with tempfile.TemporaryDirectory(prefix="bench-add-") as folder:
        _measure(Path(folder) / "new.db", options.rows)
        if options.library:
            copy = Path(folder) / "copy.db"
            shutil.copyfile(options.library, copy)
            _measure(copy, options.rows)


def _measure(path: Path, rows: int) -> None:
    random_ = random.Random(2)
    with closing(Catalog(path, actor="bench")) as catalog:
        for location in (LOCAL, "s3-main", "archive"):
            catalog.ensure_location(location, "local", f"bench:{location}")
        voices, people = make_identities(catalog, 100, random_)
        connection = catalog.database.connection()
        name = f"into {connection.execute('SELECT count(*) FROM recordings').fetchone()[0]:,}"
        with_files = list(islice(made_up_recordings(3 * rows, voices, people, random_), 3 * rows))
        texts: list[tuple[NewRecording, list[NewFile]]] = [(new, []) for new, _ in with_files[:rows]]
        _print(f"{name}: recordings alone", rows, lambda: catalog.add_recordings(texts))
        _print(f"{name}: each with a file and its copies", rows, lambda: catalog.add_recordings(with_files[rows:-rows]))
        index_rows = list(load_rows(connection, range(1, INDEX_ROWS + 1)))
        _print(f"{name}: index values of rows", len(index_rows), lambda: [index_values(row) for row in index_rows])
        _print(f"{name}: indexing rows again", len(index_rows), lambda: _index_again(catalog))
        editor = Child(EDITOR, path)
        editor.next_value()
        _print(f"{name}: with a file, while another edits", rows, lambda: catalog.add_recordings(with_files[-rows:]))
        editor.go()
        _print_waits(name, editor.finish()[-1])


def _index_again(catalog: Catalog) -> None:
    for start in range(1, INDEX_ROWS + 1, 1_000):
        with catalog.database.write() as connection:
            write_rows(connection, range(start, start + 1_000))


def _print(name: str, rows: int, call: Callable[[], object]) -> None:
    started, started_cpu = time.perf_counter(), time.process_time()
    call()
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - started_cpu
    print(f"{name:<60} {rows / seconds:9,.0f} {rows / cpu_s:18,.0f} {cpu_s / rows * 1e6:6.1f}")


def _print_waits(name: str, waits_ms: list[float]) -> None:
    median, late = (waits_ms[int(len(waits_ms) * share)] for share in (0.5, 0.95))
    print(
        f"{name}: {len(waits_ms)} edits took {median:.0f} ms, 95 % at most {late:.0f}, the longest {waits_ms[-1]:.0f}"
    )


if __name__ == "__main__":
    main()
