"""Folders of hosts that are reached by SSH; the files go by SFTP, as with OpenSSH's own scp.

The protocol is in ``sftp``, the way to the host in ``ssh``, what watches over its folder in ``scphost``. A file is
written under a temporary name in the folder of its key, synced where the server can, and given its key only if that is
free. This version of the protocol tells times in whole seconds: an exchange of a file by one of the same size within
one second is not noticed by its etag.
"""

from __future__ import annotations

import hashlib
import stat
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from audiotui.backends.items import Capability, Checksum, Content, Entry, Unfinished, take_turns
from audiotui.backends.keys import TEMP_NAME, key_problem, new_temp_name
from audiotui.backends.marker import MARKER_NAME, MAX_MARKER_BYTES, names_others
from audiotui.backends.scphost import HostFolder
from audiotui.backends.scpupload import ScpUpload, unfinished_size
from audiotui.backends.sftp import packets
from audiotui.backends.sftp.failures import (
    NO_SUCH_FILE,
    ConnectionLost,
    SftpFailure,
    StatusError,
)
from audiotui.backends.sftp.folders import prune, walk
from audiotui.backends.sftp.names import parent_of
from audiotui.backends.sftp.reading import Reading
from audiotui.cleanup import on_failure
from audiotui.errors import AudiotuiError, SourceChanged, UploadExpired
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from audiotui.backends.base import Feed, GetItem, Limits, Outcome, PutItem
    from audiotui.backends.items import Pace
    from audiotui.backends.sftp.files import Files
    from audiotui.backends.sftp.packets import Attributes

REQUESTS = 64
"""So many files at a time hide the way to a far host and back; more gain nothing (measured at 20 ms)."""


