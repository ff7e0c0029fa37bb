"""A bucket for another process of this machine: it reads objects, with the rights of the process that lends it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, NoReturn, cast

from audiotui.backends.objectstore.backend import ObjectStoreBackend
from audiotui.backends.objectstore.bucket import Connection
from audiotui.backends.objectstore.target import Keys, Target
from audiotui.errors import NotSupported
from audiotui.model import SecretStr

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from audiotui.backends.objectstore.control import Control


@dataclass(frozen=True, slots=True, repr=False)
class LentKeys:
    """Credentials of one moment in plain words, as a secret that hides itself is not pickled; called as others are."""

    access_key: str
    secret_key: str
    session_token: str | None

    @classmethod
    def of(cls, keys: Keys) -> LentKeys:
        """The same in plain words."""
        token = keys.session_token
        return cls(keys.access_key, keys.secret_key.reveal(), token.reveal() if token else None)

    def __call__(self) -> Keys:
        """As a ``Target`` asks for them."""
        token = self.session_token
        return Keys(self.access_key, SecretStr(self.secret_key), SecretStr(token) if token else None)


@dataclass(frozen=True, slots=True)
class BucketLoan:
    """A bucket with the credentials of this moment; ``checksums`` is the option of the location."""

    name: str
    target: Target
    checksums: str

    @classmethod
    def of(cls, name: str, target: Target, *, checksums: str) -> BucketLoan:
        """The bucket of a location of that name."""
        return cls(name, replace(target, keys=LentKeys.of(target.keys())), checksums)

    def open(self) -> LentBucket:
        """The bucket, for reading."""
        return LentBucket(self)


class LentBucket(ObjectStoreBackend):
    """Reads objects whole or in ranges; whatever takes a control call is left to the lender."""

    kind: ClassVar[str] = "lent"

    def __init__(self, loan: BucketLoan) -> None:
        super().__init__(loan.name, library_id="", used_before=True, checksums=loan.checksums)
        self._target = loan.target

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
