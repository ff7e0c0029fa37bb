"""How long searches take in a library that ``make_library.py`` made: medians and worst of some runs.

    python -m tests.bench.bench_search library.db [--runs 15] [--all-rows]

"first 200" is ``Searcher.head``: parsing, searching, and reading 200 rows. Promised for 1,000,000 recordings: 2 ms for
typical queries and filters, 250 ms for any shape. "cpu" is the median of its processor time, which depends less on what
else the machine does.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.core.search import SORTS, Searcher, open_searcher
from audiotui.errors import SearchInterrupted

if TYPE_CHECKING:
    from collections.abc import Callable

TYPICAL = (
    ("everything", ""),
    ("one letter", "t"),
    ("two letters", "th"),
    ("three letters", "the"),
    ("four letters", "ther"),
    ("a whole common word", "there"),
    ("a made-up word", "kraina"),
    ("two words", "good morning"),
    ("three words", "the good wor"),
    ("accents left out", "grosse strasse"),
    ("a Japanese word", "あい"),
    ("one Chinese character", "世"),
    ("words of file names", "kokoro happy"),
    ("without a word", "-the"),
    ("without two words", "-the -hello"),
    ("a voice", "voice:a"),
    ("a person", "user:user42"),
    ("a kind", "kind:human"),
    ("a tag", "tag:happy"),
    ("without a tag", "-tag:happy"),
    ("a folder", "in:project-3/"),
    ("a format", "fmt:flac"),
    ("a location", "where:s3-main"),
    ("not at a location", "not:where:s3-main"),
    ("a state", "state:local-only"),
    ("a rare state", "state:remote-only"),
    ("a language", "lang:en"),
    ("a session", "session:session-77"),
    ("a length", "dur:>30"),
    ("a range of lengths", "dur:2..4.5"),
    ("a range of sizes", "size:100k..1.5M"),
    ("a month", "date:2024-05"),
    ("from a day on", "date:2024-02-03.."),
    ("a range of rates", "rate:>=24k"),
    ("stars", "rating:>=4"),
    ("words and filters", "good tag:happy lang:en dur:>5 where:local"),
    ("words, filters, not", "the kind:ai voice:b -where:s3-main dur:3..10 -hello"),
)
MORE = (
    ("typed, 1 letter", "g"),
    ("typed, 2 letters", "go"),
    ("typed, 3 letters", "goo"),
    ("typed, a word", "good"),
    ("typed, the next word", "good mor"),
    ("a word not beside it", "good -morning"),
    ("a word of all, almost", "de OR the OR la"),
    ("a word that nobody has", "zzzzqqqq the"),
    ("a phrase", '"good morning"'),
    ("a phrase being typed", '"thank you'),
    ("Thai", "สวัสดี"),
    ("Korean", "안녕"),
    ("a language, a character", "lang:ja あ"),
    ("two names of a voice", "voice:a voice:b"),
    ("a voice or a person", "voice:a OR user:user42"),
    ("a word, a voice", "hello voice:b"),
    ("a word, people, filters", "user:user4 kind:human lang:en dur:>5 good"),
    ("a day", "date:2024-02-03"),
    ("two months", "date:2025-05..2025-06"),
    ("a year, a language", "date:2025 lang:fr"),
    ("from a day on, a length", "date:>=2025-10-01 dur:5..6"),
    ("short ones", "dur:<1"),
    ("a length, a size, a rate", "dur:2..4 size:..200k rate:24k"),
    ("tag, state, place", "tag:happy state:remote-only where:archive"),
    ("state, place, language", "state:pushed where:s3-main lang:de"),
    ("a folder, a tag, stars", "in:project-3/ tag:happy rating:5"),
    ("a model, stars, a verdict", "model:kokoro-82m verdict:keep rating:>=4"),
    ("a model and four more", "model:kokoro-82m voice:a lang:en dur:3..10"),
    ("a verdict, not a tag", "verdict:reject -tag:noisy"),
    ("a group of words", "(hello OR please) -tag:happy lang:en"),
    ("the beginning of an id", "id:0a1b2c3d"),
)
ODD = (
    ("a common phrase", '"of the"'),
    ("a phrase cut short", '"the of t'),
    ("a phrase not there", '"hello the of and to in a"'),
    ("ORs and NOT", "(the OR b) -w"),
    ("letters, nearly exclusive", "a b c d e f g h"),
    ("many ORs", "a OR b OR c OR d OR e OR f OR g OR h -the"),
    ("rare and common", "zu* the of and"),
    ("ranges between ORs", "(the dur:>30) OR (hello size:<100k) OR (good date:2024)"),
    ("all but everything", "-a -e -i -o -u"),
    ("many voices, not", "-voice:a -voice:b -voice:c t"),
    ("an id", "id:00"),
    ("an id among words", "the id:0123"),
    ("marked, few", "is:marked"),
    ("marked among words", "the is:marked"),
    ("100 words", " ".join(f"word{number}" for number in range(100))),
    ("100 ORs", " OR ".join(f"t{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(100))),
)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--all-rows", action="store_true", help="also list every row")
    options = parser.parse_args()
    marked = range(1, 200_000, 1_000)
    with open_searcher(options.library, marked=lambda: marked) as searcher:
        print(f"{searcher.count(''):,} recordings\n")
        print(f"{'query':<58} {'first 200, ms':>23} {'count, ms':>10} {'all, ms':>8} {'hits':>9}")
        print(f"{'':<58} {'median':>8} {'cpu':>6} {'worst':>7}")
        for title, queries in (("typical", TYPICAL), ("more", MORE), ("odd", ODD)):
            worst = max(_queries(searcher, title, name, query, options.runs) for name, query in queries)
            print(f"{'slowest median of these':<58} {worst:8.2f}\n")
        _others(searcher, options.runs)
        if options.all_rows:
            _list_all(searcher)


def _queries(searcher: Searcher, kind: str, name: str, query: str, runs: int) -> float:
    head = _times(lambda: searcher.head(query), runs)
    head_cpu = _times(lambda: searcher.head(query), runs, clock=time.thread_time)
    count = _times(lambda: searcher.count(query), 3)
    everything = _times(lambda: searcher.materialise(query), 3)
    total = searcher.materialise(query).total
    shown = query if len(query) <= 34 else query[:31] + "..."
    print(
        f"{name:<23} {shown:<34} {statistics.median(head):8.2f} {statistics.median(head_cpu):6.2f} {max(head):7.2f} "
        f"{statistics.median(count):10.1f} {statistics.median(everything):8.1f} {total:9,}"
    )
    return statistics.median(head)


def _others(searcher: Searcher, runs: int) -> None:
    result = searcher.materialise("")
    anywhere = random.Random(1)
    calls: list[tuple[str, list[float]]] = [
        ("a page of 128 anywhere", _times(lambda: result.page(anywhere.randrange(result.total), 128), runs)),
        ("the place of a recording", _times(lambda: result.position(anywhere.randrange(result.total)), runs)),
        ("sorted by title, all", _times(lambda: searcher.materialise("", sort="title"), 1)),
        *(
            (f"sorted by {sort}, first 200 of {name}", _times(partial(searcher.head, query, sort=sort), 5))
            for name, query in (("all", ""), ("a common word", "the"))
            for sort in SORTS
        ),
        ("best 20 of two words", _times(lambda: searcher.ranked("good morning"), runs)),
        ("best 20 of a common word", _times(lambda: searcher.ranked("morning"), runs)),
        ("places of 128 recordings", _times(lambda: searcher.places(range(1000, 1128)), runs)),
        ("completion of a voice", _times(lambda: searcher.complete("hello voice:b"), runs)),
        ("completion of a session", _times(lambda: searcher.complete("session:session-1"), runs)),
        ("until an interrupted search ends", [_interruption_ms(searcher) for _ in range(5)]),
    ]
    for name, times in calls:
        print(f"{name:<58} {statistics.median(times):8.2f} {max(times):7.2f}")


def _interruption_ms(searcher: Searcher) -> float:
    """Time from the call of ``interrupt``, in the middle of a full sort, to the end of the search."""
    called: list[float] = []

    def interrupt() -> None:
        called.append(time.perf_counter())
        searcher.interrupt()

    timer = threading.Timer(0.05, interrupt)
    timer.start()
    try:
        searcher.materialise("", sort="title")
    except SearchInterrupted:
        return (time.perf_counter() - called[0]) * 1000
    finally:
        timer.join()
    return 0.0


def _list_all(searcher: Searcher) -> None:
    started = time.perf_counter()
    number = sum(1 for _ in searcher.rows(""))
    seconds = time.perf_counter() - started
    print(f"{'all rows, one after the other':<58} {seconds * 1000:8.0f}         {number / seconds:,.0f} rows/s")


def _times(call: Callable[[], object], runs: int, *, clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Milliseconds of each run."""
    times = []
    for _ in range(runs):
        started = clock()
        call()
        times.append((clock() - started) * 1000)
    return times


if __name__ == "__main__":
    main()
