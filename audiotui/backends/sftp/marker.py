"""The mark of use in the root of a location on a host; what it is for stands in ``backends.marker``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.backends.marker import INTRODUCTION, MARKER_NAME, MAX_MARKER_BYTES
from audiotui.backends.sftp import packets
from audiotui.backends.sftp.failures import NO_SUCH_FILE, StatusError
from audiotui.backends.sftp.folders import make_root
from audiotui.backends.sftp.packets import APPEND_FLAG, CREATE_FLAG, READ_FLAG, WRITE_FLAG
from audiotui.backends.sftp.reading import Reading

if TYPE_CHECKING:
    from audiotui.backends.sftp.files import Files


async def is_marked(files: Files, library_id: str) -> bool:
    """Whether the library has kept files here."""
    return library_id.encode() in (await _marker(files)).split()


async def mark(files: Files, library_id: str) -> None:
    """Note, durably, that the library keeps files here, and make the root; does nothing if that is noted.

    Raises:
        NoFolder, NoRoom, ReadOnly, StatusError: why that cannot be.
    """
    text = await _marker(files)
    if library_id.encode() in text.split():
        return
    try:
        await _append(files, library_id, text)
    except StatusError as refusal:
        await files.explain(refusal)
        raise


async def _append(files: Files, library_id: str, text: bytes) -> None:
    await make_root(files.session, files.root)
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
