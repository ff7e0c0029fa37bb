"""A bucket as a location: everything but the connecting and the control calls, which each kind has of its own.

Files and ranges that one request carries go through ``smallobjects``, files of several parts through ``multipart``.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.backends.base import Backend
from audiotui.backends.items import Capability, Checksum, Entry
from audiotui.backends.keys import RESERVED_PREFIX
from audiotui.backends.objectstore.clients import quiet_sdk_logs
from audiotui.backends.objectstore.errors import as_audiotui_error
from audiotui.backends.objectstore.objectline import Range
from audiotui.backends.objectstore.sdk_answers import refused_as
from audiotui.backends.objectstore.smallobjects import About, SmallObjects
from audiotui.backends.objectstore.target import media_type
from audiotui.backends.objectstore.trial import Abilities, checks_sums, refuses_taken_names
from audiotui.cleanup import on_failure
from audiotui.crashpoints import crashpoint
from audiotui.errors import AlreadyExists, InvalidInput, KeyNotFound, LocationError, SourceChanged, Unreachable
from audiotui.model import SecretStr, VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_s3.client import S3Client
    from obstore import GetResult

    from audiotui.backends.items import Content, Lane, Piece, Unfinished
    from audiotui.backends.limits import Limits
    from audiotui.backends.objectstore.control import Control, Head
    from audiotui.backends.objectstore.lending import BucketLoan
    from audiotui.backends.objectstore.multipart import MultipartUpload
    from audiotui.backends.objectstore.target import Target
    from audiotui.backends.objectstore.uploads import Uploads
    from audiotui.errors import AudiotuiError

BLOCK_BYTES = 1024 * 1024
"""How much is read at a time; smaller files come in one piece."""

_NO_BUCKET = "NoSuchBucket"

LONGEST_LINK_S = 7 * 24 * 3600
"""The limit of signature version 4."""


class Connection(NamedTuple):
    """What a kind opens: where the bucket is, and its SDK's answer to control calls."""

    target: Target
    control: Control


