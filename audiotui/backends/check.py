"""The short form of the contract suite, for a user's own storage: what works there, step by step, and nothing stays.

Each step keeps to one promise of ``base``. They work under a random prefix, so that no file of anybody is touched, and
the last step removes what the others made and looks that nothing is left.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.backends.items import Capability, Content
from audiotui.errors import AlreadyExists, AudiotuiError, IntegrityError, NotSupported
from audiotui.model import PART_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from audiotui.backends.base import Backend

PREFIX = "audiotui-check-"

ODD_NAMES = ("two words", "q'uo\"te", "$(id) `id` %2F", "h\u00e9", "he\u0301", "\U0001f399", ".hidden")
"""Names that careless code quotes, folds or refuses; the two accents are one letter in two Unicode forms."""

LINK_S = 60
"""How long the link of the check is valid."""


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One promise that was tried."""

    name: str
    """What was tried, for people: ``store a file``."""
    error: AudiotuiError | None = None
    """Why it did not work; None if it did."""
    seconds: float = 0.0
    is_extra: bool = False
    """Not every location can do this: transfers work without it."""

    @property
    def ok(self) -> bool:
        """Whether it worked."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class LocationCheck:
    """What came of all steps, in their order. After a failure to connect, or to store a file, the others are not tried.

    ``capabilities`` says in words what the location can do beyond storing files.
    """

    location: str
    kind: str
    steps: tuple[CheckStep, ...]
    capabilities: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether files can be kept there: every step worked that is no extra."""
        return self.failure is None

    @property
    def failure(self) -> CheckStep | None:
        """The first step that did not work and is no extra; None if all did."""
        return next((step for step in self.steps if not (step.ok or step.is_extra)), None)


Borne = tuple[type[AudiotuiError], ...]
"""Errors of a step with which transfers work all the same."""


def check(
    backend: Backend,
    *,
    listener: Callable[[CheckStep], None] = lambda _step: None,
    clock: Callable[[], float] = time.monotonic,
) -> LocationCheck:
    """Try out a location; ``listener`` hears of every step as it ends. Never raises an AudiotuiError."""
    run = _Check(backend)
    steps: list[CheckStep] = []
    try:
        for name, act, borne in run.steps():
            step = _tried(name, act, borne, clock)
            steps.append(step)
            listener(step)
            if not step.ok and act in (run.connect, run.store):
                break
    finally:
        if steps and steps[0].ok:
            steps.append(_tried("clean up", run.clean_up, (), clock))
            listener(steps[-1])
    return LocationCheck(backend.name, backend.kind, tuple(steps), abilities(backend) if steps[0].ok else {})


def abilities(backend: Backend) -> dict[str, str]:
    """What a location can do beyond storing files, in words, as far as its kind and its probe tell."""
    found = {str(one): "yes" if one in backend.capabilities else "no" for one in Capability}
    try:
        return found | dict(backend.probe())
    except AudiotuiError as error:
        return found | {"probe": error.message}


def _tried(name: str, act: Callable[[], None], borne: Borne, clock: Callable[[], float]) -> CheckStep:
    began_s = clock()
    try:
        act()
    except AudiotuiError as error:
        return CheckStep(name, error, clock() - began_s, isinstance(error, borne))
    return CheckStep(name, None, clock() - began_s, bool(borne))


