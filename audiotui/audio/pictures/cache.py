"""Measured pictures on disk, by the content of the sound: a folder with a size limit, apart from the library.

Losing it loses nothing but time. Several processes may use it at once: a picture appears whole or not at all.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.audio.pictures.shapes import PICTURES

if TYPE_CHECKING:
    from audiotui.audio.pictures.shapes import Picture

LIMIT_BYTES = 200_000_000
"""About 50,000 waveforms with their blocks on disk."""

_VERSION = 1
"""Of the way pictures are measured; others are never read."""

_SHRINK_TO = 0.8
_BYTES_PER_LOOK = 4_000_000
"""So much is written before the folder is measured again."""


class PictureCache:
    """Pictures by kind and SHA-256. ``folder`` is made when the first one is kept."""

    def __init__(self, folder: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = folder
        self._limit_bytes = limit_bytes
        self._unseen_bytes = _BYTES_PER_LOOK

    def get(self, kind: str, sha256: str) -> Picture | None:
        """A kept picture; None if there is none, or what lies there is none."""
        path = self._path(kind, sha256)
        try:
            picture = PICTURES[kind].from_bytes(path.read_bytes())
            os.utime(path)  # what is looked at is kept longest
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return picture

    def put(self, sha256: str, picture: Picture) -> None:
        """Keep a picture; a disk that cannot is no error, it will be measured again."""
        path = self._path(picture.kind, sha256)
        data = picture.to_bytes()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temp = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                Path(temp).replace(path)
            except OSError:
                Path(temp).unlink(missing_ok=True)
                raise
            self._unseen_bytes += len(data)
            if self._unseen_bytes >= _BYTES_PER_LOOK:
                self._unseen_bytes = 0
                self.shrink()

    def shrink(self) -> None:
        """Remove what was not looked at for longest, if the folder is above its limit."""
        files: list[tuple[float, int, Path]] = []
        for path in self.folder.glob("*/*"):
            with suppress(OSError):
                state = path.stat()
                files.append((state.st_mtime, state.st_blocks * 512, path))
        total_bytes = sum(size for _, size, _ in files)
        if total_bytes <= self._limit_bytes:
            return
        for _, size_bytes, path in sorted(files):
            with suppress(OSError):
                path.unlink()
            total_bytes -= size_bytes
            if total_bytes <= self._limit_bytes * _SHRINK_TO:
                return

    def _path(self, kind: str, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.{kind}.{_VERSION}"
