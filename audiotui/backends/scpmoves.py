"""One file on its way to or from a host, as a coroutine on the wire; several run at a time.

What takes its time on this machine, such as reading a part or syncing a fetched file to disk, other threads do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from audiotui.backends.items import ItemT, Outcome
from audiotui.backends.keys import check_key, check_temp_name
from audiotui.backends.sftp.files import regular
from audiotui.backends.sftp.packets import WRITE_FLAG
from audiotui.backends.sftp.reading import Reading
from audiotui.backends.transfers import GetTransfer, PutTransfer, Transfer, source_damaged
from audiotui.cleanup import caught, on_failure
from audiotui.errors import AlreadyExists, UploadExpired
from audiotui.model import PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from audiotui.backends.base import GetItem, Limits, PutItem
    from audiotui.backends.parts import PartWriter
    from audiotui.backends.scp import ScpBackend
    from audiotui.backends.scpupload import ScpUpload
    from audiotui.backends.sftp.files import Files
    from audiotui.backends.sftp.packets import Attributes
    from audiotui.backends.sftp.tasks import Waiting

T = TypeVar("T")

QUICK_BYTES = 1024 * 1024
"""A file up to this size is shown as moved at once; the progress of bigger ones is told as it comes."""

PARTS_UNDER_WAY = 2

SYNCED_PARTS = 3
"""After so many parts more the host is asked to begin with its disk, for a sync of all at the end takes long."""

LOADERS = 2
"""So many threads of a session read small files, each some after each other: enough for a disk that lets them wait,
and few enough that they spend their time reading instead of waking each other."""

STORED_AT_ONCE_BYTES = 1024 * 1024
"""What another thread is given at a time of a big file that comes: enough to be worth the waking."""


class Move(ABC, Generic[ItemT]):
    """One item on its way; close it at its end."""

    transfer: Transfer[ItemT]
    """The steps that all kinds of locations share."""

    def __init__(self, backend: ScpBackend, item: ItemT, limits: Limits) -> None:
        self.backend = backend
        self.item = item
        self.limits = limits
        self._aside: Waiting[Any] | None = None
        self.is_opening = False
        """True while no bytes move yet: the host is only asked for the file."""
        self.on_opened: Callable[[], None] = lambda: None
        """Called when that ends and bytes begin to move."""

    @abstractmethod
    async def _steps(self, files: Files) -> Outcome[ItemT]:
        """Move the item."""

    async def outcome(self, files: Files) -> Outcome[ItemT]:
        """Move the item, and say how that ended."""
        wire = files.session.wire
        try:
            self.limits.check()
            return await self._steps(files)
        except Exception as error:  # noqa: BLE001 - the error is the item's outcome, whatever it is
            known = self.backend.translated(await self.backend.doubted(error, files), self.item.key)
        finally:
            await self._end_asides()
        if isinstance(known, AlreadyExists):
            return await wire.aside(self.transfer.failed, known)
        return self.transfer.failed(known)

    def failed(self, error: Exception) -> Outcome[ItemT]:
        """The outcome of an item that was not even begun, or had to end at once."""
        return Outcome(
            self.item,
            error=self.backend.translated(error, self.item.key),
            resumed_bytes=self.transfer.resumed_bytes,
        )

    def close(self) -> None:
        """Give back what is open on this machine."""
        self.transfer.close()

    async def _pace(self, files: Files, byte_count: int) -> None:
        """Wait until so many bytes may go over the line."""
        wait_s = self.limits.reserve(byte_count)
        if wait_s > 0:
            await files.session.wire.pause(wait_s)

    async def _end_asides(self) -> None:
        """Nothing may be closed while another thread works with it."""
        if self._aside is not None:
            with suppress(Exception):  # the move has failed already, and its first error is the one to tell
                await self._aside


class PutMove(Move["PutItem"]):
    """From a source of the caller to the host."""

    transfer: PutTransfer

    def __init__(self, backend: ScpBackend, item: PutItem, limits: Limits) -> None:
        super().__init__(backend, item, limits)
        self.transfer = PutTransfer(backend, item, limits)

    async def _steps(self, files: Files) -> Outcome[PutItem]:
        check_key(self.item.key)
        if self.item.temp:
            check_temp_name(self.item.temp)
        if self.item.content.is_whole:
            return await self._put_whole(files)
        return await self._put_parts(files)

    async def _put_whole(self, files: Files) -> Outcome[PutItem]:
        item = self.item
        self._aside = loading = files.session.wire.together(_do_all, self._load_whole, at_once=LOADERS)
        data = await loading
        entry = await self.backend.store_steps(files, item.key, data, item.temp, partial(self._pace, files))
        item.on_sent(-len(data))
        item.on_bytes(len(data))
        return Outcome(item, entry)

    async def _pace(self, files: Files, byte_count: int) -> None:
        await super()._pace(files, byte_count)
        self.item.on_sent(byte_count)

    def _load_whole(self) -> bytes:
        """All that is to be done for a small file on this machine, in one go."""
        self.transfer.start()
        data = self.transfer.load(0)
        self.transfer.check_source()
        return data

    async def _put_parts(self, files: Files) -> Outcome[PutItem]:
        self._aside = opening = files.session.wire.aside(self.transfer.open_source)
        await opening
        upload = await self._begin(files)
        self.transfer.adopt(upload)
        handle, _ = await files.open(upload.token, flags=WRITE_FLAG)
        with on_failure(partial(files.let_go, handle)):
            await self._write_parts(files, upload, handle)
        entry = await upload.end_steps(files, handle)
        return Outcome(self.item, entry, resumed_bytes=self.transfer.resumed_bytes)

    async def _write_parts(self, files: Files, upload: ScpUpload, handle: bytes) -> None:
        """Write what is missing, each part while the next one is read and proven."""
        under_way: deque[tuple[int, list[Waiting[None]]]] = deque()
        numbers = upload.missing
        loading = self._load(files, numbers[:1])
        for index, number in enumerate(numbers):
            data = await loading
            loading = self._load(files, numbers[index + 1 : index + 2])
            self.limits.check()
            offset, _ = self.item.content.part_span(number)
            under_way.append((number, await files.write(handle, offset, data, partial(self._pace, files))))
            if len(under_way) == PARTS_UNDER_WAY:
                await self._arrived(files, upload, *under_way.popleft())
        while under_way:
            await self._arrived(files, upload, *under_way.popleft())
        self.transfer.check_source()
        self.limits.check()
        self._aside = ending = files.session.wire.aside(upload.end_sync)
        await ending

    def _load(self, files: Files, numbers: Sequence[int]) -> Waiting[bytes]:
        """Let another thread read and prove the part of the only number, if there is one."""
        loading = files.session.wire.aside(lambda: b"".join(map(self.transfer.load, numbers)))
        self._aside = loading
        return loading

    async def _begin(self, files: Files) -> ScpUpload:
        item = self.item
        if item.resume_token:
            with suppress(UploadExpired):
                return await files.session.wire.aside(self._resume)
        return await self.backend.start_steps(files, item.key, item.content, item.temp)

    def _resume(self) -> ScpUpload:
        """Prove what the host holds of the file, over a session beside; that may take as long as reading it."""
        item = self.item
        upload = self.backend.resume_upload(item.resume_token, item.key, item.content, limits=self.limits)
        return cast("ScpUpload", upload)

    async def _arrived(self, files: Files, upload: ScpUpload, number: int, replies: list[Waiting[None]]) -> None:
        await files.written(replies)
        upload.note_written(number)
        if number % SYNCED_PARTS == SYNCED_PARTS - 1:
            upload.sync_ahead()
        length = self.item.content.part_span(number)[1]
        self.item.on_sent(-length)
        self.item.on_bytes(length)


class GetMove(Move["GetItem"]):
    """From the host into an upload at the item's destination."""

    transfer: GetTransfer

    def __init__(self, backend: ScpBackend, item: GetItem, limits: Limits) -> None:
        super().__init__(backend, item, limits)
        self.transfer = GetTransfer(backend, item, limits)
        self.is_opening = True

    async def _steps(self, files: Files) -> Outcome[GetItem]:
        item, content = self.item, self.item.content
        check_key(item.key)
        handle, found = await files.open_known(item.key)
        self.is_opening = False
        self.on_opened()
        try:
            if content.size_bytes > QUICK_BYTES:
                self._check(await files.look_at(handle))
                return await self._get_parts(files, handle)
            reading = Reading(files.session, handle, 0, content.size_bytes, partial(self._pace, files))
            await reading.ask_ahead()
            # A file that was exchanged since it was looked at has other bytes, or is as good.
            self._check(await files.look_at(handle) if item.etag else found)
            return await self._get_whole(files, reading)
        finally:
            files.let_go(handle)

    def _check(self, found: Attributes) -> None:
        """Whether this is the file that is wanted, as far as the host can tell."""
        item = self.item
        self.backend.check_etag(item.key, regular(found), item.etag)
        if found.size_bytes != item.content.size_bytes:
            raise source_damaged(item.key, 0, found.size_bytes or 0, at=self.backend.name)

    async def _get_whole(self, files: Files, reading: Reading) -> Outcome[GetItem]:
        wire, item = files.session.wire, self.item
        blocks = await self._some(reading, item.content.size_bytes)
        if item.destination.commit_together is None:
            await wire.aside(self._store_whole, blocks)
        else:  # then the disk keeps nobody waiting, and a thread for each would only fight with the others
            await wire.together(_do_all, partial(self._store_whole, blocks))
        commit_together = item.destination.commit_together
        if commit_together is None:
            return await wire.aside(self.transfer.finish)
        self.limits.check()
        return self.transfer.committed(await wire.together(commit_together, self.transfer.upload))

    def _store_whole(self, blocks: Sequence[memoryview]) -> None:
        """What is to be done for a small file on this machine before it is committed."""
        for number in self.transfer.start():
            self.transfer.store(number, blocks)
        self.item.on_bytes(self.item.content.size_bytes)

    async def _get_parts(self, files: Files, handle: bytes) -> Outcome[GetItem]:
        wire, content = files.session.wire, self.item.content
        self._aside = starting = wire.aside(self.transfer.start)
        for first, last in _runs(await starting):
            offset, end = first * PART_BYTES, min((last + 1) * PART_BYTES, content.size_bytes)
            reading = Reading(files.session, handle, offset, end - offset, partial(self._pace, files))
            for number in range(first, last + 1):
                self.limits.check()
                await self._get_part(files, reading, number)
        await self._end_asides_well()
        return await wire.aside(self.transfer.finish)

    async def _get_part(self, files: Files, reading: Reading, number: int) -> None:
        """Read a part, while another thread stores what has come of it."""
        part, left = self.transfer.open_part(number), self.item.content.part_span(number)[1]
        is_last = False
        while not is_last:
            blocks = await self._some(reading, min(left, STORED_AT_ONCE_BYTES))
            byte_count = sum(map(len, blocks))
            left -= byte_count
            is_last = not (left and blocks)
            await self._end_asides_well()
            self._aside = files.session.wire.aside(self._store, number, part, blocks, is_last)
            self.item.on_bytes(byte_count)

    def _store(self, number: int, part: PartWriter, blocks: Sequence[memoryview], is_last: bool) -> None:
        for block in blocks:
            part.write(block)
        if is_last:
            self.transfer.end_part(number, part)

    async def _end_asides_well(self) -> None:
        """Wait for what is being stored; its error ends the item."""
        if self._aside is not None:
            await self._aside

    async def _some(self, reading: Reading, length: int) -> list[memoryview]:
        """At least so many bytes; fewer if the file ends early, which the proof of the part notices."""
        blocks, left = [], length
        while left > 0 and (block := await reading.next()):
            blocks.append(block)
            left -= len(block)
        return blocks


def _do_all(works: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Do one after the other; the result of each, or its error."""
    results: list[T | Exception] = []
    for work in works:
        with caught() as trouble:
            results.append(work())
        if trouble.error is not None:  # raised again in the move whose work it is
            results.append(trouble.error)
    return results


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Numbers that follow each other, as first and last: (0, 1, 2, 5) is (0, 2) and (5, 5)."""
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last
