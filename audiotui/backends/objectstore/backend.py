"""A bucket as a location: what is done with its files; the connecting and the control calls each kind has of its own.

How it is opened and what its server can do is in ``bucket``. Files and ranges that one request carries go through
``smallobjects``, files of several parts through ``multipart``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from audiotui.backends.items import Capability, Checksum, Entry
from audiotui.backends.objectstore.bucket import Bucket
from audiotui.backends.objectstore.errors import NO_BUCKET, as_audiotui_error
from audiotui.backends.objectstore.objectline import Range
from audiotui.backends.objectstore.sdk_answers import answer_in
from audiotui.backends.objectstore.smallobjects import About
from audiotui.backends.objectstore.target import media_type
from audiotui.crashpoints import crashpoint
from audiotui.errors import InvalidInput, KeyNotFound, SourceChanged, Unreachable
from audiotui.model import SecretStr, VerifyLevel
from audiotui.text import briefly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from obstore import GetResult

    from audiotui.backends.items import Content, Lane, Pace, Piece, Unfinished
    from audiotui.backends.limits import Limits
    from audiotui.backends.objectstore.control import Head
    from audiotui.backends.objectstore.lending import BucketLoan
    from audiotui.backends.objectstore.multipart import MultipartUpload
    from audiotui.errors import AudiotuiError

BLOCK_BYTES = 1024 * 1024
"""How much is read at a time; smaller files come in one piece."""

LONGEST_LINK_S = 7 * 24 * 3600
"""The limit of signature version 4."""


class ObjectStoreBackend(Bucket):
    """A bucket, or a folder in one."""

    capabilities = frozenset({Capability.CHECKSUM, Capability.PRESIGN, Capability.RESUME})

    def open_lane(self) -> Lane[Any] | None:
        """Over the line, where it may be used."""
        with self.boundary(""):
            return self._small.open_lane()

    def lend(self) -> BucketLoan:
        """The bucket for reading, with the credentials of this moment."""
        from audiotui.backends.objectstore.lending import BucketLoan

        with self.boundary(""):
            return BucketLoan.of(self.name, self.target, checksums=self._checksums)

    def _stat(self, key: str) -> Entry:
        return self._entry(self._head(key))

    def _head(self, key: str) -> Head:
        """What lies under a key. An answer to HEAD has no body, so a missing bucket looks like a missing key."""
        if self._has_no_bucket():
            raise KeyNotFound(f"{self.name} has no bucket yet, and no {key!r}.", location=self.name, key=key)
        try:
            with self._translated(key):
                return self._control.head(self.target.name(key))
        except KeyNotFound as error:
            if not self._control.bucket_exists():
                raise self._missing_bucket() from error
            self.check_mark()
            raise

    def _list(self, prefix: str) -> Iterator[Entry]:
        if not self._has_no_bucket():
            self.check_mark()
            yield from map(self._entry, self._control.list(self.target.name(prefix)))

    def _read(self, key: str, offset: int, length: int | None, if_etag: str) -> Iterator[bytes]:
        result = self._get(key, offset, length, if_etag)
        if result is None:
            return
        begin, end = result.range
        pieces: Any = (result.bytes(),) if end - begin <= BLOCK_BYTES else result.stream(min_chunk_size=BLOCK_BYTES)
        got = 0
        for piece in pieces:
            got += len(piece)
            yield bytes(piece)
        self._check_whole(key, got, end - begin)

    def _read_into(self, key: str, take: Callable[[Piece], object], offset: int, length: int, if_etag: str) -> None:
        if length > BLOCK_BYTES:
            name = self.target.name(key)
            self._uploads.line.receive(self.target.bucket, name, offset, length, etag=if_etag, take=take)
            return
        if length and self._small.receive(Range(self.target.name(key), offset, length, if_etag), take):
            return
        result = self._get(key, offset, length, if_etag)
        if result is not None:
            begin, end = result.range
            piece: Any = result.bytes()  # obstore's own kind of bytes: what takes it need not copy it
            self._check_whole(key, len(piece), end - begin)
            take(piece)

    def _get(self, key: str, offset: int, length: int | None, if_etag: str) -> GetResult | None:
        """The store's answer to a request for a range; None if that is empty, or at or beyond the end."""
        if length == 0:
            self._check_etag(key, self._head(key).etag, if_etag)
            return None
        try:
            with self._translated(key):
                return self._small.get(self.target.name(key), offset, length, if_etag)
        except KeyNotFound:
            self.check_mark()
            raise

    def _check_whole(self, key: str, got: int, wanted: int) -> None:
        if got != wanted:
            raise Unreachable(
                f"{self.name} ended {key!r} after {got} of {wanted} bytes.",
                "That often passes: try again later, and if it lasts, look at the server.",
                location=self.name,
                key=key,
            )

    def _put_small(
        self, key: str, data: bytes, *, sha256: str, temp: str, attributes: Mapping[str, str], pace: Pace | None
    ) -> Entry:
        del temp  # the request itself is all or nothing
        able = self.able()
        if not able.conditional:
            self.refuse_taken(key)
        about = About(media_type(key), self.target.storage_class, {"sha256": sha256, **attributes})
        name = self.target.name(key)
        if pace is None or self._small.has_line_for(about):
            stored = self._small.put(name, data, sha256=sha256, about=about, create=able.conditional, pace=pace)
        else:
            stored = self._uploads.put(key, data, about.metadata, sha256=sha256, able=able, pace=pace)
        crashpoint("objects.after_put")
        return Entry(
            key,
            len(data),
            etag=stored.etag,
            sha256=sha256,
            version_id=stored.version_id,
            level=VerifyLevel.STORAGE_SUM if able.checksums else VerifyLevel.SIZE,
        )

    def _start_upload(self, key: str, content: Content, *, temp: str, attributes: Mapping[str, str]) -> MultipartUpload:
        del temp  # the store names unfinished uploads by itself
        checksums = self._has_sums()
        self.refuse_taken(key)
        return self._uploads.start(key, content, attributes, checksums=checksums)

    def _resume_upload(self, token: str, key: str, content: Content, limits: Limits) -> MultipartUpload:
        limits.check()
        return self._uploads.resume(token, key, content, checksums=self._has_sums())

    def _discard(self, token: str, key: str) -> bool:
        return self._uploads.discard(token, key)

    def _list_unfinished(self, key: str) -> Iterator[Unfinished]:
        if not self._has_no_bucket():
            yield from self._uploads.unfinished(key)

    def _delete(self, key: str, if_etag: str) -> None:
        if if_etag:
            try:
                with self._translated(key):
                    found = self._head(key).etag
            except KeyNotFound:
                return
            self._check_etag(key, found, if_etag)
        if not self._has_no_bucket():
            self._control.delete(self.target.name(key))
        crashpoint("objects.after_delete")

    def _move(self, key: str, new_key: str, if_etag: str) -> Entry:
        self.able()
        head = self._head(key)
        self._check_etag(key, head.etag, if_etag)
        self.refuse_taken(new_key)
        self._control.copy(self.target.name(key), self.target.name(new_key), etag=head.etag)
        crashpoint("objects.after_copy")
        moved = self._stat(new_key)
        if moved.size_bytes != head.size_bytes:
            raise Unreachable(
                f"{self.name} copied {moved.size_bytes} of {head.size_bytes} bytes of {key!r}.",
                "The old one was kept.",
                location=self.name,
                key=key,
            )
        self._control.delete(self.target.name(key))
        crashpoint("objects.after_move")
        return moved

    def _checksum(self, key: str) -> Checksum:
        head = self._head(key)
        if head.sha256 or head.composite_sha256:
            return Checksum(head.size_bytes, VerifyLevel.STORAGE_SUM, head.sha256, head.composite_sha256)
        digest = hashlib.sha256()
        size = 0
        for piece in self._read(key, 0, None, head.etag):
            digest.update(piece)
            size += len(piece)
        return Checksum(size, VerifyLevel.READ_BACK, sha256=digest.hexdigest())

    def _presign(self, key: str, seconds: int) -> SecretStr:
        if not 1 <= seconds <= LONGEST_LINK_S:
            raise InvalidInput(
                f"A link to {key!r} cannot be valid for {briefly(seconds)} seconds.", "Choose from 1 second to 7 days."
            )
        return SecretStr(self._control.presign(self.target.name(key), seconds, content_type=media_type(key)))

    def _check_etag(self, key: str, etag: str, if_etag: str) -> None:
        if if_etag and etag != if_etag:
            raise SourceChanged(
                f"{key!r} at {self.name} is not the file that it was: it was replaced.",
                "Look at it again before you decide.",
            )

    def _entry(self, head: Head) -> Entry:
        return Entry(
            self.target.key(head.name),
            head.size_bytes,
            etag=head.etag,
            modified_at=head.modified_at,
            sha256=head.sha256 or head.noted_sha256,
            version_id=head.version_id,
            attributes=head.attributes,
        )

    def _translate(self, error: Exception, key: str) -> AudiotuiError:
        answer = answer_in(error)
        if answer is not None and answer.code == NO_BUCKET and self._connection is not None:
            return self._missing_bucket()
        return as_audiotui_error(error, location=self.name, key=key) or super()._translate(error, key)