class ObjectStoreBackend(Backend):
    """A bucket, or a folder in one. ``checksums``: 'auto' finds out, 'required' insists, 'off' sends none."""

    capabilities = frozenset({Capability.CHECKSUM, Capability.PRESIGN, Capability.RESUME})

    def __init__(
        self,
        name: str,
        *,
        library_id: str,
        used_before: bool,
        checksums: str = "auto",
        may_create_bucket: bool = False,
    ) -> None:
        super().__init__(name, library_id=library_id, used_before=used_before)
        self._checksums = checksums
        self._may_create_bucket = may_create_bucket
        self._awaits_bucket = False  # it is made with the first file, so that looking changes nothing
        self._checks_sums: bool | None = None
        self._asking = threading.Lock()
        self._abilities: Abilities | None = None
        self._claiming = threading.Lock()
        self._connection: Connection | None = None
        self._small_objects: SmallObjects | None = None
        self._open_uploads: Uploads | None = None
        self._connecting = threading.Lock()

    @abstractmethod
    def _connect(self) -> Connection:
        """Make the clients; no request is needed for that."""

    @abstractmethod
    def _part_client(self) -> S3Client:
        """The client for files of several parts."""

    @property
    def target(self) -> Target:
        """Where the bucket is."""
        return self._opened.target

    def open_lane(self) -> Lane[Any] | None:
        """Over the line, where it may be used."""
        with self.boundary(""):
            return self._small.open_lane()

    def lend(self) -> BucketLoan:
        """The bucket for reading, with the credentials of this moment."""
        from audiotui.backends.objectstore.lending import BucketLoan

        with self.boundary(""):
            return BucketLoan.of(self.name, self.target, checksums=self._checksums)

    def refuse_taken(self, key: str) -> None:
        """Raise AlreadyExists if something lies under the key now."""
        try:
            with self._translated(key):
                self._stat(key)
        except KeyNotFound:
            return
        raise AlreadyExists(
            f"{self.name} has a file {key!r} already.", "Nothing is ever overwritten.", location=self.name, key=key
        )

    @property
    def _opened(self) -> Connection:
        if self._connection is None:
            raise RuntimeError(f"{self!r} was closed in the middle of a call")
        return self._connection

    @property
    def _control(self) -> Control:
        return self._opened.control

    @property
    def _small(self) -> SmallObjects:
        if self._small_objects is None:
            raise RuntimeError(f"{self!r} was closed in the middle of a call")
        return self._small_objects

    def _open(self) -> None:
        quiet_sdk_logs()
        self._connection = self._connect()
        self._small_objects = SmallObjects(self._connection.target, checksums=self._checksums)
        self._open_uploads = None
        with on_failure(self._close):
            self._check_ca_file()
            self._look_for_mark()

    def _close(self) -> None:
        if self._small_objects is not None:
            self._small_objects.close()
        self._connection = self._small_objects = self._open_uploads = None

    def _check_ca_file(self) -> None:
        """Each SDK fails in another way over a file without a certificate, some of them late."""
        path = self.target.ca_file
        if path is None:
            return
        import ssl

        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
        except OSError as error:  # ssl.SSLError is one
            why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            raise LocationError(
                f"Cannot use {self.name}: {path} cannot be used: {why}.",
                "Correct ca_file: it names a file with certificates in PEM form.",
                location=self.name,
            ) from error

    def _look_for_mark(self) -> None:
        """One request that tells whether the bucket is there, the credentials are right, and the library knows it."""
        may_be_made = self._may_create_bucket and not self.used_before
        with refused_as(lambda answer: answer.status == 404 and (may_be_made or answer.code != _NO_BUCKET)) as refusal:
            self._small.look(self._mark)
        if refusal.answer is None:
            return
        if refusal.answer.code == _NO_BUCKET:
            self._awaits_bucket = True
        elif self.used_before and self.library_id and not self._has_landmark():
            raise Unreachable(
                f"Cannot reach {self.name}: its bucket {self.target.bucket!r} has lost the mark that this library "
                "left in it, as if it were another bucket or a folder of another name.",
                "Check bucket, prefix and address. If the bucket may begin anew: put an object named "
                f"{self._mark!r} into it.",
                location=self.name,
            )

    @property
    def _mark(self) -> str:
        """An object for each library that keeps files here; its name is no key, so no listing shows it."""
        return self.target.name(f"{RESERVED_PREFIX}-location/{self.library_id or 'none'}")

    def _get_ready(self) -> None:
        self.able()
        self._small.get_ready()

    def _claim(self) -> None:
        self.able()

    def able(self) -> Abilities:
        """What the server can do; found out before the first file is stored, which also leaves the mark of use."""
        with self._claiming:
            if self._abilities is None:
                checksums = self._has_sums()
                conditional = refuses_taken_names(
                    self._control,
                    lambda name: self._small.create(name, b"The audiotui library of this name keeps files here.\n"),
                    mark=self._mark if self.library_id else "",
                    spare=self._spare,
                )
                self._abilities = Abilities(checksums=checksums, conditional=conditional)
                self.used_before = self.used_before or bool(self.library_id)
                crashpoint("objects.after_claim")
                self._small.learn(self._abilities)
            return self._abilities

    def _has_sums(self) -> bool:
        """The first of the abilities, which is all that the parts of a big file have to wait for.

        The others cost a file in the bucket, and in a new one some servers take long for the first.
        """
        with self._asking:
            if self._checks_sums is None:
                if self._awaits_bucket:
                    self._control.create_bucket()
                    self._awaits_bucket = False
                self._checks_sums = checks_sums(self._control, spare=self._spare, wanted=self._checksums)
            return self._checks_sums

    def _has_no_bucket(self) -> bool:
        """Whether the bucket is still to be made; asked anew each time, as others may have made it."""
        if self._awaits_bucket:
            self._awaits_bucket = not self._control.bucket_exists()
        return self._awaits_bucket

    @property
    def _spare(self) -> str:
        """How objects are called that go again."""
        return self.target.name(f"{RESERVED_PREFIX}-probe/")

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
            if self._control.bucket_exists():
                raise
            raise Unreachable(
                f"Cannot reach {self.name}: the bucket {self.target.bucket!r} is not there.",
                "Check the bucket's name and the address.",
                location=self.name,
            ) from error

    def _list(self, prefix: str) -> Iterator[Entry]:
        if not self._has_no_bucket():
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
        return self._small.get(self.target.name(key), offset, length, if_etag)

    def _check_whole(self, key: str, got: int, wanted: int) -> None:
        if got != wanted:
            raise Unreachable(
                f"{self.name} ended {key!r} after {got} of {wanted} bytes.",
                "It is tried again by itself; if it lasts, look at the server.",
                location=self.name,
                key=key,
            )

    def _put_small(self, key: str, data: bytes, *, sha256: str, temp: str, attributes: Mapping[str, str]) -> Entry:
        del temp  # the request itself is all or nothing
        able = self.able()
        if not able.conditional:
            self.refuse_taken(key)
        about = About(media_type(key), self.target.storage_class, {"sha256": sha256, **attributes})
        name = self.target.name(key)
        stored = self._small.put(name, data, sha256=sha256, about=about, create=able.conditional)
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

    @property
    def _uploads(self) -> Uploads:
        with self._connecting:
            if self._open_uploads is None:
                # Imported here, as most uses of a bucket know no big file.
                from audiotui.backends.objectstore.partline import PartLine
                from audiotui.backends.objectstore.uploads import Uploads

                client = self._part_client()
                self._open_uploads = Uploads(self, client, PartLine(client, self.target))
            return self._open_uploads

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

    def _probe(self) -> Mapping[str, str]:
        from audiotui.backends.objectstore import probe

        able = self.able()
        name = self.target.name(f"{RESERVED_PREFIX}-probe/{secrets.token_hex(8)}")
        client, bucket = self._part_client(), self.target.bucket
        self._small.create(name, b"probe")
        try:
            commits = probe.refuses_taken_commit(client, bucket, name)
            self._control.delete(name)
            whole = probe.whole_checksum(client, bucket, name)
        finally:
            self._control.delete(name)
        return {
            "checksums": "SHA-256 of each file and part, checked by the server" if able.checksums else "none",
            "conditional writes": "yes" if able.conditional else "no",
            "conditional commits": "yes" if commits else "no",
            "full-object checksum": whole or "none",
        }

    def _presign(self, key: str, seconds: int) -> SecretStr:
        if not 1 <= seconds <= LONGEST_LINK_S:
            raise InvalidInput(
                f"A link to {key!r} cannot be valid for {seconds} seconds.", "Choose from 1 second to 7 days."
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
        )

    def _translate(self, error: Exception, key: str) -> AudiotuiError:
        return as_audiotui_error(error, location=self.name, key=key) or super()._translate(error, key)
