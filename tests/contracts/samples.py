"""Bytes to move, and what a location has to know of them."""

from __future__ import annotations

import hashlib
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from audiotui.backends.base import Content, GetItem, Limits, Outcome, PutItem
from audiotui.backends.items import FixedFeed
from audiotui.backends.sources import BytesSource
from audiotui.model import PART_BYTES
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audiotui.backends.base import Backend


BIG = 2 * PART_BYTES + 12_345
"""A size of three parts, the last of which is short."""


@cache
def sample(size_bytes: int, seed: int = 0) -> bytes:
    """Bytes without a pattern, the same in every run."""
    return Random(f"{size_bytes}/{seed}").randbytes(size_bytes)


def content_of(data: bytes) -> Content:
    """What the catalog would hold for these bytes."""
    parts = (data[start : start + PART_BYTES] for start in range(0, len(data), PART_BYTES))
    part_sha256 = tuple(hashlib.sha256(part).hexdigest() for part in parts) if len(data) > PART_BYTES else ()
    return Content(len(data), hashlib.sha256(data).hexdigest(), part_sha256)


def part_of(data: bytes, number: int) -> bytes:
    """One part as an upload takes it."""
    return data[number * PART_BYTES : (number + 1) * PART_BYTES]


def put_item(key: str, data: bytes, number: int = 0) -> PutItem:
    """An item that stores bytes from memory."""
    return PutItem(key, content_of(data), lambda: BytesSource(data), id=number)


def put(backend: Backend, key: str, data: bytes) -> None:
    """Store one file as the engine would."""
    outcome = put_all(backend, [put_item(key, data)])[0]
    if outcome.error is not None:
        raise outcome.error


def put_another(backend: Backend, key: str, data: bytes) -> None:
    """Replace a stored file by another one of another etag: some storages tell times in whole seconds."""
    before = backend.stat(key).etag

    def differs() -> bool:
        backend.delete(key)
        put(backend, key, data)
        return backend.stat(key).etag != before

    eventually(differs)


def put_all(backend: Backend, items: Iterable[PutItem], limits: Limits | None = None) -> list[Outcome[PutItem]]:
    """The outcomes of all items, in the order of their numbers."""
    outcomes = backend.put_many(FixedFeed(items), limits or Limits())
    return sorted(outcomes, key=lambda outcome: outcome.item.id)


def get_all(backend: Backend, items: Iterable[GetItem], limits: Limits | None = None) -> list[Outcome[GetItem]]:
    """The outcomes of all items, in the order of their numbers."""
    outcomes = backend.get_many(FixedFeed(items), limits or Limits())
    return sorted(outcomes, key=lambda outcome: outcome.item.id)


def read_all(backend: Backend, key: str, **options: Any) -> bytes:
    """The bytes of a stored file."""
    return b"".join(backend.read(key, **options))
