"""A file of several parts on its way to a host."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.backends.sftp import packets
from audiotui.backends.sftp.failures import NO_SUCH_FILE, NoFile, SftpFailure, StatusError
from audiotui.backends.sftp.packets import WRITE_FLAG
from audiotui.backends.ssh.failures import CannotConnect
from audiotui.backends.upload import Upload
from audiotui.errors import AudiotuiError
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    from audiotui.backends.items import Entry
    from audiotui.backends.scp import ScpBackend
    from audiotui.backends.sftp.files import Files


LAST_SYNC_S = 1.0
"""How long a commit waits for a sync that is under way; what that leaves undone its own does."""


class ScpUpload(Upload):
    """Parts are written at their place in the temporary file, each over whatever session is free.

    The token is the path of that file below the location's root.
    """

    backend: ScpBackend
    _syncing: threading.Thread | None = None
    _lost: StatusError | None = None

    def sync_ahead(self) -> None:
        """Let another session sync what has arrived while more comes, so that the commit has little to wait for.

        Nobody waits for it but ``end_sync``, and that not for long.
        """
        if self._syncing is None or not self._syncing.is_alive():
            self._syncing = threading.Thread(target=self._sync_now, name="audiotui-sync", daemon=True)
            self._syncing.start()

    def end_sync(self) -> None:
        """Before the commit: wait a little for a sync that is under way."""
        if self._syncing is not None:
            self._syncing.join(LAST_SYNC_S)

    def _sync_now(self) -> None:
        # Whatever keeps it from syncing, the commit syncs by itself and tells.
        with suppress(SftpFailure, CannotConnect, AudiotuiError, OSError):
            self.backend.run(self._sync_steps)

    async def _sync_steps(self, files: Files) -> None:
        if not files.session.can_sync:
            return
        handle, _ = await files.open(self.token, flags=WRITE_FLAG)
        try:
            await files.session.ask(packets.sync(handle))
        except StatusError as refusal:
            self._lost = refusal
        finally:
            files.let_go(handle)

    async def commit_steps(self, files: Files) -> Entry:
        """Sync the file, look at its size, and give it its key."""
        handle, _ = await files.open(self.token, flags=WRITE_FLAG)
        return await self.end_steps(files, handle)

    async def end_steps(self, files: Files, handle: bytes) -> Entry:
        """``commit_steps`` of a file that is open; the handle is given back.

        After a sync that failed the file is removed: a resume would be told, by the host's memory, that it is whole.
        """
        try:
            stored = await files.seal(handle, [], self.content.size_bytes)
            if self._lost is not None:  # some systems tell but once, and told the other session
                raise self._lost
        except SftpFailure:
            await files.take_back(self.token)
            raise
        await files.publish(self.token, self.key)
        return self.backend.entry(self.key, stored, level=VerifyLevel.SIZE)

    def _write_part(self, number: int, data: bytes) -> None:
        offset, _ = self.content.part_span(number)

        async def steps(files: Files) -> None:
            handle, _ = await files.open(self.token, flags=WRITE_FLAG)
            replies = await files.write(handle, offset, data)
            closing = files.session.ask(packets.close(handle))
            await files.written(replies)
            await closing

        self.backend.run(steps)

    def _commit(self) -> Entry:
        return self.backend.run(self.commit_steps)

    def _abort(self) -> None:
        self.backend.discard(self.token, key=self.key)


async def unfinished_size(files: Files, token: str) -> int | None:
    """How many bytes an unfinished file has; None if there is none."""
    try:
        return (await files.stat(token)).size_bytes
    except NoFile:
        return None
    except StatusError as refusal:
        if refusal.code == NO_SUCH_FILE:
            return None
        raise
