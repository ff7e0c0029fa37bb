"""The mark of use in the root of a location on a host; what it is for stands in ``backends.marker``.

It is looked for again whenever something is missing, and when files are stored: a disk may be unmounted at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.backends.marker import INTRODUCTION, MARKER_NAME, MAX_MARKER_BYTES
from audiotui.backends.sftp import packets
from audiotui.backends.sftp.failures import NO_SUCH_FILE, RootGone, StatusError
from audiotui.backends.sftp.packets import APPEND_FLAG, CREATE_FLAG, READ_FLAG, WRITE_FLAG
from audiotui.backends.sftp.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.backends.sftp.files import Files
    from audiotui.backends.sftp.packets import Attributes
    from audiotui.backends.sftp.tasks import Waiting


class RootWatch:
    """Whether the root is still the folder that was opened; the sessions of a location share one.

    A look is a single request: the mark is read only if it is not the file that was read last.
    """

    def __init__(self, library_id: str) -> None:
        self._library_id = library_id
        self.is_marked = False
        """The library's mark was seen there, or left: from then on it has to be there."""
        self.landmarks: Mapping[str, int] = {}
        """Without a mark: of these files, their sizes by key, one has to be there; none if that is not asked."""
        self._read: tuple[int | None, int | None] | None = None

    async def check(self, files: Files, looking: Waiting[Attributes] | None = None) -> None:
        """RootGone if another folder stands in its place, or none; ``looking`` if the mark was asked for already."""
        if not self.is_marked:
            if self.landmarks and not await self._has_landmark(files):
                raise RootGone("the folder has no file that this library knows there")
            return
        try:
            found = await (looking or files.look(MARKER_NAME))
        except StatusError as refusal:
            if refusal.code != NO_SUCH_FILE:
                raise
            raise RootGone from refusal
        if self._read != (found.size_bytes, found.modified_s):
            if not await is_marked(files, self._library_id):
                raise RootGone
            self._read = found.size_bytes, found.modified_s

    async def _has_landmark(self, files: Files) -> bool:
        for key, size_bytes in self.landmarks.items():
            try:
                found = await files.look(key)
            except StatusError as refusal:
                if refusal.code != NO_SUCH_FILE:
                    raise
            else:
                if found.is_file and found.size_bytes == size_bytes:
                    return True
        return False


async def is_marked(files: Files, library_id: str) -> bool:
    """Whether the library has kept files here."""
    return library_id.encode() in (await _marker(files)).split()


async def mark(files: Files, library_id: str, *, makes_root: bool) -> None:
    """Note, durably, that the library keeps files here; does nothing if that is noted.

    ``makes_root`` makes a root that is missing.

    Raises:
        RootGone: it is missing, and is not to be made.
        NoFolder, NoRoom, ReadOnly, StatusError: why that cannot be.
    """
    text = await _marker(files)
    if library_id.encode() in text.split():
        return
    try:
        if makes_root:
            await files.make_root()
        await _append(files, library_id, text)
    except StatusError as refusal:
        if refusal.code == NO_SUCH_FILE:
            raise RootGone from refusal
        await files.explain(refusal)
        raise


async def _append(files: Files, library_id: str, text: bytes) -> None:
    ask = files.session.ask
    path = files.root.of(MARKER_NAME)
    handle = await ask(packets.open_file(path, WRITE_FLAG | APPEND_FLAG | CREATE_FLAG))
    # One write, between line ends: an append that was torn earlier cannot swallow it.
    line = f"{'' if text else INTRODUCTION}\n{library_id}\n".encode()
    await ask(packets.write(handle, len(text), line))
    if files.session.can_sync:
        await ask(packets.sync(handle))
    await ask(packets.close(handle))


async def _marker(files: Files) -> bytes:
    """What the marker says; b'' if there is none."""
    try:
        found = await files.stat(MARKER_NAME)
        handle = await files.session.ask(packets.open_file(files.root.of(MARKER_NAME), READ_FLAG))
    except StatusError as refusal:
        if refusal.code == NO_SUCH_FILE:
            return b""
        raise
    reading = Reading(files.session, handle, 0, min(found.size_bytes or 0, MAX_MARKER_BYTES))
    text = b""
    while block := await reading.next():
        text += bytes(block)
    files.let_go(handle)
    return text
