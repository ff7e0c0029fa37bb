"""What a kind of location fills in: the steps behind the verbs of ``base``, whose names begin with an underscore.

They are called inside the location's boundary, so they raise what their SDK or the system raises, and ``_translate``
says what that means to a person. Keys are checked already. Those without a body every kind has to have.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from audiotui.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from audiotui.backends.items import Capability, Checksum, Content, Entry, Pace, Piece, Unfinished
    from audiotui.backends.limits import Limits
    from audiotui.backends.upload import Upload
    from audiotui.errors import AudiotuiError
    from audiotui.model import SecretStr


class Hooks(ABC):
    """The part of ``Backend`` that is written once for each kind of location."""

    kind: ClassVar[str]
    capabilities: frozenset[Capability] = frozenset()
    requests: ClassVar[int] = 16
    """How many files or parts at a time suit it: enough to hide the way that its answers have."""

    name: str
    """What the configuration calls the location."""

    def _translate(self, error: Exception, key: str) -> AudiotuiError:
        """The error for people that stands for one of the storage; by default, one that is not tried again.

        A kind overrides it with its own table and falls back to this.
        """
        about = f" {key!r}" if key else ""
        return LocationError(
            f"{self.name} ({self.kind}) failed{about}: {type(error).__name__}: {error}.",
            "Run the command again with -v; if it happens again, report it as an error in audiotui.",
            location=self.name,
            key=key,
        )

    @abstractmethod
    def _open(self) -> None: ...

    def _close(self) -> None:  # noqa: B027 - a default, not a gap
        """Kinds without connections have nothing to close."""

    def _read_into(self, key: str, take: Callable[[Piece], object], offset: int, length: int, if_etag: str) -> None:
        for piece in self._read(key, offset, length, if_etag):
            take(piece)

    def _get_ready(self) -> None:  # noqa: B027 - a default, not a gap
        """What ``get_ready`` does, for kinds where it takes some requests."""

    def _claim(self) -> None:  # noqa: B027 - a default, not a gap
        """Kinds without a mark of use have nothing to leave."""

    def _is_shared(self) -> bool:
        return False

    def _probe(self) -> Mapping[str, str]:
        return {}

    def _persist(self, key: str) -> None:  # noqa: B027 - a default, not a gap
        """Kinds whose commits are durable at once have nothing to do."""

    def _checksum(self, key: str) -> Checksum:
        raise NotImplementedError

    def _presign(self, key: str, seconds: int) -> SecretStr:
        raise NotImplementedError

    @abstractmethod
    def _stat(self, key: str) -> Entry: ...

    @abstractmethod
    def _list(self, prefix: str) -> Iterator[Entry]: ...

    @abstractmethod
    def _read(self, key: str, offset: int, length: int | None, if_etag: str) -> Iterator[bytes]: ...

    @abstractmethod
    def _put_small(
        self, key: str, data: bytes, *, sha256: str, temp: str, attributes: Mapping[str, str], pace: Pace | None
    ) -> Entry: ...

    @abstractmethod
    def _start_upload(self, key: str, content: Content, *, temp: str, attributes: Mapping[str, str]) -> Upload: ...

    @abstractmethod
    def _resume_upload(self, token: str, key: str, content: Content, limits: Limits) -> Upload: ...

    @abstractmethod
    def _discard(self, token: str, key: str) -> bool | None: ...

    @abstractmethod
    def _list_unfinished(self, key: str) -> Iterator[Unfinished]: ...

    @abstractmethod
    def _delete(self, key: str, if_etag: str) -> None: ...

    @abstractmethod
    def _move(self, key: str, new_key: str, if_etag: str) -> Entry: ...
