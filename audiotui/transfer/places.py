"""Whether two copies are one: a folder that is mounted under two paths, a bucket that two host names lead to.

The catalog cannot know it, and no address tells. Folders of this machine show which file it is. Elsewhere an empty file
with a random name is put at one location and looked for at the other; it goes at once, and if this process dies before,
with old trash.
"""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audiotui.backends.local import LocalBackend
from audiotui.errors import AudiotuiError
from audiotui.transfer.trashkeys import trash_key

if TYPE_CHECKING:
    from audiotui.model import Copy
    from audiotui.transfer.silences import Silences
    from audiotui.transfer.trashkeys import Trashed

_TOKEN = "audiotui-same-place-"  # noqa: S105 - the beginning of a name, no secret


class Places:
    """Answers for one run, which it remembers for each pair of locations; any thread may ask."""

    def __init__(self, silences: Silences, library_id: str) -> None:
        self._silences = silences
        self._library_id = library_id
        self._are_same: dict[frozenset[str], bool] = {}
        self._lock = threading.Lock()

    def doubt(self, first: Copy, second: Copy) -> str:
        """Why two copies at different locations do not count as two, as a sentence; '' if they do.

        Under different keys only folders are asked: whoever gives one place two names finds the same keys under both.
        """
        files = [self._file(first), self._file(second)]
        is_known = None not in files
        if is_known and files[0] == files[1]:
            return _are_one(first, second)
        if first.key != second.key:
            return ""
        with self._lock:
            pair = frozenset((first.location, second.location))
            if pair not in self._are_same:
                found = self._look_for_token(first.location, second.location)
                if found is None and not is_known:
                    return (
                        f"Whether {first.location} and {second.location} are two places cannot be told, since neither "
                        "takes a file now."
                    )
                self._are_same[pair] = bool(found)
            return _are_one(first, second) if self._are_same[pair] else ""

    def _look_for_token(self, one: str, other: str) -> bool | None:
        """Whether both lead to one place; None if neither of them takes a file, or shows what it has."""
        for here, there in ((one, other), (other, one)):
            key = trash_key(_TOKEN + os.urandom(8).hex(), self._library_id, datetime.now(UTC))
            try:
                with self._silences.asking(here) as backend:
                    backend.put_small(key, b"", sha256=hashlib.sha256(b"").hexdigest())
                with self._silences.asking(there) as backend:
                    return backend.exists(key)
            except AudiotuiError:
                continue
            finally:
                with suppress(AudiotuiError), self._silences.asking(here) as backend:
                    backend.delete(key)
        return None

    def _file(self, copy: Copy) -> tuple[int, int] | None:
        """Which file of this machine a copy is; None where that cannot be told."""
        with self._silences.asking(copy.location) as backend:
            if not isinstance(backend, LocalBackend):
                return None
            try:
                status = (backend.path / copy.key).lstat()
            except OSError:
                return None
            return status.st_dev, status.st_ino


def is_token(trashed: Trashed, size_bytes: int) -> bool:
    """Whether a file in the trash is one of those that a process died over; they have no bytes."""
    return trashed.key.startswith(_TOKEN) and size_bytes == 0


def _are_one(first: Copy, second: Copy) -> str:
    return f"The copies at {first.location} and {second.location} are one: both names lead to the same bytes."