class _Check:
    """The steps, on keys below one random prefix."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._prefix = f"{PREFIX}{os.urandom(4).hex()}/"
        self._made: list[str] = []

    def steps(self) -> Iterator[tuple[str, Callable[[], None], Borne]]:
        """What is tried, in its order: name, act, and the errors with which transfers work all the same."""
        yield "connect", self.connect, ()
        yield "store a file", self.store, ()
        yield "read it back, whole and in part", self.read, ()
        yield "say what is not there", self.miss, ()
        yield "refuse to overwrite it", self.refuse_to_overwrite, ()
        yield "list files completely", self.listing, ()
        yield "keep odd names apart", self.odd_names, ()
        yield "keep an unfinished upload out of sight", self.unfinished, ()
        yield "give a file another name", self.move, ()
        if Capability.CHECKSUM in self._backend.capabilities:
            yield "measure a file where it lies", self.measure, (IntegrityError, NotSupported)
        if Capability.PRESIGN in self._backend.capabilities:
            yield "make a link to a file", self.link, (AudiotuiError,)

    def connect(self) -> None:
        """Reach the location with the given credentials, even if that was done before."""
        self._backend.close()
        self._backend.open()

    def store(self) -> None:
        """Files of no bytes and of some."""
        self._put("empty", b"")
        self._put("file", _DATA)

    def read(self) -> None:
        """The bytes that were stored, all of them and some."""
        key = f"{self._prefix}file"
        whole, part = b"".join(self._backend.read(key)), b"".join(self._backend.read(key, offset=1000, length=500))
        _expect(whole == _DATA and part == _DATA[1000:1500], "it gives other bytes than were stored")
        _expect(not b"".join(self._backend.read(f"{self._prefix}empty")), "it gives bytes for a file that has none")
        size = self._backend.stat(key).size_bytes
        _expect(size == len(_DATA), f"it says that {len(_DATA)} bytes are {size}")

    def miss(self) -> None:
        """No such key is told from every other trouble."""
        _expect(not self._backend.exists(f"{self._prefix}never stored"), "it says that it has what was never stored")
        self._backend.delete(f"{self._prefix}never stored")

    def refuse_to_overwrite(self) -> None:
        """A key that is taken stays as it is."""
        try:
            self._put("file", b"other bytes")
        except AlreadyExists:
            pass
        else:
            _expect(False, "it replaced a file by another one")
        self.read()

    def listing(self) -> None:
        """What was stored, and nothing else, lies below the prefix."""
        listed = {entry.key for entry in self._backend.list(self._prefix)}
        _expect(listed == set(self._made), f"{len(self._made)} files were stored and {len(listed)} are listed")

    def odd_names(self) -> None:
        """Spaces, quotes, shell signs, both forms of an accent, emoji."""
        for number, name in enumerate(ODD_NAMES):
            self._put(name, f"{number}".encode())
        kept = [b"".join(self._backend.read(self._prefix + name)).decode() for name in ODD_NAMES]
        wrong = [name for number, name in enumerate(ODD_NAMES) if kept[number] != f"{number}"]
        _expect(not wrong, f"it confuses the names {wrong}")
        self.listing()

    def unfinished(self) -> None:
        """An upload that is begun is no file, and one that is given up leaves nothing."""
        key = f"{self._prefix}unfinished"
        content = Content(PART_BYTES + 1, "0" * 64, ("0" * 64, "1" * 64))
        upload = self._backend.start_upload(key, content)
        try:
            seen = self._backend.exists(key) or any(True for _ in self._backend.list(key))
        finally:
            upload.abort()
        _expect(not seen, "it shows an upload that is not finished as a file")
        _expect(not any(self._backend.list_unfinished(key)), "it keeps an upload that was given up")

    def move(self) -> None:
        """Renaming, which repairs and the trash need."""
        old, new = f"{self._prefix}file", f"{self._prefix}folder/moved"
        self._made.append(new)
        self._backend.move(old, new)
        self._made.remove(old)
        data = b"".join(self._backend.read(new))
        _expect(data == _DATA and not self._backend.exists(old), "the file is not what it was, or lies in both places")

    def measure(self) -> None:
        """The storage's own checksum."""
        content = Content(len(_DATA), hashlib.sha256(_DATA).hexdigest())
        matches = self._backend.checksum(f"{self._prefix}folder/moved").matches(content)
        _expect(matches is not False, "it measures another SHA-256 than the bytes have")
        _expect(matches is True, "it measures no SHA-256 of this file; verification reads files back instead")

    def link(self) -> None:
        """A link that needs no credential."""
        self._backend.presign(f"{self._prefix}folder/moved", LINK_S)

    def clean_up(self) -> None:
        """Remove everything that was made."""
        for key in self._made:
            self._backend.delete(key)
        left = [entry.key for entry in self._backend.list(self._prefix)]
        _expect(not left, f"it still lists {len(left)} files that were deleted, such as {left[:1]}")

    def _put(self, name: str, data: bytes) -> None:
        key = self._prefix + name
        if key not in self._made:
            self._made.append(key)
        self._backend.put_small(key, data, sha256=hashlib.sha256(data).hexdigest())


_DATA = bytes(range(256)) * 16


def _expect(holds: bool, problem: str) -> None:
    if not holds:
        raise IntegrityError(problem, "Do not trust this storage with recordings before that is mended.")
