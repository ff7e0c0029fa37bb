"""How rows of one kind look as a listing: columns for people and for scripts, and a record for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from audiotui.errors import InvalidInput
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row = TypeVar("Row")


def plain(value: object) -> str:
    """A value as scripts read it: '' for none, ``true`` and ``false``, parts joined by commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return ",".join(map(plain, value))
    return str(value)


class Column(NamedTuple):
    """One column: what it shows of a row, and how much room it takes in a terminal."""

    value: str
    """The attribute of the row."""
    heading: str
    show: Callable[[Any], str] = plain
    """How people read the value."""
    exact: Callable[[Any], str] = plain
    """How scripts read it."""
    width: int = 0
    """At most so many cells; the one column with 0 takes what the others leave."""
    right: bool = False
    optional: bool = False
    """Left out where the terminal is narrow; the last such column goes first."""


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """The looks of one kind of rows."""

    columns: tuple[Column, ...]
    record: Callable[[Row], dict[str, Any]]
    """All that is known of a row, as JSON sees it."""

    def tab_lines(self, rows: Iterable[Row]) -> Iterator[str]:
        """Rows as lines of tab-separated exact values."""
        values_of = self.values
        exacts = [column.exact for column in self.columns]
        for row in rows:
            yield "\t".join([safe_text(exact(value)) for exact, value in zip(exacts, values_of(row), strict=True)])

    @property
    def values(self) -> Callable[[Row], tuple[Any, ...]]:
        """A function that reads the values of all columns off a row."""
        attributes = [column.value for column in self.columns]
        getter = attrgetter(*attributes)
        return getter if len(attributes) > 1 else lambda row: (getter(row),)

    def ordered(self, rows: Iterable[Row], sort: str) -> list[Row]:
        """Rows sorted by a key of their record, descending after a ``-``; rows without a value come last.

        Raises:
            InvalidInput: no column is called so.
        """
        reverse = sort.startswith("-")
        key = sort.removeprefix("-")
        keyed = [(self.record(row).get(key, _UNKNOWN), row) for row in rows]
        if any(value is _UNKNOWN for value, _ in keyed):
            known = ", ".join(name for name, value in self.record(keyed[0][1]).items() if not isinstance(value, dict))
            raise InvalidInput(f"There is nothing called {key!r} to sort by.", f"Sort by one of: {known}.")
        valued = [pair for pair in keyed if pair[0] is not None]
        valued.sort(key=lambda pair: _comparable(pair[0]), reverse=reverse)
        return [row for _, row in valued] + [row for value, row in keyed if value is None]


_UNKNOWN = object()


def _comparable(value: object) -> tuple[float, str]:
    if isinstance(value, int | float):
        return float(value), ""
    return 0.0, plain(value).casefold()
