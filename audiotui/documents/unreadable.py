"""Documents that other programs have made into something that no asset can be: told, and no trouble for the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from audiotui.errors import UnreadableDocument
from audiotui.text import briefly

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audiotui.documents.asset import Asset

StoredT = TypeVar("StoredT")

Unreadable = Callable[[UnreadableDocument], object]
"""Who hears of a document that cannot be read."""

_log = logging.getLogger(__name__)


@contextmanager
def read_as_ours(key: str) -> Iterator[None]:
    """Whatever keeps a document from being read as one that this library wrote is an UnreadableDocument."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UnreadableDocument(
            f"The document of {briefly(key)} is not of the form that this library writes "
            f"({type(error).__name__}: {briefly(str(error))}).",
            "Another program has changed it. Put it back from a backup, or remove it and its files.",
            key=key,
        ) from error


def readable(
    read: Callable[[StoredT], Asset | None], given: Iterable[StoredT], unreadable: Unreadable | None = None
) -> Iterator[Asset]:
    """The assets that some documents stand for; those that cannot be read are told, by default to the log."""
    for one in given:
        try:
            asset = read(one)
        except UnreadableDocument as error:
            (unreadable or _tell)(error)
            continue
        if asset is not None:
            yield asset


def _tell(error: UnreadableDocument) -> None:
    _log.warning("left out: %s", error.message)
