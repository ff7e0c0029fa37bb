"""Many recordings on their way at once: threads read and prove the files of a batch while the batch before it ends.

What a batch comes to is the business of the two kinds of pipelines: ``bulk_adding`` adds it to the library,
``rehearsal`` only tells what would be added. Memory is bounded by the batches under way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from audiotui.cleanup import on_failure
from audiotui.errors import AudiotuiError
from audiotui.model import AUDIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from audiotui.model import AIIdentity, NewFile, NewRecording, UserIdentity
    from audiotui.transfer.staging import FileToStage, StagedFile
    from audiotui.transfer.tally import Tally

BATCH_RECORDINGS = 32
"""Recordings that are added in one transaction."""

BATCH_FILES = 64
"""Fewer recordings are a batch if they have more files than this: each is held open until then, by two descriptors."""

READERS = 4
"""Threads that read and write files: enough to keep two cores busy while some of them wait for the disk."""

BATCHES_AHEAD = 2
"""Batches that are being read, or were, while one ends."""

PROGRESS_S = 0.1
"""How often a listener hears how far a big file is."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recording that may be added, and where it comes from."""

    path: Path
    """What the report calls it."""
    new: NewRecording
    tasks: tuple[FileToStage, ...]
    read_text: Callable[[], str | None] = lambda: None
    """Reads the text from beside the file, in a thread; None leaves the recording the text that it has."""
    name: str = ""
    """The title, if there is neither title nor text: lists show the text of what has no title."""
    ai_identity: AIIdentity | None = None
    """To be found or made in the catalog when the recording is added; so is the other."""
    user_identity: UserIdentity | None = None


@dataclass(slots=True)
class Entry:
    """What became of a candidate so far: what was read of it, or why it goes no further."""

    candidate: Candidate
    new: NewRecording
    files: list[NewFile] = field(default_factory=list)
    staged: list[StagedFile] = field(default_factory=list)
    error: AudiotuiError | None = None
    same_as: Entry | None = None
    """The earlier entry of this import that has the same audio."""

    @property
    def is_good(self) -> bool:
        """Whether it is still to be added."""
        return self.error is None and self.same_as is None

    @property
    def audio_sha256(self) -> str:
        """The digest of its newest audio file, '' if it has none."""
        return next((file.sha256 for file in reversed(self.files) if file.kind == AUDIO), "")


B = TypeVar("B")


class Pipeline(ABC, Generic[B]):
    """Runs candidates through in batches; ``B`` is what a kind of pipeline keeps of each batch."""

    def __init__(self, tally: Tally, *, readers: int = READERS) -> None:
        self.tally = tally
        self._readers = readers

    def run(self, candidates: Iterable[Candidate]) -> None:
        """Take all candidates until the tally is over; what began by then is ended properly."""
        pool = ThreadPoolExecutor(self._readers, thread_name_prefix="audiotui-import")
        under_way: deque[tuple[B, list[Entry], list[Future[None]]]] = deque()
        try:
            with on_failure(self.tally.give_up):
                for chunk in _batches(candidates):
                    if self.tally.is_over:
                        break
                    batch = self._begin(chunk)
                    entries = [Entry(candidate, candidate.new) for candidate in chunk]
                    under_way.append((batch, entries, [pool.submit(self._read_one, batch, entry) for entry in entries]))
                    if len(under_way) > BATCHES_AHEAD:
                        self._end_first(under_way)
                while under_way:
                    self._end_first(under_way)
        finally:
            pool.shutdown(cancel_futures=True)
            for batch, _, _ in under_way:
                self._abandon(batch)

    @abstractmethod
    def _begin(self, chunk: Sequence[Candidate]) -> B:
        """Called before anything of a batch is read."""

    @abstractmethod
    def _read(self, batch: B, entry: Entry) -> None:
        """Read and prove the files of one entry; called from several threads."""

    @abstractmethod
    def _end(self, batch: B, entries: Sequence[Entry]) -> None:
        """Do with a batch what is to be done, and tell the tally; its files were all read, or failed."""

    @abstractmethod
    def _abandon(self, batch: B) -> None:
        """Forget a batch that will not be ended; no thread works on it any more."""

    def _read_one(self, batch: B, entry: Entry) -> None:
        try:
            text = entry.candidate.read_text()
            if text is not None:
                entry.new = replace(entry.new, text=text)
            if not entry.new.title and not entry.new.text.strip():
                entry.new = replace(entry.new, title=entry.candidate.name)
            self._read(batch, entry)
        except AudiotuiError as error:
            entry.error = error

    def _end_first(self, under_way: deque[tuple[B, list[Entry], list[Future[None]]]]) -> None:
        batch, entries, futures = under_way[0]
        while wait(futures, timeout=PROGRESS_S).not_done:
            self.tally.tell()
        for future in futures:
            future.result()  # an error that nobody foresaw ends the import, and is not taken for the file's fault
        self._end(batch, entries)
        under_way.popleft()


def _batches(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """The candidates in lists, none of which needs more open files than a process may have."""
    batch: list[Candidate] = []
    file_count = 0
    for candidate in candidates:
        if batch and (len(batch) == BATCH_RECORDINGS or file_count + len(candidate.tasks) > BATCH_FILES):
            yield batch
            batch, file_count = [], 0
        batch.append(candidate)
        file_count += len(candidate.tasks)
    if batch:
        yield batch
