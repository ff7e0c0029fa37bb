"""One file on its way: the steps of a put and of a get, without any thread or queue.

The order is the promise: bytes are read and hashed part by part, each part is compared before it is handed on, and
nothing is committed before all parts are proven.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Generic

from audiotui.backends.items import NO_ATTRIBUTES, Entry, GetItem, ItemT, Outcome, PutItem, Source
from audiotui.backends.parts import BLOCK_BYTES, Sink
from audiotui.backends.proof import prove
from audiotui.errors import AlreadyExists, AudiotuiError, IntegrityError, KeyNotFound, LocationError, SourceDamaged
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from audiotui.backends.base import Backend, CommitTogether, Upload
    from audiotui.backends.items import Piece
    from audiotui.backends.limits import Limits
    from audiotui.backends.parts import PartWriter


class Transfer(ABC, Generic[ItemT]):
    """The steps of one item.

    ``start``, then ``move`` for each part that start named (in any order, from any thread), then ``finish``, or
    ``failed`` after the first error; ``close`` always.
    """

    def __init__(self, backend: Backend, item: ItemT, limits: Limits) -> None:
        self.backend = backend
        self.item = item
        self.limits = limits
        self.resumed_bytes = 0
        self.begun: Upload | None = None
        """The upload that was begun or resumed for the item."""
        self._opened = ExitStack()

    @abstractmethod
    def start(self) -> Sequence[int]:
        """Open both ends; the numbers of the parts that are still to be moved."""

    @abstractmethod
    def move(self, number: int) -> None:
        """Read, compare and hand on one part."""

    @abstractmethod
    def finish(self) -> Outcome[ItemT]:
        """Commit what was moved."""

    @property
    def commit_together(self) -> CommitTogether | None:
        """What commits ``begun`` sooner than ``finish``, together with others; None if nothing does, just now."""
        return None

    def committed(self, entry: Entry) -> Outcome[ItemT]:
        """The outcome after a commit together with others."""
        return Outcome(self.item, entry, resumed_bytes=self.resumed_bytes)

    @abstractmethod
    def destination(self) -> tuple[Backend, str]:
        """Where the bytes go, and under which key."""

    def close(self) -> None:
        """Give back what is open; what arrived stays for a resume."""
        with suppress(OSError):  # too late for an outcome: what was committed is durable, the rest a resume proves
            self._opened.close()

    def failed(self, error: Exception) -> Outcome[ItemT]:
        """The outcome after an error; a key that is taken by the same bytes is a success."""
        if isinstance(error, AlreadyExists):
            try:
                return Outcome(self.item, self._existing(), existed=True)
            except KeyNotFound:
                pass  # a folder has that name, or a file stands in the way: the error says it
            except IntegrityError as damage:
                error = _taken(error, damage)
            except AudiotuiError as doubt:
                error = doubt
        return Outcome(self.item, error=_known(error, self.item.key), resumed_bytes=self.resumed_bytes)

    def _begin_upload(self, attributes: Mapping[str, str]) -> Upload:
        """Begin or resume the upload at the destination."""
        item = self.item
        backend, key = self.destination()
        upload = backend.begin_upload(
            key,
            item.content,
            temp=item.temp,
            attributes=attributes,
            resume_token=item.resume_token,
            limits=self.limits,
        )
        self.adopt(upload)
        return upload

    def adopt(self, upload: Upload) -> None:
        """Note the upload that was begun or resumed for the item, and tell the caller what it needs for a resume."""
        self._opened.callback(upload.close)
        self.begun = upload
        self.item.on_token(upload.token)
        self.resumed_bytes = upload.held_bytes
        self.item.on_start(self.resumed_bytes)

    def _existing(self) -> Entry:
        """Prove that the destination has the key with the same bytes already, and forget what was begun."""
        backend, key = self.destination()
        entry = prove(backend, key, self.item.content, level=VerifyLevel.STORAGE_SUM, limits=self.limits)
        backend.persist(key)
        if self.begun is not None:
            self.begun.abort()
        return entry


class PutTransfer(Transfer[PutItem]):
    """From a source of the caller into the backend; a small file in one step, without an upload."""

    _source: Source
    _upload: Upload | None = None
    _entry: Entry | None = None

    def __init__(self, backend: Backend, item: PutItem, limits: Limits) -> None:
        super().__init__(backend, item, limits)
        self._on_the_way: dict[int, int] = {}

    def destination(self) -> tuple[Backend, str]:
        """The backend itself."""
        return self.backend, self.item.key

    def start(self) -> Sequence[int]:
        """Open the source and, for a file of several parts, begin or resume the upload."""
        item = self.item
        self.open_source()
        if item.content.is_whole:
            item.on_start(0)
            return (0,)
        self._upload = self._begin_upload(item.attributes)
        return self._upload.missing

    def move(self, number: int) -> None:
        """Send one part, or the whole of a small file."""
        _, length = self.item.content.part_span(number)
        try:
            if self._upload is None:
                self._put_whole(self.load(number))
            else:
                self._send(self._upload, number)
        finally:
            self.item.on_sent(-self._on_the_way.pop(number, 0))
        self.item.on_bytes(length)

    def _send(self, upload: Upload, number: int) -> None:
        """Send one part; if it is refused for its bytes, say whether the source was wrong, or its way.

        What the far side compares by itself is not hashed here: that would prove nothing more, for half of the work.
        """
        blocks = self._blocks(number) if upload.proves_parts else self.blocks(number)
        try:
            upload.send_part(number, chain.from_iterable(self._paced(number, block) for block in blocks))
        except IntegrityError:
            if not upload.proves_parts:
                raise
            for _ in self.blocks(number):
                pass
            raise

    def open_source(self) -> None:
        """Open what the bytes come from; ``close`` closes it."""
        self._source = self.item.open_source()
        self._opened.callback(self._source.close)

    def check_source(self) -> None:
        """SourceChanged if the source is not what it was when it was opened."""
        self._source.check_unchanged()

    def load(self, number: int) -> bytes:
        """The bytes of one part, read and proven to be those of the catalog."""
        data = self._source.read_at(*self.item.content.part_span(number))
        self._compare(number, hashlib.sha256(data).hexdigest())
        return data

    def blocks(self, number: int) -> Iterator[Piece]:
        """The same bytes in blocks, each good until the next one is taken; the last one only if all are proven.

        Whoever takes them has one in hand while the processor still has it; its errors are those of the source.
        """
        _, left = self.item.content.part_span(number)
        digest = hashlib.sha256()
        with self._of_the_source():
            for block in self._blocks(number):
                digest.update(block)
                left -= len(block)
                if not left:
                    self._compare(number, digest.hexdigest())
                yield block

    def _blocks(self, number: int) -> Iterator[Piece]:
        """As many bytes as the part has, whatever they are."""
        offset, left = self.item.content.part_span(number)
        with self._of_the_source():
            for block in self._source.read_blocks(offset, left):
                self.limits.check()
                left -= len(block)
                yield block
            if left:
                self._compare(number, "")

    def _paced(self, number: int, piece: Piece) -> Iterator[Piece]:
        """The bytes of a part as they may be sent, and a note of how many are on their way."""
        for block in self.limits.paced(piece):
            yield block
            self._on_the_way[number] = self._on_the_way.get(number, 0) + len(block)
            self.item.on_sent(len(block))

    @contextmanager
    def _of_the_source(self) -> Iterator[None]:
        """Errors of a disk are told as such: who sends the blocks would take them for those of the connection."""
        try:
            yield
        except OSError as error:
            raise _known(error, self.item.key) from error

    def _compare(self, number: int, digest: str) -> None:
        """SourceChanged or SourceDamaged if a part has other bytes than those of the catalog."""
        if digest != self.item.content.part_digest(number):
            self._source.check_unchanged()
            raise source_damaged(self.item.key, *self.item.content.part_span(number))

    def finish(self) -> Outcome[PutItem]:
        """Commit the upload, unless the source changed meanwhile."""
        if self._upload is not None:
            self._source.check_unchanged()
            self.limits.check()
            self._entry = self._upload.commit()
        return Outcome(self.item, self._entry, resumed_bytes=self.resumed_bytes)

    def _put_whole(self, data: bytes) -> None:
        item = self.item
        self.limits.check()
        self._source.check_unchanged()
        pace = None if self.limits.bytes_per_s is None else partial(self._paced, 0)
        self._entry = self.backend.put_small(
            item.key, data, sha256=item.content.sha256, temp=item.temp, attributes=item.attributes, pace=pace
        )


class GetTransfer(Transfer[GetItem]):
    """From the backend into an upload at the item's destination."""

    upload: Upload
    """What ``start`` began."""

    def destination(self) -> tuple[Backend, str]:
        """What the item names."""
        return self.item.destination, self.item.new_key

    @property
    def commit_together(self) -> CommitTogether | None:
        """That of the destination, for small files: a big one is synced by itself, and keeps no others waiting."""
        return self.item.destination.commit_together if self.item.content.is_whole else None

    def start(self) -> Sequence[int]:
        """Begin or resume the upload; parts that it holds already are not read again."""
        self.upload = self._begin_upload(NO_ATTRIBUTES)
        return self.upload.missing

    def move(self, number: int) -> None:
        """Fetch one part."""
        item, part = self.item, self.open_part(number)
        sink = _PartSink(part, self.limits, item.on_bytes)
        offset, length = item.content.part_span(number)
        self.backend.read_into(item.key, sink, offset=offset, length=length, if_etag=item.etag)
        self.end_part(number, part)

    def take_whole(self, data: memoryview) -> None:
        """Hand on a small file that was fetched in one go."""
        self.limits.wait(len(data))
        self.item.on_bytes(len(data))
        self.store(0, (data,))

    def store(self, number: int, pieces: Iterable[bytes | memoryview]) -> None:
        """Hand on one part while it is fetched."""
        part = self.open_part(number)
        for piece in pieces:
            part.write(piece)
        self.end_part(number, part)

    def open_part(self, number: int) -> PartWriter:
        """Where the pieces of a part go."""
        return self.upload.open_part(number)

    def end_part(self, number: int, part: PartWriter) -> None:
        """SourceDamaged if the bytes that came are not those of the part: then they count for nothing."""
        if not part.finish():
            offset, _ = self.item.content.part_span(number)
            raise source_damaged(self.item.key, offset, part.got_bytes, at=self.backend.name)

    def finish(self) -> Outcome[GetItem]:
        """Commit the upload."""
        self.limits.check()
        return self.committed(self.upload.commit())


