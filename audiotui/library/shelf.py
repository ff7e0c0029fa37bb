"""The storage of the service: keys, uploads that prove themselves, links, and removal of what is surely ours."""

from __future__ import annotations

import random
import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from audiotui.backends.items import Capability, Content, FixedFeed, PutItem
from audiotui.backends.limits import Limits
from audiotui.backends.notes import note_key
from audiotui.backends.proof import prove
from audiotui.errors import (
    AlreadyExists,
    AudiotuiError,
    IntegrityError,
    InvalidInput,
    KeyNotFound,
    LocationError,
    TransferError,
    Unreachable,
    UploadFailed,
)
from audiotui.model import VerifyLevel
from audiotui.text import briefly
from audiotui.transfer.retry import Remedy, RetryCount, remedy_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from audiotui.backends.base import Backend
    from audiotui.backends.items import Entry
    from audiotui.documents.asset import StoredFile
    from audiotui.documents.base import AssetId
    from audiotui.library.spool import Spool

LONGEST_LINK_S = 7 * 24 * 3600

TRIES = 5

_KEY = re.compile(r"([A-Za-z0-9_-]{1,128})/[A-Za-z0-9_-]{1,128}/audio/([A-Za-z0-9_-]{1,128})\.[^/]+")
"""The keys that ``Shelf.key`` makes, without the location's folder: the customer and the asset."""

_NEVER_STORED = "health"
"""A key that no asset can have, to ask for."""

TAKEN_HINT = "Take another asset id, or let `audiotui library reconcile --repair` remove what has no document."

_MARKS = "documents/"
"""Begins the notes that say whose files lie here: the bucket and the identity of the documents follow."""

MENDING_HINT = "`audiotui library reconcile --repair` makes it good if another copy is known; else save it again."
"""For a file that others removed or changed."""

SAVE_ID = "save-id"
"""Beside the bytes: the save that stored them."""

CLOCKS_DIFFER_S = 60.0
"""The clock of a storage may be behind ours by so much."""

FILE_CLOCK_S = 0.1
"""The times of files on this machine may be behind its own clock by so much: a tick of its kernel."""

_HEALED_BY_A_TRY = {Remedy.WAITING, Remedy.FRESH_READ, Remedy.NEW_UPLOAD}
"""What the same call may heal, later: it sends everything anew."""

BIG_UPLOAD_PARTS = 1
"""Parts of a big file at once: a service that keeps many files has better uses for its memory than one of them."""