class ScpBackend(HostFolder):
    """A folder of a host. A missing root is made when the library stores its first file there, and never again."""

    kind: ClassVar[str] = "scp"
    requests: ClassVar[int] = REQUESTS
    capabilities = frozenset({Capability.RESUME})

    def entry(self, key: str, found: Attributes, *, level: VerifyLevel = VerifyLevel.NONE) -> Entry:
        """What the host says of a file."""
        seconds, size = found.modified_s or 0, found.size_bytes or 0
        return Entry(
            key,
            size,
            etag=f"{size:x}-{seconds:x}",
            modified_at=datetime.fromtimestamp(seconds, UTC),
            level=level,
        )

    def put_many(self, feed: Feed[PutItem], limits: Limits) -> Iterator[Outcome[PutItem]]:
        """Store the items of a feed, many at a time over one session."""
        from audiotui.backends.scpbulk import put_many

        return put_many(self, feed, limits)

    def get_many(self, feed: Feed[GetItem], limits: Limits) -> Iterator[Outcome[GetItem]]:
        """Copy the items of a feed into their destination, many at a time over one session."""
        from audiotui.backends.scpbulk import get_many

        return get_many(self, feed, limits)

    def check_etag(self, key: str, found: Attributes, if_etag: str) -> None:
        """SourceChanged if a file is not the one that was meant."""
        if if_etag and self.entry(key, found).etag != if_etag:
            raise SourceChanged(
                f"{key!r} at {self.name} is not the file that it was: it was written to or replaced.",
                "Look at it again before you decide.",
            )

    def _is_shared(self) -> bool:
        return names_others(self._read(MARKER_NAME, 0, MAX_MARKER_BYTES, ""), self.library_id)

    def _stat(self, key: str) -> Entry:
        return self.entry(key, self.run(lambda files: files.stat(key)))

    def _list(self, prefix: str) -> Iterator[Entry]:
        with self.pool.session() as session:
            for key, found in walk(session, self.root, prefix):
                yield self.entry(key, found)
            # What vanishes while it is listed is left out, so all that is missing may be so for that reason.
            session.run(self.watch.check(self.files(session)))

    def _list_unfinished(self, key: str) -> Iterator[Unfinished]:
        folder = parent_of(key)
        for entry in self._list(f"{folder}/" if folder else ""):
            found = parent_of(entry.key)
            if not TEMP_NAME.fullmatch(entry.key.rpartition("/")[2]) or (found and key_problem(found)):
                continue  # nothing of ours lies in a folder that no key can name
            if not key or found == folder:
                yield Unfinished(entry.key, size_bytes=entry.size_bytes, modified_at=entry.modified_at)

    def _read(self, key: str, offset: int, length: int | None, if_etag: str) -> Iterator[bytes]:
        with self.pool.session() as session:
            files = self.files(session)
            handle, found = session.run(files.open(key))
            try:
                self.check_etag(key, found, if_etag)
                rest = max(0, (found.size_bytes or 0) - offset)
                wanted = rest if length is None else min(length, rest)
                reading = Reading(session, handle, offset, wanted)
                while wanted and (block := session.run(reading.next())):
                    wanted -= len(block)
                    yield bytes(block)
            finally:
                with suppress(StatusError, ConnectionLost):  # a handle that is not given back costs nothing for long
                    session.run(files.close(handle))
        if wanted:
            raise SourceChanged(
                f"{key!r} at {self.name} ended {wanted} bytes earlier than it should.", "Somebody writes to it: retry."
            )

    def _put_small(
        self, key: str, data: bytes, *, sha256: str, temp: str, attributes: Mapping[str, str], pace: Pace | None
    ) -> Entry:
        del sha256, attributes  # the host keeps bytes alone, and measures nothing while it stores
        take_turns(pace, data)
        self._claim()
        return self.run(lambda files: self.store_steps(files, key, data, temp))

    async def store_steps(self, files: Files, key: str, data: bytes, temp: str, pace: Any = None) -> Entry:
        """Store a whole file; what was begun is removed if that fails while the host answers."""
        folder = parent_of(key)
        token = f"{folder}/" * bool(folder) + (temp or new_temp_name(library_id=self.library_id))
        looking = None if files.session.can_link else files.look(key)  # a link is refused by itself if the key is taken
        handle = await files.create(token)
        try:
            with on_failure(partial(files.let_go, handle)):
                if looking is not None:
                    await files.refuse_taken(key, looking)
                replies = await files.write(handle, 0, data, pace)
            stored = await files.seal(handle, replies, len(data))
            await files.publish(token, key)
        except (SftpFailure, AudiotuiError):
            await files.take_back(token)
            raise
        return self.entry(key, stored, level=VerifyLevel.SIZE)

    def _start_upload(self, key: str, content: Content, *, temp: str, attributes: Mapping[str, str]) -> ScpUpload:
        del attributes
        self._claim()
        return self.run(lambda files: self.start_steps(files, key, content, temp))

    async def start_steps(self, files: Files, key: str, content: Content, temp: str) -> ScpUpload:
        """Make the temporary file of an upload."""
        folder = parent_of(key)
        token = f"{folder}/" * bool(folder) + (temp or new_temp_name(library_id=self.library_id))
        await files.refuse_taken(key)
        handle = await files.create(token)
        await files.session.ask(packets.close(handle))
        return ScpUpload(self, key, content, token=token)

    def _resume_upload(self, token: str, key: str, content: Content, limits: Limits) -> ScpUpload:
        folder, _, name = token.rpartition("/")
        size = None
        if folder == parent_of(key) and TEMP_NAME.fullmatch(name):
            size = self.run(lambda files: unfinished_size(files, token))
        if size is None:
            self.run(self.watch.check)
            raise UploadExpired(
                f"{self.name} has no unfinished file {token!r} for {key!r}.",
                "The upload starts again from the beginning.",
                location=self.name,
                key=key,
            )
        if size > content.size_bytes:
            self.run(lambda files: files.truncate(token, content.size_bytes))
        held = [number for number in range(content.part_count) if self._is_held(token, size, content, number, limits)]
        return ScpUpload(self, key, content, token=token, held=held)

    def _is_held(self, token: str, size: int, content: Content, number: int, limits: Limits) -> bool:
        """Whether the unfinished file has the bytes of a part: measured by the host if it may, else read back."""
        limits.check()
        offset, length = content.part_span(number)
        if offset + length > size:
            return False
        if Capability.CHECKSUM in self.capabilities:
            return self._measure(token, size, offset, length) == content.part_digest(number)
        digest = hashlib.sha256()
        for block in self._read(token, offset, length, ""):
            limits.wait(len(block))
            digest.update(block)
        return digest.hexdigest() == content.part_digest(number)

    def _discard(self, token: str, key: str) -> None:
        del key  # the token says it all
        folder, _, name = token.rpartition("/")
        if not TEMP_NAME.fullmatch(name) or (folder and key_problem(folder)):
            return
        self.run(self.watch.check)  # where the root is away, what is missing is not gone
        self.run(lambda files: self._remove(files, token))

    def _delete(self, key: str, if_etag: str) -> None:
        async def steps(files: Files) -> None:
            try:
                found = await files.session.ask(packets.lstat(files.root.of(key)))
            except StatusError as refusal:
                if refusal.code != NO_SUCH_FILE:
                    raise
                await self.watch.check(files)
                return
            if found.mode is not None and stat.S_ISDIR(found.mode):
                return
            self.check_etag(key, found, if_etag)
            await self._remove(files, key)

        self.run(steps)

    async def _remove(self, files: Files, key: str) -> None:
        await files.remove(key)
        await prune(files.session, files.root, parent_of(key))

    def _move(self, key: str, new_key: str, if_etag: str) -> Entry:
        async def steps(files: Files) -> Entry:
            found = await files.stat(key)
            self.check_etag(key, found, if_etag)
            await files.refuse_taken(new_key)
            await files.move(key, new_key)
            await prune(files.session, files.root, parent_of(key))
            return self.entry(new_key, await files.stat(new_key))

        self._claim()
        return self.run(steps)

    def _persist(self, key: str) -> None:
        self.run(lambda files: files.sync(key))

    def _checksum(self, key: str) -> Checksum:
        size = self._stat(key).size_bytes
        digest = self._measure(key, size, 0, 0)
        if not digest:
            self._stat(key)  # raises if it went meanwhile; else the shell sees other folders than the file server
        return Checksum(size, VerifyLevel.READ_BACK, sha256=digest)

    def _measure(self, key: str, size: int, offset: int, length: int) -> str:
        """What the host measures; '' if its shell has no such file, or may not read it."""
        with self.pool.hasher() as hasher:
            return hasher.measure(self.root.of(key), size_bytes=size, offset=offset, length=length)
