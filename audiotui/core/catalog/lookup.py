"""From what people type, a uid or the beginning of one, to a row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audiotui.core.exact import UIDS_BETWEEN
from audiotui.errors import InvalidInput
from audiotui.text import briefly

if TYPE_CHECKING:
    from audiotui.core.database import sqlite3
    from audiotui.errors import AudiotuiError

SHORTEST_PREFIX = 4

_DIGITS = re.compile(r"[0-9a-f]{4,32}")
_GROUPS = (8, 12, 16, 20)
_NAMED = 3


def uid_prefix(typed: str) -> str | None:
    """The beginning of a uid as it is stored, from any case, with or without dashes; None if it is none.

    Raises:
        InvalidInput: it is not even a text.
    """
    if not isinstance(typed, str):
        raise InvalidInput(
            f"Cannot take the id {briefly(typed)}: it is no text.", "Give a UUID, or the beginning of one."
        )
    digits = typed.strip().lower().replace("-", "")
    if not _DIGITS.fullmatch(digits):
        return None
    groups = zip((0, *_GROUPS), (*_GROUPS, 32), strict=True)
    return "-".join(digits[start:end] for start, end in groups if digits[start:end])


def recordings_with_prefix(
    connection: sqlite3.Connection, prefix: str, condition: str = "TRUE"
) -> list[tuple[int, str]]:
    """Id and uid of the first few recordings whose uid begins so, and for which a condition holds."""
    sql = f"{UIDS_BETWEEN} AND {condition} ORDER BY uid LIMIT {_NAMED + 1}"
    return connection.execute(sql, _bounds(prefix)).fetchall()


def identities_with_prefix(connection: sqlite3.Connection, table: str, prefix: str) -> list[tuple[int, str]]:
    """The same for a table of identities."""
    sql = f"SELECT id, uid FROM {table} WHERE uid >= ? AND uid < ? ORDER BY uid LIMIT {_NAMED + 1}"
    return connection.execute(sql, _bounds(prefix)).fetchall()


def not_found(kind: type[AudiotuiError], what: str, typed: str, hint: str = "") -> AudiotuiError:
    """The error for an id that nothing has."""
    if not hint:
        short = uid_prefix(typed) is None
        plural = f"{what.removesuffix('y')}ies" if what.endswith("y") else f"{what}s"
        hint = f"Give at least {SHORTEST_PREFIX} digits of an id." if short else f"List the {plural} to see their ids."
    return kind(f"There is no {what} with the id {briefly(typed)}.", hint)


def ambiguity(whats: str, typed: str, uids: list[str]) -> tuple[str, str]:
    """Message and hint for a prefix that several ids have; ``whats`` is plural."""
    shown = ", ".join(uids[:_NAMED]) + (", …" if len(uids) > _NAMED else "")
    return f"Several {whats} have an id that begins with {briefly(typed)}: {shown}.", "Give more digits."


def _bounds(prefix: str) -> tuple[str, str]:
    return prefix, f"{prefix}g"  # which comes after every character of a uid
