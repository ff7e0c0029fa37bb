"""A bucket that is reached: its clients, whether it is the one that the library used, and what its server can do.

Looking changes nothing: a bucket that may be made, the mark of use, and what is found out by trying, wait for the first
file that is stored.
"""

from __future__ import annotations

import secrets
import threading
from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.base import Backend
from audiotui.backends.keys import RESERVED_PREFIX
from audiotui.backends.objectstore.clients import quiet_sdk_logs
from audiotui.backends.objectstore.errors import NO_BUCKET, NO_BUCKET_HINT
from audiotui.backends.objectstore.markwatch import MarkWatch
from audiotui.backends.objectstore.sdk_answers import refused_as
from audiotui.backends.objectstore.smallobjects import SmallObjects
from audiotui.backends.objectstore.trial import Abilities, checks_sums, refuses_taken_names
from audiotui.cleanup import on_failure
from audiotui.crashpoints import crashpoint
from audiotui.errors import AlreadyExists, KeyNotFound, LocationError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.client import S3Client

    from audiotui.backends.objectstore.control import Control
    from audiotui.backends.objectstore.sdk_answers import Answer
    from audiotui.backends.objectstore.target import Target
    from audiotui.backends.objectstore.uploads import Uploads


class Connection(NamedTuple):
    """What a kind opens: where the bucket is, and its SDK's answer to control calls."""

    target: Target
    control: Control


class Bucket(Backend):
    """The part of a backend for buckets that opens and closes them, and knows their servers.

    ``checksums``: 'auto' finds out, 'required' insists, 'off' sends none.
    """

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
        self._watch = MarkWatch(self._look)
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
        answer = self._look()
        if answer is None:
            self._watch.note()
        elif answer.code == NO_BUCKET:
            if not self._may_make_bucket:
                raise self._missing_bucket()
            self._awaits_bucket = True
        elif self.used_before and self.library_id and not self._has_landmark():
            raise self._missing_mark()

    def _look(self) -> Answer | None:
        """The store's answer that the mark is not there; None if it is."""
        with self._translated(""), refused_as(lambda answer: answer.status == 404) as refusal:
            self._small.look(self._mark)
        return refusal.answer

    def check_mark(self) -> None:
        """Raise Unreachable if the mark, which was seen before, is gone: the bucket was removed, or made anew."""
        answer = self._watch.missed()
        if answer is not None:
            raise self._missing_bucket() if answer.code == NO_BUCKET else self._missing_mark()

    def _missing_bucket(self) -> Unreachable:
        """The error for a bucket that is not there; if it may be made, that is done with the next file."""
        self._watch.doubt()
        self._awaits_bucket = self._may_make_bucket
        if self._awaits_bucket:
            hint = "Try again: the first file that is stored makes it."
        elif self.used_before:
            hint = (
                "It has been used, so no other is made in its place. Bring it back, or check its name and the address. "
                f"If it may begin anew: make it, and put an object named {self._mark!r} into it."
            )
        else:
            hint = NO_BUCKET_HINT
        message = f"Cannot reach {self.name}: the bucket is not there ({self.target.bucket!r})."
        return Unreachable(message, hint, location=self.name)

    def _missing_mark(self) -> Unreachable:
        return Unreachable(
            f"Cannot reach {self.name}: its bucket {self.target.bucket!r} has lost the mark that this library "
            "left in it, as if it were another bucket or a folder of another name.",
            f"Check bucket, prefix and address. If the bucket may begin anew: put an object named {self._mark!r} into "
            "it.",
            location=self.name,
        )

    @property
    def _may_make_bucket(self) -> bool:
        return self._may_create_bucket and not self.used_before

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
        self.check_mark()
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
                if self.library_id:
                    self.used_before = True
                    self._watch.note()
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
