"""Proof that a stored file has exactly the bytes that it should have, as far as asked for."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from audiotui.backends.items import Capability, Content, Entry
from audiotui.backends.limits import Limits
from audiotui.errors import IntegrityError
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    from audiotui.backends.base import Backend
    from audiotui.backends.items import Piece

PATIENCE_S = 60.0
"""A part that broke off within this time is read again: a slow line may have been at it for long."""


def prove(backend: Backend, key: str, content: Content, *, level: VerifyLevel, limits: Limits | None = None) -> Entry:
    """What is stored under a key, with ``entry.level`` at least as asked for, if the bytes are right.

    A sum that the storage measures is taken where it is enough, else the bytes are read back within ``limits``.

    Raises:
        KeyNotFound: nothing is stored there.
        IntegrityError: other bytes are stored there.
        TransferCancelled: the limits were cancelled.
    """
    entry = backend.stat(key)
    if entry.size_bytes != content.size_bytes:
        raise _damaged(backend, key, f"it has {entry.size_bytes} bytes and should have {content.size_bytes}")
    reached = VerifyLevel.SIZE
    if (
        reached < level
        and Capability.CHECKSUM in backend.capabilities
        and Capability.DIRECT not in backend.capabilities
    ):
        reached = _measured(backend, key, content)
    if reached < level:
        reached = _read_back(backend, entry, content, limits or Limits())
    return replace(entry, level=reached)


def _measured(backend: Backend, key: str, content: Content) -> VerifyLevel:
    """The level that the storage's own measurement gives; SIZE if it cannot tell."""
    checksum = backend.checksum(key)
    matches = checksum.matches(content)
    if matches is None:
        return VerifyLevel.SIZE
    if not matches:
        raise _damaged(backend, key, "the storage measures another SHA-256 than the catalog holds")
    return checksum.level


def _read_back(backend: Backend, entry: Entry, content: Content, limits: Limits) -> VerifyLevel:
    """Read and hash every byte; files of several parts part by part, so that a message can say where the damage is."""
    for number in range(content.part_count):
        offset, length = content.part_span(number)
        found = partial(_digest, backend, entry, offset, length, limits)
        if backend.asked(entry.key, found, patience_s=PATIENCE_S) != content.part_digest(number):
            where = f"the 16 MiB from byte {offset}" if content.part_sha256 else "its bytes"
            raise _damaged(backend, entry.key, f"{where} are not those that were stored")
    return VerifyLevel.READ_BACK


def _digest(backend: Backend, entry: Entry, offset: int, length: int, limits: Limits) -> str:
    """The SHA-256 of a part as it can be read."""
    digest = hashlib.sha256()
    backend.read_into(entry.key, partial(_hash, digest, limits), offset=offset, length=length, if_etag=entry.etag)
    return digest.hexdigest()


def _hash(digest: hashlib._Hash, limits: Limits, piece: Piece) -> None:
    limits.wait(len(piece))
    digest.update(piece)


def _damaged(backend: Backend, key: str, what: str) -> IntegrityError:
    return IntegrityError(
        f"The copy {key!r} at {backend.name} is damaged: {what}.",
        "Nothing was changed; `audiotui repair` makes it good from another copy.",
    )