class _PartSink(Sink):
    """Into a part, at the rate that is allowed; ``on_bytes`` is told what came."""

    def __init__(self, part: PartWriter, limits: Limits, on_bytes: Callable[[int], object]) -> None:
        self._part = part
        self._limits = limits
        self._on_bytes = on_bytes

    def __call__(self, piece: Piece) -> None:
        """Store a piece."""
        self._came(len(piece))
        self._part.write(piece)

    def room(self, most_bytes: int) -> memoryview:
        """That of the part; little of it at a rate, which would keep the far side waiting for the turn of much."""
        if self._limits.bytes_per_s is not None:
            most_bytes = min(most_bytes, BLOCK_BYTES)
        return self._part.room(most_bytes)

    def filled(self, byte_count: int) -> None:
        """Store what is in it."""
        self._came(byte_count)
        self._part.filled(byte_count)

    def _came(self, byte_count: int) -> None:
        self._limits.wait(byte_count)
        self._on_bytes(byte_count)


def source_damaged(key: str, offset: int, length: int, *, at: str = "") -> SourceDamaged:
    """The error for bytes that are not those that the catalog knows."""
    where = f" at {at}" if at else ""
    return SourceDamaged(
        f"The bytes read for {key!r}{where} are not those that the catalog knows ({length} bytes from {offset}).",
        "Nothing was stored. Restore this copy from a good one.",
    )


def _taken(error: AlreadyExists, damage: IntegrityError) -> AlreadyExists:
    taken = AlreadyExists(
        f"{error.message} What lies there has other bytes. {damage.message}",
        "Nothing was overwritten. Move the other file away, or repair the copy.",
        location=error.location,
        key=error.key,
    )
    taken.__cause__ = damage
    return taken


def _known(error: Exception, key: str) -> AudiotuiError:
    """The error itself, or, for one that nobody foresaw, an error of ours that is not tried again."""
    if isinstance(error, AudiotuiError):
        return error
    unknown = LocationError(
        f"Moving {key!r} failed: {type(error).__name__}: {error}.",
        "If it happens again, report it as an error in audiotui.",
        key=key,
    )
    unknown.__cause__ = error
    return unknown
