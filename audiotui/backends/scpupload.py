"""A file of several parts on its way to a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.backends.sftp import packets
from audiotui.backends.sftp.failures import NO_SUCH_FILE, NoFile, StatusError
from audiotui.backends.sftp.packets import WRITE_FLAG
from audiotui.backends.upload import Upload
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    from audiotui.backends.items import Entry
    from audiotui.backends.scp import ScpBackend
    from audiotui.backends.sftp.files import Files


class ScpUpload(Upload):
    """Parts are written at their place in the temporary file, each over whatever session is free.

    The token is the path of that file below the location's root.
    """

    backend: ScpBackend

    async def commit_steps(self, files: Files) -> Entry:
        """Sync the file, look at its size, and give it its key."""
        handle, _ = await files.open(self.token, flags=WRITE_FLAG)
        stored = await files.seal(handle, [], self.content.size_bytes)
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
