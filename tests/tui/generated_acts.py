"""Acts that take as long as a test wants and come out the same in every run, for pictures of their dialogs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.backends.hostkeys import HostKey, KeyState
from audiotui.errors import IdentityInUse, NotAudio, TransferCancelled
from audiotui.transfer.reports import BulkProgress, DuplicatePath, GivenBack, ImportedFile, ImportReport
from audiotui.transfer.scan import ScannedCopy, ScanReport
from audiotui.transfer.walk import FailedPath, SkippedPath
from tests.tui.generated_modes import ModesManager
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audiotui.model import NewRecording

SESSION = Path("/home/maya/sessions/2026-05 trailers, second evening")

DONE = BulkProgress(1_204, 8_000, 2_100_000_000, 9_400_000_000, f"{SESSION}/take 1204, a name that is long [red].wav")

LOST = ScannedCopy("ai/aria/2026/take-7.flac", "7" * 8, "take-7.flac", 2_000_000)


class ActsManager(ModesManager):
    """A manager whose long acts go on until ``goes_on`` is set, and whose host shows a key."""

    def __init__(self, size: int = 1_000_000) -> None:
        super().__init__(size)
        self.goes_on = threading.Event()
        self.key_state = KeyState.UNKNOWN

    def scan_location(
        self, name: str, *, listener: Callable[[BulkProgress], None], cancel: threading.Event
    ) -> ScanReport:
        """Some of everything."""
        listener(DONE)
        self._wait(cancel)
        return ScanReport(
            name, 8_000, 9_400_000_000, 7_900, (LOST,), 1, (LOST,), 1, 3, 20, 75, doubt="", seconds=4.0
        )  # fmt: skip

    def host_key(self, name: str) -> HostKey:
        """The same key in every run."""
        others = ("SHA256:" + "o" * 43,) if self.key_state is KeyState.CHANGED else ()
        return HostKey(f"[{name}.example.org]:2222", "ssh-ed25519", b"a key", self.key_state, others)

    def delete_identity(self, identity_id: str) -> None:
        """Recordings use it.

        Raises:
            IdentityInUse: always.
        """
        raise IdentityInUse(f"{identity_id} is in use.", "Merge it.", recording_count=1_204)

    def import_paths(
        self,
        paths: Sequence[Path],
        *,
        template: NewRecording | None = None,
        dry_run: bool = False,
        listener: Callable[[BulkProgress], None],
        cancel: threading.Event,
        **_: bool,
    ) -> ImportReport:
        """Some of everything; what is not dry goes on until the test says so."""
        del paths, template
        if not dry_run:
            listener(DONE)
            self._wait(cancel)
        uid = "" if dry_run else "1" * 8
        return ImportReport(
            added=tuple(ImportedFile(SESSION / f"take {number:02}.wav", uid) for number in range(1, 19)),
            given_back=(GivenBack(SESSION / "the lost one.wav", "2" * 8),),
            duplicates=(DuplicatePath(SESSION / "take 01 again.wav", "", SESSION / "take 01.wav"),),
            failed=(FailedPath(SESSION / "notes [b].wav", NotAudio("notes [b].wav is no audio file.", "Look at it.")),),
            skipped=(SkippedPath(SESSION / ".hidden.wav", "hidden"),),
            notes=(), other_files=3, unchanged=0, size_bytes=41_000_000, seconds=1.0, dry_run=dry_run,
        )  # fmt: skip

    def _wait(self, cancel: threading.Event) -> None:
        if not self.goes_on.wait(PATIENCE_S) or cancel.is_set():
            raise TransferCancelled("Stopped.")
