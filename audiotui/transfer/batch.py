"""Files that are added together, from the first temp file to their rows in the catalog: all steps, in the safe order.

The journal knows each temp name before it exists and each key before bytes have it; bytes are durable before they have
their key; the catalog hears of keys that are there; the journal forgets last. So a process that dies anywhere leaves
nothing that is wrong, and nothing that the sweep does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from audiotui.backends.items import Content
from audiotui.backends.proof import prove
from audiotui.crashpoints import crashpoint
from audiotui.errors import AlreadyExists, IntegrityError
from audiotui.model import VerifyLevel
from audiotui.transfer.intents import IntendedFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from audiotui.backends.local import LocalBackend
    from audiotui.core.catalog import Catalog
    from audiotui.transfer.journal import Journal
    from audiotui.transfer.staging import FileToStage, StagedFile, Stager


@dataclass(frozen=True, slots=True)
class Library:
    """What adding files works with: the open parts of one library."""

    catalog: Catalog
    journal: Journal
    local: LocalBackend
    key_layout: str
    other_folders: tuple[tuple[str, Path], ...] = ()
    """Name and root of the further locations that are folders of this machine."""


class Batch:
    """A context; what was not kept when it is closed is removed without a trace.

    ``stage`` may be called from several threads, everything else from the thread that owns the batch.
    """

    def __init__(self, library: Library, stager: Stager, tasks: Sequence[FileToStage]) -> None:
        self._library = library
        self._stager = stager
        self._tasks = tasks
        self._staged: list[StagedFile] = []
        self._published: list[StagedFile] = []
        self._kept: set[str] = set()
        self._intents: list[int] = []

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Write down the temp files that are about to be made."""
        self._intend(
            IntendedFile(self._library.local.name, self._temp_key(task), "")
            for task in self._tasks
            if not task.in_place
        )

    def close(self) -> None:
        """Remove what was not kept, and forget the intents; a second call does nothing.

        After an error some of it may be left; the sweep removes it when this process has ended.
        """
        for staged in self._published:
            if staged.key not in self._kept:
                self._unpublish(staged.key)
        for staged in self._staged:
            staged.discard()
        self._published.clear()
        self._staged.clear()
        if self._kept:
            self._library.catalog.database.make_durable()
        for intent in self._intents:
            self._library.journal.intents.settled(intent)
        self._intents.clear()

    def stage(self, task: FileToStage) -> StagedFile:
        """Read and prove one of the batch's files; errors as ``Stager.stage`` raises them."""
        staged = self._stager.stage(task)
        self._staged.append(staged)
        crashpoint("ingest.after_stage")
        return staged

    def intend_keys(self, files: Iterable[StagedFile]) -> None:
        """Write down under which keys staged files are about to be published."""
        copies = [staged for staged in files if staged.unpublished is not None]
        # A new recording's keys are new. One that comes back by its old id may find its bytes there already; those are
        # not ours to undo, so they are intended without their sum, which only keeps a sweep of others from them.
        local = self._library.local
        self._intend(
            IntendedFile(local.name, "", one.key, "" if one.was_expected and local.exists(one.key) else one.new.sha256)
            for one in copies
        )
        crashpoint("ingest.after_intent")

    def publish(self, staged: StagedFile) -> None:
        """Give a staged file its key, once that was intended. A file in place has it already.

        Raises:
            AlreadyExists: the key is taken by other bytes; the same bytes are as good as these.
            LocationError: ``local`` cannot do it.
        """
        if staged.unpublished is None:
            return
        self._published.append(staged)  # first, because an error may come when the key is there already
        try:
            staged.unpublished.publish(staged.key)
        except AlreadyExists as taken:
            self._published.pop()
            self._require_same_bytes(staged, taken)
            self._library.local.persist(staged.key)
            staged.unpublished.remove()
        crashpoint("ingest.after_publish")

    def sync(self) -> None:
        """Make durable what was published, before the catalog hears of it."""
        self._library.local.sync_names(staged.key for staged in self._published)

    def keep(self, files: Iterable[StagedFile]) -> None:
        """The catalog has these files' rows."""
        self._kept.update(staged.key for staged in files)

    def _temp_key(self, task: FileToStage) -> str:
        folder = self._stager.folder_of(task)
        return f"{folder}/{task.temp}" if folder else task.temp

    def _intend(self, files: Iterable[IntendedFile]) -> None:
        intended = list(files)
        if intended:
            self._intents.append(self._library.journal.intents.intend(intended))

    def _require_same_bytes(self, staged: StagedFile, taken: AlreadyExists) -> None:
        content = Content(staged.new.size_bytes, staged.new.sha256, staged.new.part_sha256)
        try:
            prove(self._library.local, staged.key, content, level=VerifyLevel.READ_BACK)
        except IntegrityError as error:
            raise taken from error

    def _unpublish(self, key: str) -> None:
        local = self._library.local
        with self._library.journal.intents.nobody_adds(local.name, key, besides=self._intents) as is_ours:
            if is_ours and self._is_unknown(key):
                local.delete(key)

    def _is_unknown(self, key: str) -> bool:
        # Asked of the catalog and not of the flow of control: an interrupt may strike between its commit and our note.
        return self._library.catalog.copy_at(self._library.local.name, key) is None
