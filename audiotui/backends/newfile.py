"""A file that is added to a folder: written and hashed in one pass, so its key is known only at the end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from audiotui.backends.keys import check_key
from audiotui.crashpoints import crashpoint

if TYPE_CHECKING:
    from audiotui.backends.base import Backend
    from audiotui.backends.tempfiles import TempFile


class NewLocalFile:
    """An unfinished file; nothing but its temporary name is visible before ``publish``. One thread at a time uses it.

    End it by ``publish`` or ``remove``; errors of the disk are location errors.
    """

    def __init__(self, backend: Backend, temp: TempFile, *, mode: int) -> None:
        self._backend = backend
        self._temp = temp
        self._mode = mode

    @property
    def descriptor(self) -> int:
        """The open file, for reading what was written."""
        return self._temp.descriptor

    def write(self, block: bytes) -> None:
        """Append bytes."""
        with self._backend.boundary(""):
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(self._temp.descriptor, rest) :]
        crashpoint("local.after_write")

    def sync(self) -> None:
        """Make what was written durable."""
        with self._backend.boundary(""):
            os.fchmod(self._temp.descriptor, self._mode)
            os.fsync(self._temp.descriptor)

    def publish(self, key: str) -> None:
        """Give the synced file its key; AlreadyExists if that is taken.

        It survives a power cut once ``LocalBackend.sync_names`` was called.
        """
        folder, _, name = check_key(key).rpartition("/")
        with self._backend.boundary(key):
            self._temp.publish(name, folder)
        self._temp.close()

    def remove(self) -> None:
        """Remove the file, and the folders that this leaves empty; does nothing once it was published.

        Even if that fails, the file does not stay open.
        """
        try:
            with self._backend.boundary(""):
                self._temp.remove()
        finally:
            self._temp.close()
