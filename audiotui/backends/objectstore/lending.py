"""A bucket for another process of this machine: it reads objects, with the rights of the process that lends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NoReturn, cast

from audiotui.backends.objectstore.backend import Connection, ObjectStoreBackend
from audiotui.backends.objectstore.target import Keys, Target
from audiotui.errors import NotSupported
from audiotui.model import SecretStr

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3.client import S3Client

    from audiotui.backends.objectstore.control import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketLoan:
    """A ``Target`` with the credentials of this moment in plain words: a secret that hides itself is not pickled.

    ``checksums`` is the option of the location.
    """

    name: str
    bucket: str
    prefix: str
    endpoint: str
    region: str
    virtual_style: bool
    ca_file: Path | None
    silence_s: float
    checksums: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str | None = field(repr=False)

    @classmethod
    def of(cls, name: str, target: Target, *, checksums: str) -> BucketLoan:
        """The bucket of a location of that name."""
        keys = target.keys()
        return cls(
            name=name,
            bucket=target.bucket,
            prefix=target.prefix,
            endpoint=target.endpoint,
            region=target.region,
            virtual_style=target.virtual_style,
            ca_file=target.ca_file,
            silence_s=target.silence_s,
            checksums=checksums,
            access_key=keys.access_key,
            secret_key=keys.secret_key.reveal(),
            session_token=keys.session_token.reveal() if keys.session_token else None,
        )

    def open(self) -> LentBucket:
        """The bucket, for reading."""
        return LentBucket(self)


class LentBucket(ObjectStoreBackend):
    """Reads objects whole or in ranges; whatever takes a control call is left to the lender."""

    kind: ClassVar[str] = "lent"

    def __init__(self, loan: BucketLoan) -> None:
        super().__init__(loan.name, library_id="", used_before=True, checksums=loan.checksums)
        token = loan.session_token
        keys = Keys(loan.access_key, SecretStr(loan.secret_key), SecretStr(token) if token else None)
        self._target = Target(
            bucket=loan.bucket,
            prefix=loan.prefix,
            endpoint=loan.endpoint,
            region=loan.region,
            keys=lambda: keys,
            virtual_style=loan.virtual_style,
            ca_file=loan.ca_file,
            silence_s=loan.silence_s,
        )

    def _connect(self) -> Connection:
        return Connection(self._target, cast("Control", _NoControl()))

    def _look_for_mark(self) -> None:
        """The lender has done so."""

    def _part_client(self) -> S3Client:
        raise _not_lent()


class _NoControl:
    """Stands where an SDK would; ``Control`` has a method for each kind of call."""

    def __getattr__(self, name: str) -> NoReturn:
        raise _not_lent()


def _not_lent() -> NotSupported:
    return NotSupported("A bucket that is lent only reads small objects.", "Ask the process that lends it.")
