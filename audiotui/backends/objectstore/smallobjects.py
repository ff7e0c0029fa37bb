"""Objects that are stored by one request, and ranges that are read by one.

They go over ``objectline`` where it may be used, which is plain HTTP without a proxy; else, and for all that it does
not understand, through obstore, which does the work of a request outside the interpreter's lock.
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.backends.items import NO_ATTRIBUTES
from audiotui.backends.objectstore.clients import object_store, proxy_to
from audiotui.backends.objectstore.objectlane import ObjectLane
from audiotui.backends.objectstore.objectline import ObjectLine, Range, Stored, goes_into_headers
from audiotui.backends.objectstore.sdk_answers import refused_as

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from obstore import GetOptions, GetResult
    from obstore.store import S3Store

    from audiotui.backends.items import Pace
    from audiotui.backends.objectstore.target import Target
    from audiotui.backends.objectstore.trial import Abilities

MARK_BYTES = 1024
"""At most, of an object of which only its being there matters."""

RANGE_BEYOND_END = 416

_TAKEN = {0, 409, 412}
"""What stores answer that refuse to overwrite; 409 where two come at the same time, and an SDK may leave it out."""


class About(NamedTuple):
    """What a store keeps beside an object's bytes."""

    content_type: str = ""
    storage_class: str = ""
    metadata: Mapping[str, str] = NO_ATTRIBUTES


class SmallObjects:
    """Of one bucket; many threads may use it. ``checksums`` is the option of the location."""

    def __init__(self, target: Target, *, checksums: str) -> None:
        self._target = target
        self._checksums = checksums
        self._abilities: Abilities | None = None
        self._made: S3Store | None = None
        self._making = threading.Lock()
        is_plain = not target.is_encrypted_on_the_way and not proxy_to(target.endpoint)
        self._line = ObjectLine(target) if is_plain else None

    def close(self) -> None:
        """Close what is not in use, and the rest when it is no more."""
        if self._line is not None:
            self._line.close()

    def learn(self, abilities: Abilities) -> None:
        """What the server can do was found out: from now on requests are made accordingly."""
        self._abilities = abilities
        self._made = None
        self.get_ready()

    def get_ready(self) -> None:
        """Make what the first request needs."""
        if self._line is None:
            _ = self._store

    def open_lane(self) -> ObjectLane[Any] | None:
        """A way to ask for many at a time; None where the line may not be used."""
        return ObjectLane(self._line, self._target.name) if self._line is not None else None

    def look(self, name: str) -> None:
        """Read a little object; whatever obstore or the line raises if that cannot be."""
        if self._line is None or not self._line.receive(Range(name, 0, MARK_BYTES), lambda _: None):
            import obstore

            obstore.get(self._store, name).bytes()

    def receive(self, wanted: Range, take: Callable[[memoryview], object]) -> bool:
        """Hand on a range, good until ``take`` returns; False, and nothing, if ``get`` has to be asked for it."""
        return self._line is not None and self._line.receive(wanted, take)

    def get(self, name: str, offset: int, length: int | None, etag: str) -> GetResult | None:
        """The answer to a request for a range that is not empty; None if it begins at or beyond the end."""
        import obstore

        options: GetOptions = {"if_match": f'"{etag}"'} if etag else {}
        if length is not None:
            options["range"] = (offset, offset + length)
        elif offset:
            options["range"] = {"offset": offset}
        with refused_as(lambda answer: answer.status == RANGE_BEYOND_END):
            return obstore.get(self._store, name, options=options)
        return None

    def has_line_for(self, about: About) -> bool:
        """Whether an object is stored over the line, which can keep to a pace; obstore cannot."""
        return self._line is not None and not self._target.encryption and goes_into_headers(about.metadata)

    def put(
        self, name: str, data: bytes, *, sha256: str, about: About, create: bool, pace: Pace | None = None
    ) -> Stored:
        """Store an object; ``create``: only under a name that is free. ``pace``: if there is a line for it."""
        if self._line is None or not self.has_line_for(about):
            return self._put_by_obstore(name, data, about, create=create)
        headers = {"content-type": about.content_type, "x-amz-storage-class": about.storage_class}
        told = {header: value for header, value in headers.items() if value}
        told.update((f"x-amz-meta-{key}".lower(), value) for key, value in about.metadata.items())
        checked, signed = self._sends_sums, self._signs_bytes
        return self._line.send(
            name, data, sha256=sha256, about=told, checked=checked, signed=signed, create=create, pace=pace
        )

    def create(self, name: str, data: bytes) -> bool:
        """Store an object if its name is free; False if it is not."""
        with refused_as(lambda answer: answer.creates and answer.status in _TAKEN):
            self.put(name, data, sha256=hashlib.sha256(data).hexdigest(), about=About(), create=True)
            return True
        return False

    def _put_by_obstore(self, name: str, data: bytes, about: About, *, create: bool) -> Stored:
        import obstore

        headers = {"Content-Type": about.content_type, "Storage-Class": about.storage_class}
        told = {header: value for header, value in headers.items() if value} | dict(about.metadata)
        mode: Any = "create" if create else "overwrite"
        result = obstore.put(self._store, name, data, attributes=told, mode=mode, use_multipart=False)
        return Stored((result["e_tag"] or "").strip('"'), result["version"] or "")

    @property
    def _store(self) -> S3Store:
        store = self._made
        if store is None:
            with self._making:  # to make one takes 10 ms, which threads that begin together would all spend
                store = self._made
                if store is None:
                    store = self._made = object_store(
                        self._target, checksums=self._sends_sums, signs_bytes=self._signs_bytes
                    )
        return store

    @property
    def _sends_sums(self) -> bool:
        """Whether the server is told the SHA-256 of what it gets."""
        return self._checksums != "off" and (self._abilities is None or self._abilities.checksums)

    @property
    def _signs_bytes(self) -> bool:
        """Whether that is part of the signature: not for a server that is known to check it anyway."""
        return not (self._checksums == "auto" and self._abilities is not None and self._abilities.checksums)