class Shelf:
    """One bucket at one location.

    In a bucket, ``prefix`` is the folder that the location has there. In a folder of this machine, the bucket is a
    folder of its name; ``root`` is that of the location. ``give_up_s`` after it was asked to store a file, it tries no
    more, so a storage that only keeps silent costs that and the silence of one try. ``identity`` gives that of the
    documents that describe the files: their mark is left with the first file that is stored. ``note_use`` is called
    then.
    """

    def __init__(
        self,
        backend: Backend,
        bucket: str,
        *,
        identity: Callable[[], str],
        note_use: Callable[[], object],
        prefix: str = "",
        root: Path | None = None,
        cdn_url: str = "",
        give_up_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.backend = backend
        self.bucket = bucket
        self._identity = identity
        self._note_use = note_use
        self._is_marked = False
        self._marking = threading.Lock()
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._root = root
        self._cdn_url = cdn_url.rstrip("/")
        self._give_up_s = give_up_s
        self._clock = clock
        self._sleep = sleep

    @property
    def name(self) -> str:
        """The location's name."""
        return self.backend.name

    @property
    def place(self) -> str:
        """What messages call it."""
        return f"{'folder' if self.is_folder else 'bucket'} {self.bucket} at {self.name}"

    @property
    def is_folder(self) -> bool:
        """True if it is a folder of this machine."""
        return self._root is not None

    def key(self, customer_id: str, user_id: str, stem: str, extension: str) -> str:
        """The key of a new file: ``CUSTOMER/USER/audio/STEM.EXTENSION``, inside the location's folder."""
        return f"{self._prefix}{customer_id}/{user_id}/audio/{stem}.{extension}"

    def location_key(self, file: StoredFile) -> str:
        """The file's key as the location, and so the catalog, knows it."""
        return f"{file.bucket}/{file.key}" if self.is_folder else file.key.removeprefix(self._prefix)

    def stored_key(self, location_key: str) -> str:
        """The way back: the key in the bucket."""
        if self.is_folder:
            return location_key.removeprefix(f"{self.bucket}/")
        return f"{self._prefix}{location_key}"

    def owner_of(self, key: str) -> AssetId | None:
        """The customer and the asset whose key it is; None if no asset can have it."""
        match = _KEY.fullmatch(key.removeprefix(self._prefix))
        return None if match is None else (match[1], match[2])

    def marks(self) -> dict[str, str]:
        """The identities of all documents that describe files here, each with where its mark lies."""
        where = self._prefix if self._root is None else f"{self._root}/"
        notes = self.backend.notes(f"{_MARKS}{self.bucket}/")
        return {note.rpartition("/")[2]: f"{where}{note_key(note)}" for note in notes}

    def move_in(self, leave_mark: Callable[[Backend], object]) -> None:
        """Let a library that has stored nothing here leave its mark of use, where the files of our documents lie.

        Nothing is made for that: what is not there, or without the mark of our documents, is not the place.

        Raises:
            UploadFailed: it is not, or does not answer.
        """
        with self._failing(""):
            documents = self._identity()
            is_ours_alone = documents == self.backend.library_id  # they are in the library: nobody else stores for them
            if not is_ours_alone and documents not in self.marks():
                raise Unreachable(
                    f"Cannot use {self.place}: it lacks the mark of the documents, as if it were another one than that "
                    "with their files.",
                    "Check bucket, prefix and address. If it may begin anew: the first save leaves the mark.",
                    location=self.name,
                )
            leave_mark(self.backend)

    def ping(self) -> None:
        """Raise UploadFailed unless the storage answers now."""
        with self._failing(""):
            self.backend.exists(_NEVER_STORED)

    def put(self, file: StoredFile, spool: Spool, attributes: Mapping[str, str]) -> bool:
        """Store a spooled file under its key, unless the same bytes are there already.

        Returns False if they were there before; where an answer was lost, that cannot be told.

        Raises:
            UploadFailed: the storage does not take it, or has other bytes under the key.
        """
        key = self.location_key(file)
        tries, until_s = RetryCount(), self._clock() + self._give_up_s
        while True:
            try:
                with self._failing(key):
                    self._mark()
                    return self._put(key, spool, attributes) or tries.attempt > 1
            except UploadFailed as error:
                self._is_marked = False  # should it be a bucket that begins anew
                cause = error.__cause__
                wait_s = tries.next_wait_s(cause) if isinstance(cause, AudiotuiError) else None
                if wait_s is None or tries.attempt > TRIES or self._clock() + wait_s >= until_s:
                    raise
                self._sleep(wait_s + random.random() / 100)

    def holds(self, file: StoredFile) -> bool:
        """Whether exactly these bytes lie under the key. Raises UploadFailed if that cannot be told."""
        key = self.location_key(file)
        try:
            with self._failing(key):
                prove(self.backend, key, content_of(file), level=VerifyLevel.STORAGE_SUM)
        except UploadFailed as error:
            if isinstance(error.__cause__, KeyNotFound | IntegrityError):
                return False
            raise
        return True

    def has_size(self, file: StoredFile) -> bool:
        """Whether as many bytes lie under the key. Raises UploadFailed if that cannot be told."""
        try:
            with self._failing(file.key):
                return self.stat(file).size_bytes == file.size_bytes
        except UploadFailed as error:
            if isinstance(error.__cause__, KeyNotFound):
                return False
            raise

    def fetch(self, stored_key: str, spool: Spool, *, save_id: str, begun_s: float) -> bool:
        """Put what a save stored under a key into a spool; False if nothing lies there, or what others stored.

        Where the storage keeps nothing beside the bytes, all that came since the save began is taken for its own.

        Raises UploadFailed if it cannot be read.
        """
        key = self._key_at(stored_key)
        with self._failing(key):
            try:
                entry = self.backend.stat(key)
                if save_id and entry.attributes is not None and entry.attributes.get(SAVE_ID) != save_id:
                    return False
                slack_s = FILE_CLOCK_S if self.has_our_clock else CLOCKS_DIFFER_S
                if entry.modified_at is not None and entry.modified_at.timestamp() < begun_s - slack_s:
                    return False
                for piece in self.backend.read(key):
                    spool.write(piece)
            except KeyNotFound:
                return False
        return True

    @property
    def has_our_clock(self) -> bool:
        """Whether the times of files there are those of this machine."""
        return Capability.DIRECT in self.backend.capabilities

    def clear_unfinished(self, stored_key: str) -> None:
        """Remove what unfinished uploads left of a key."""
        key = self._key_at(stored_key)
        with self._failing(key):
            for unfinished in self.backend.list_unfinished(key):
                self.backend.discard(unfinished.token, key=unfinished.key)

    def remove(self, file: StoredFile) -> None:
        """Remove a file and what unfinished uploads left of it; one that is missing, or another one, is left alone."""
        key = self.location_key(file)
        self.clear_unfinished(file.key)
        if self.holds(file):
            with self._failing(key):
                self.backend.delete(key)

    def discard(self, file: StoredFile) -> None:
        """Remove whatever lies under a file's key."""
        key = self.location_key(file)
        with self._failing(key):
            self.backend.delete(key)

    def read(
        self, file: StoredFile, *, offset: int = 0, length: int | None = None, if_etag: str = ""
    ) -> Iterator[bytes]:
        """The bytes under a file's key, or a range of them.

        Raises:
            KeyNotFound: nothing lies there.
            SourceChanged: they are not those of ``if_etag``.
        """
        with self._missed(file):
            yield from self.backend.read(self.location_key(file), offset=offset, length=length, if_etag=if_etag)

    def stat(self, file: StoredFile) -> Entry:
        """What lies under the file's key; KeyNotFound if nothing does."""
        with self._missed(file):
            return self.backend.stat(self.location_key(file))

    def list(self) -> Iterator[tuple[str, Entry]]:
        """Everything that lies there, each with its key in the bucket."""
        for entry in self.backend.list(f"{self.bucket}/" if self.is_folder else ""):
            yield self.stored_key(entry.key), entry

    def url(self, file: StoredFile, *, seconds: Any = LONGEST_LINK_S, cdn: bool = True) -> str:
        """A link to a file: through the CDN if there is one and it may be, else signed, else of this machine.

        Raises:
            InvalidInput: it would be valid for longer than 7 days, or for no time.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= LONGEST_LINK_S:
            raise InvalidInput(
                f"Cannot make a link that is valid for {briefly(seconds)}.",
                f"Give whole seconds, from 1 to {LONGEST_LINK_S} (7 days).",
            )
        if cdn and self._cdn_url:
            return f"{self._cdn_url}/{quote(file.key)}"
        key = self.location_key(file)
        if self._root is not None:
            return (self._root / key).as_uri()
        if Capability.PRESIGN not in self.backend.capabilities:
            raise InvalidInput(f"{self.name} cannot make links.", "Use a storage of type minio, s3 or local.")
        return self.backend.presign(key, seconds).reveal()

    def _mark(self) -> None:
        """Leave the marks of library and documents, once; a thread that finds another one at it does not wait."""
        if self._is_marked or not self._marking.acquire(blocking=False):
            return
        try:
            self.backend.claim()  # others may have left that of the documents, and without ours it may not be noted
            self.backend.leave_note(f"{_MARKS}{self.bucket}/{self._identity()}")
            self._note_use()
            self._is_marked = True
        finally:
            self._marking.release()

    def _put(self, key: str, spool: Spool, attributes: Mapping[str, str]) -> bool:
        content = spool.content
        if not content.is_whole:
            self._put_parts(key, content, spool, attributes)
            return True
        try:
            data = spool.read_at(0, content.size_bytes)
            self.backend.put_small(key, data, sha256=content.sha256, attributes=attributes)
        except AlreadyExists as taken:
            try:
                prove(self.backend, key, content, level=VerifyLevel.STORAGE_SUM)
            except (IntegrityError, KeyNotFound):
                raise AlreadyExists(taken.message, TAKEN_HINT, location=self.name, key=key) from None
            return False
        return True

    def _put_parts(self, key: str, content: Content, spool: Spool, attributes: Mapping[str, str]) -> None:
        item = PutItem(key, content, lambda: spool, attributes=attributes)
        limits = Limits(requests=BIG_UPLOAD_PARTS)
        for outcome in self.backend.put_many(FixedFeed([item]), limits):
            if outcome.error is not None:
                raise outcome.error

    def _key_at(self, stored_key: str) -> str:
        """The location's key for one of the bucket."""
        return f"{self.bucket}/{stored_key}" if self.is_folder else stored_key.removeprefix(self._prefix)

    @contextmanager
    def _missed(self, file: StoredFile) -> Iterator[None]:
        """Inside it a file is asked for of which there is a document: if it is not there, it is lost."""
        try:
            yield
        except KeyNotFound as error:
            message = f"{file.key} in {file.bucket} is lost: {self.name} has no such file any more."
            raise KeyNotFound(message, MENDING_HINT, location=self.name, key=error.key) from error

    @contextmanager
    def _failing(self, key: str) -> Iterator[None]:
        """Errors of the location as those of the service."""
        try:
            yield
        except (LocationError, TransferError) as error:
            can_heal = remedy_for(error) in _HEALED_BY_A_TRY
            raise UploadFailed(error.message, error.hint, service=self.name, key=key, retryable=can_heal) from error


def may_be(entry: Entry, file: StoredFile) -> bool:
    """False if what lies there is surely not the file, by its size and by the sum that the storage has on record."""
    return entry.size_bytes == file.size_bytes and entry.sha256 in {"", file.sha256}


def content_of(file: StoredFile) -> Content:
    """Which bytes a stored file has."""
    return Content(file.size_bytes, file.sha256, file.part_sha256)


def attributes_of(customer_id: str, asset_id: str, version: int, *, save_id: str = "") -> dict[str, str]:
    """What is kept beside the bytes; ids are ASCII, and nothing else is."""
    attributes = {"customer-id": customer_id, "asset-id": asset_id, "asset-version": str(version)}
    return {**attributes, SAVE_ID: save_id} if save_id else attributes
