"""Many new recordings in batches for one transaction each, the next one checked while the last one is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from audiotui.core.catalog.prepared import Prepared, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor
    from types import TracebackType

    from audiotui.model import NewFile, NewRecording

ADDED_AT_ONCE = 4_000
"""Recordings and files that one transaction adds: 0.15 s during which nobody else can write. Each transaction leaves a
segment of the index, and fewer and bigger ones are merged faster."""

ADDED_CHARACTERS = 8_000_000
"""So much text ends a batch too, however few its recordings are."""


class _Taken(NamedTuple):
    """What was taken of the items for one transaction."""

    items: list[tuple[NewRecording, Sequence[NewFile]]]
    now_ms: int

    @property
    def rows(self) -> int:
        """How many recordings and files it is."""
        return len(self.items) + sum([len(files) for _, files in self.items])

    def prepared(self) -> list[Prepared]:
        """All of it, checked."""
        return [prepare(new, files, self.now_ms) for new, files in self.items]


class Batches:
    """New recordings as batches, to be used in a ``with``: ``take`` one, ``look_ahead``, and ``prepare_ahead``.

    SQLite does not need the interpreter while it writes pages, which is a quarter of the time of adding. ``items`` are
    taken on the thread that calls, and only checked on the other one.
    """

    def __init__(self, items: Iterable[tuple[NewRecording, Sequence[NewFile]]], clock: Callable[[], int]) -> None:
        self._taken = _taken(items, clock)
        self._next = next(self._taken, None)
        self._ahead: Future[list[Prepared]] | None = None
        self._thread: ThreadPoolExecutor | None = None

    @property
    def is_bulk(self) -> bool:
        """Whether what comes next fills a transaction."""
        return self._next is not None and self._next.rows >= ADDED_AT_ONCE

    def take(self) -> list[Prepared]:
        """The next batch; an empty one after the last.

        Raises:
            InvalidInput: one of its items cannot be added.
        """
        ahead, self._ahead = self._ahead, None
        taken, self._next = self._next, None
        if ahead is not None:
            return ahead.result()
        return [] if taken is None else taken.prepared()

    def look_ahead(self) -> None:
        """Take the items of the next batch from where they come from; raises what that raises."""
        self._next = next(self._taken, None)

    def prepare_ahead(self) -> None:
        """Begin to check what ``look_ahead`` took, on another thread, if a bulk goes on."""
        if self.is_bulk and self._next is not None:
            self._ahead = self._other_thread().submit(self._next.prepared)

    def _other_thread(self) -> ThreadPoolExecutor:
        if self._thread is None:
            from concurrent.futures import ThreadPoolExecutor

            self._thread = ThreadPoolExecutor(1, thread_name_prefix="audiotui-adding")
        return self._thread

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)


def _taken(items: Iterable[tuple[NewRecording, Sequence[NewFile]]], clock: Callable[[], int]) -> Iterator[_Taken]:
    batch = _Taken([], clock())
    rows = characters = 0
    for new, files in items:
        batch.items.append((new, files))
        rows += 1 + len(files)
        characters += len(str(new.text))  # that it is a text is checked later
        if rows >= ADDED_AT_ONCE or characters >= ADDED_CHARACTERS:
            yield batch
            batch = _Taken([], clock())
            rows = characters = 0
    if batch.items:
        yield batch
