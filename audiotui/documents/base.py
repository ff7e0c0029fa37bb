"""The contract of a store of documents: what the service asks of it, and the promises that all of them keep.

- A write names what it expects to find, and has no effect where something else is there: nothing is ever lost.
- What was written survives the death of any process; ``make_durable`` says when it survives a power cut.
- Every query names its customer. Only the calls for upkeep, which the service never offers to a customer, do not.
- No error of a driver escapes; each becomes DatabaseFailed (or a catalog error) that says whether a retry can help.
- All methods may be called from any thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from types import TracebackType

    from audiotui.documents.asset import Asset
    from audiotui.documents.unreadable import Unreadable

AssetId = tuple[str, str]
"""Customer and asset."""

PAGE = 500
"""So many documents are read at once where all are gone through."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write: ``before`` is what the writer has read (None: nothing is there), ``after`` what shall be there."""

    before: Asset | None
    after: Asset | None

    @property
    def id(self) -> AssetId:
        """Which asset it is about."""
        asset = self.after or self.before
        if asset is None:
            raise ValueError("a change from nothing to nothing")
        return asset.customer_id, asset.asset_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which visible assets of one customer; what is None does not matter."""

    customer_id: str
    user_id: str | None = None
    folder: str | None = None
    """Those in it and in the folders below it; all are below ''."""
    tag: str | None = None
    voice: str | None = None
    text: str = ""
    """A part of the text, in any case."""
    generation_hash: str | None = None
    is_deleted: bool | None = False


@dataclass(frozen=True, slots=True)
class Totals:
    """How many assets, and the bytes of all their files."""

    count: int
    size_bytes: int


class Documents(ABC):
    """A store of documents. It connects on first use; close it, or use it as a context manager.

    Where one document is asked for, or a change is made, one that cannot be read is an UnreadableDocument; where many
    are listed, it is left out, and the log tells.
    """

    name: str
    """What messages call it; holds no secret."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def get(self, customer_id: str, asset_id: str) -> Asset | None:
        """One document, visible or not."""

    @abstractmethod
    def get_many(self, ids: Collection[AssetId]) -> dict[AssetId, Asset]:
        """Those documents of several that are there."""

    @abstractmethod
    def write(self, changes: Sequence[Change]) -> list[bool]:
        """Make changes to different assets; for each, whether it took effect (False: something else was there).

        A change that is there already, because an answer was lost, counts as made.
        """

    @abstractmethod
    def find(self, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Asset]:
        """A page of assets, newest first."""

    @abstractmethod
    def totals(self, wanted: Wanted) -> Totals:
        """The size of what ``find`` would give."""

    @abstractmethod
    def unfinished(self) -> Iterator[Asset]:
        """Every document of any customer that has work left, streamed; for upkeep."""

    @abstractmethod
    def everything(self, unreadable: Unreadable | None = None) -> Iterator[Asset]:
        """Every document of any customer by id, streamed; for upkeep. ``unreadable`` hears of those that are none."""

    @abstractmethod
    def identity(self) -> str:
        """What tells this store from every other, by whatever address it is reached; made by the first who asks."""

    @abstractmethod
    def ping(self) -> None:
        """Raise if it cannot be used now."""

    def make_durable(self) -> None:  # noqa: B027 - a default, not a gap
        """Return once no power cut can take back what was written; stores that write so have nothing to do."""

    def close(self) -> None:  # noqa: B027 - ditto
        """Give back connections; a later use opens them again."""
