"""The contract of every location: what a backend promises, and the checks that all of them share.

A backend is the code for one kind of location. Callers use the public methods of ``Backend`` and ``Upload`` only; they
check keys, open the location on first use (``openable``), and turn every error of the storage into one of
``errors.py``. A kind fills in ``hooks``. The promises, which ``tests/contracts/backend.py`` asks of all:

- Nothing is visible under a key before all its bytes are stored and the commit is durable.
- Nothing is ever overwritten: storing under a key that exists raises AlreadyExists, also when two race.
- No error of an SDK or of the operating system escapes; each becomes an AudiotuiError with its cause.
- No retries: a call is tried once. The transfer engine alone decides what is tried again.
- All methods may be called from any thread.
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from audiotui.backends.again import PATIENCE_S, asked_again, begun
from audiotui.backends.items import (
    NO_ATTRIBUTES,
    Capability,
    Checksum,
    Content,
    Entry,
    Feed,
    GetItem,
    Outcome,
    PutItem,
    Source,
    Unfinished,
)
from audiotui.backends.keys import check_key, check_prefix, check_temp_name, is_own_name, key_problem
from audiotui.backends.limits import Limits
from audiotui.backends.notes import Notes
from audiotui.backends.upload import Upload
from audiotui.errors import (
    AlreadyExists,
    AudiotuiError,
    KeyNotFound,
    NotSupported,
    UploadExpired,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from audiotui.backends.items import Lane, Pace, Piece
    from audiotui.backends.loan import Loan
    from audiotui.backends.options import Options
    from audiotui.model import SecretStr

    CommitTogether = Callable[[Sequence[Upload]], Sequence[Entry | AudiotuiError]]

T = TypeVar("T")

__all__ = [
    "Backend",
    "Capability",
    "Checksum",
    "Content",
    "Entry",
    "Feed",
    "GetItem",
    "Limits",
    "Outcome",
    "PutItem",
    "Source",
    "Unfinished",
    "Upload",
    "check_key",
    "open_backend",
]


class Backend(Notes):
    """One location. It is opened on first use; close it, or use it as a context manager.

    ``library_id`` says on whose behalf files are stored, and ``used_before`` that the library's catalog knows of
    copies there: then a location that has lost its marks of use is Unreachable instead of empty (a disk that is not
    mounted, another bucket). Without a library id nothing is marked and nothing is asked.

    Where no mark could be left, ``landmarks`` are files that the catalog knows there, their sizes by key: the location
    is the one that was used if one of them is there.
    """

    def get_ready(self) -> None:
        """Do now what the first file that is stored would have to wait for; whoever stores it hears of any trouble."""
        with suppress(AudiotuiError), self.boundary(""):
            self._get_ready()

    def claim(self) -> None:
        """Leave the mark that this library uses the location; storing a file does it by itself."""
        with self.boundary(""):
            self._claim()

    def is_shared(self) -> bool:
        """Whether other libraries have left their marks there too; False for kinds whose marks nobody can list."""
        try:
            with self.boundary(""):
                return self._is_shared()
        except KeyNotFound:
            return False  # nobody has stored anything yet

    def stat(self, key: str) -> Entry:
        """What is stored under a key; KeyNotFound if nothing is."""
        return self.asked(check_key(key), lambda: self._stat(key))

    def exists(self, key: str) -> bool:
        """False only if the location says that there is no such key; any doubt is raised."""
        try:
            self.stat(key)
        except KeyNotFound:
            return False
        return True

    def list(self, prefix: str = "", *, on_refused: Callable[[str], None] | None = None) -> Iterator[Entry]:
        """Every stored file whose key begins with ``prefix`` (a plain string), in any order, streamed.

        Complete when it ends without an error. Unfinished uploads and files that no key can name are left out, and
        ``on_refused`` hears of the latter, unless they are audiotui's own. A file that is stored or removed while the
        listing runs may or may not be in it.
        """
        with self.boundary(check_prefix(prefix)):
            for entry in self.asked("", lambda: begun(self._list(prefix))):
                if not key_problem(entry.key):
                    yield entry
                elif on_refused is not None and not is_own_name(entry.key):
                    on_refused(entry.key)

    def read(
        self, key: str, *, offset: int = 0, length: int | None = None, if_etag: str = ""
    ) -> Generator[bytes, None, None]:
        """The bytes from ``offset`` on, at most ``length`` of them, in pieces; none at or beyond the end.

        Raises:
            KeyNotFound: nothing is stored under the key.
            SourceChanged: ``if_etag`` was given and the file is another one.
        """
        if offset < 0 or (length is not None and length < 0):
            raise ValueError(f"cannot read {length} bytes at {offset}")
        with self.boundary(check_key(key)):
            yield from self.asked(key, lambda: begun(self._read(key, offset, length, if_etag)))

    def read_into(
        self, key: str, take: Callable[[Piece], object], *, offset: int, length: int, if_etag: str = ""
    ) -> None:
        """``read``, whose pieces are handed to ``take``: when that returns, their memory is used for the next ones.

        If that is a ``Sink``, they may come in its own memory.
        """
        with self.boundary(check_key(key)):
            self._read_into(key, take, offset, length, if_etag)

    def open_lane(self) -> Lane[Any] | None:
        """A way to ask for many small files in one thread; None where there is none better than a thread for each."""
        return None

    def lend(self) -> Loan | None:
        """What another process of this machine needs to move small files of the location; None for kinds without."""
        return None

    def open_source(self, key: str) -> Source:
        """The file as the source of a transfer to another location; by default its bytes are read in ranges."""
        with self.boundary(check_key(key)):
            return self._open_source(key)

    def put_small(
        self,
        key: str,
        data: bytes,
        *,
        sha256: str,
        temp: str = "",
        attributes: Mapping[str, str] = NO_ATTRIBUTES,
        pace: Pace | None = None,
    ) -> Entry:
        """Store up to 16 MiB in one step. ``sha256`` is that of ``data``; a storage that can, checks it.

        At a ``pace`` they are sent block by block as it gives them out; without, all at once.

        Raises:
            AlreadyExists: the key is taken.
        """
        with self.boundary(check_key(key)):
            return self._put_small(key, data, sha256=sha256, temp=_checked(temp), attributes=attributes, pace=pace)

    def start_upload(
        self, key: str, content: Content, *, temp: str = "", attributes: Mapping[str, str] = NO_ATTRIBUTES
    ) -> Upload:
        """Begin an upload. A leftover under the same temp name is replaced; one that is in use is refused.

        Raises:
            AlreadyExists: the key is taken (some kinds notice only at the commit).
        """
        with self.boundary(check_key(key)):
            return self._start_upload(key, content, temp=_checked(temp), attributes=attributes)

    def resume_upload(self, token: str, key: str, content: Content, *, limits: Limits | None = None) -> Upload:
        """Go on with an upload that an earlier call, perhaps in another process, began for the same key and content.

        What is there is proven part by part, which may take as long as reading it; ``limits`` can cancel that.

        Raises:
            UploadExpired: the far side no longer knows it.
        """
        with self.boundary(check_key(key)):
            return self._resume_upload(token, key, content, limits or Limits())

    def begin_upload(
        self,
        key: str,
        content: Content,
        *,
        temp: str = "",
        attributes: Mapping[str, str] = NO_ATTRIBUTES,
        resume_token: str = "",
        limits: Limits | None = None,
    ) -> Upload:
        """Resume an upload if there is a token and the far side still knows it, else start one.

        Raises:
            AlreadyExists: the key is taken, perhaps by this very upload, whose commit went well and was not heard of.
        """
        if resume_token:
            try:
                return self.resume_upload(resume_token, key, content, limits=limits)
            except UploadExpired:
                if self.exists(key):
                    raise AlreadyExists(
                        f"{self.name} has a file {key!r} already.",
                        "Nothing is ever overwritten.",
                        location=self.name,
                        key=key,
                    ) from None
        return self.start_upload(key, content, temp=temp, attributes=attributes)

    @property
    def commit_together(self) -> CommitTogether | None:
        """Commits several complete uploads sooner than as many threads would; None if it would not, just now.

        It returns an entry or an error for each. At the same moment it is equal to itself.
        """
        return None

    def discard(self, token: str, *, key: str = "") -> bool:
        """Remove an unfinished upload; one that is gone already is fine, one that is in use is left alone.

        False if it is known that nothing was removed; not every kind of location says.
        """
        with self.boundary(key):
            return self._discard(token, key) is not False

    def list_unfinished(self, key: str = "") -> Iterator[Unfinished]:
        """The uploads that were begun and not ended, by any process; with ``key``, those that may be its."""
        with self.boundary(check_key(key) if key else ""):
            yield from self._list_unfinished(key)

    def put_many(self, feed: Feed[PutItem], limits: Limits) -> Iterator[Outcome[PutItem]]:
        """Store the items of a feed; one outcome each, as they end, until the feed is closed or the limits cancel.

        Every byte is hashed on the way and compared before anything is committed. A key that exists with the same
        bytes is a success. Every item that was taken gets its outcome. Closing the iterator stops the work.
        """
        from audiotui.backends.moving import put_many

        return put_many(self, feed, limits)

    def get_many(self, feed: Feed[GetItem], limits: Limits) -> Iterator[Outcome[GetItem]]:
        """Copy the items of a feed into their sinks, on the same terms as ``put_many``; sinks are committed."""
        from audiotui.backends.moving import get_many

        return get_many(self, feed, limits)

    def persist(self, key: str) -> None:
        """Make durable what another attempt stored and perhaps did not live to sync."""
        with self.boundary(check_key(key)):
            self._persist(key)

    def delete(self, key: str, *, if_etag: str = "") -> None:
        """Remove a file; one that is missing is fine. SourceChanged if ``if_etag`` is given and it is another one."""
        with self.boundary(check_key(key)):
            self._delete(key, if_etag)

    def move(self, key: str, new_key: str, *, if_etag: str = "") -> Entry:
        """Give a file another key, unless that is taken (AlreadyExists)."""
        with self.boundary(check_key(key)):
            return self._move(key, check_key(new_key), if_etag)

    def checksum(self, key: str) -> Checksum:
        """What the storage measures over the bytes it holds. Needs Capability.CHECKSUM."""
        self._require(Capability.CHECKSUM, "measure the files it holds")
        return self.asked(check_key(key), lambda: self._checksum(key))

    def presign(self, key: str, seconds: int) -> SecretStr:
        """A link that reads the file without a credential for so long. Needs Capability.PRESIGN."""
        self._require(Capability.PRESIGN, "make links")
        with self.boundary(check_key(key)):
            return self._presign(key, seconds)

    def probe(self) -> Mapping[str, str]:
        """What the far side turned out to be able to do, as words for people; {} for kinds that have nothing to ask."""
        with self.boundary(""):
            return self._probe()

    def asked(self, key: str, ask: Callable[[], T], *, patience_s: float = PATIENCE_S) -> T:
        """The answer to what changes nothing; a location that is not of this machine is asked again if it fails soon.

        ``patience_s`` is how soon.
        """

        def once() -> T:
            with self.boundary(key):
                return ask()

        return once() if Capability.DIRECT in self.capabilities else asked_again(once, patience_s=patience_s)

    def _require(self, capability: Capability, ability: str) -> None:
        if capability not in self.capabilities:
            raise NotSupported(
                f"{self.name} ({self.kind}) cannot {ability}.", "Use a location that can.", location=self.name
            )

    def _open_source(self, key: str) -> Source:
        from audiotui.backends.sources import RangeSource

        return RangeSource(self, self._stat(key))


def open_backend(name: str, options: Options, *, library_id: str = "", used_before: bool = False) -> Backend:
    """The backend of a configured location; it connects on first use.

    Raises:
        NotSupported: this version of audiotui has no backend for the kind.
    """
    from audiotui.backends.options import KINDS

    spec = KINDS[options.kind]
    if not spec.ready:
        ready = " or ".join(sorted(kind for kind, spec in KINDS.items() if spec.ready))
        raise NotSupported(
            f"Cannot use {name}: this version of audiotui cannot yet move files to {spec.title}.",
            f"Use a location of type {ready}, for example another folder or disk.",
            location=name,
        )
    module, _, class_name = spec.backend.partition(":")
    backend: Backend = getattr(importlib.import_module(module), class_name)(
        name, options, library_id=library_id, used_before=used_before
    )
    return backend


def _checked(temp: str) -> str:
    return check_temp_name(temp) if temp else temp
