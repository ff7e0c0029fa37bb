"""What an object store is asked beside the bytes of files. Each kind answers it with its own SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime


class Head(NamedTuple):
    """One object as its store describes it; digests in hex, '' where it has none."""

    name: str
    size_bytes: int
    etag: str
    modified_at: datetime | None = None
    version_id: str = ""
    sha256: str = ""
    """Measured by the store over all bytes."""
    composite_sha256: str = ""
    """Over the digests of the parts."""
    noted_sha256: str = ""
    """What audiotui wrote beside the object when it stored it."""
    attributes: Mapping[str, str] | None = None
    """All that was written beside it; None in listings, which do not tell."""


class Control(Protocol):
    """The calls that move no file. Names are whole: prefix and key. Errors are the SDK's."""

    def head(self, name: str) -> Head:
        """What lies under a name."""

    def list(self, prefix: str) -> Iterator[Head]:
        """Everything whose name begins with the prefix."""

    def copy(self, name: str, new_name: str, *, etag: str) -> None:
        """Copy an object of this version inside the bucket."""

    def delete(self, name: str) -> None:
        """Remove what lies under a name, if anything does."""

    def presign(self, name: str, seconds: int, *, content_type: str) -> str:
        """A link that reads it, and says that it is of the media type."""

    def bucket_exists(self) -> bool:
        """Whether the bucket is there."""

    def create_bucket(self) -> None:
        """Make the bucket."""

    def put_with_wrong_sum(self, name: str) -> None:
        """Send an object whose SHA-256 is not the one that the request names; a good store refuses it."""
