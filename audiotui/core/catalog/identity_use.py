"""What an identity is used for, and which other one the same fields would name; reading only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiotui.core.catalog.identities import find_identity
from audiotui.core.catalog.identity_kinds import KINDS
from audiotui.core.encoding import optional_time, original_text
from audiotui.core.names import Names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from audiotui.core.database import Database

FOLDERS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class IdentityUse:
    """What an identity is used for."""

    recordings: int
    """Those in the trash not counted."""
    trashed: int
    duration_s: float
    """Of all recordings that are not in the trash."""
    last_at: datetime | None
    """When the newest of them was added."""
    folders: tuple[tuple[str, int], ...]
    """The folders with the most of them, and how many folders there are is ``folder_count``."""
    folder_count: int
    query: str
    """A query that finds its recordings and no others."""


def identity_use(database: Database, uid_or_prefix: str) -> IdentityUse:
    """What an identity is used for; one pass over its recordings.

    Raises:
        IdentityNotFound, AmbiguousId: none, or several fit.
    """
    with database.read() as connection:
        kind, row_id = find_identity(connection, uid_or_prefix)
        rows = connection.execute(
            f"""
            SELECT folder, count(*) - count(deleted_at), count(deleted_at),
                total(CASE WHEN deleted_at IS NULL THEN duration_s END),
                max(CASE WHEN deleted_at IS NULL THEN created_at END)
            FROM recordings WHERE {kind.link} = ? GROUP BY folder ORDER BY 2 DESC, folder
            """,
            (row_id,),
        ).fetchall()
        names = Names(connection)
        known = names.voices if kind.name == "ai" else names.users
        uid = str(kind.row(connection, row_id)["uid"])
    label = next(one.label for one in known if one.id == row_id)
    is_plain = bool(label) and label.isprintable()
    is_only_one = is_plain and [one.id for one in known if one.is_meant_by(label)] == [row_id]
    field = "voice" if kind.name == "ai" else "user"
    used = [row for row in rows if row[1]]
    return IdentityUse(
        recordings=sum(row[1] for row in rows),
        trashed=sum(row[2] for row in rows),
        duration_s=sum(row[3] for row in rows),
        last_at=optional_time(max((row[4] for row in used), default=None)),
        folders=tuple((original_text(row[0]), row[1]) for row in used[:FOLDERS_SHOWN]),
        folder_count=len(used),
        query='{}:"{}"'.format(field, label.replace('"', '""')) if is_only_one else f"{field}:{uid}",
    )


def same_identity(database: Database, kind_name: str, given: Mapping[str, Any]) -> str | None:
    """The uid of the identity that an identity with these fields would be the same as, None if it would be new.

    Raises:
        InvalidInput: an unknown field, a value that cannot be taken, or nothing that would identify it.
    """
    kind = KINDS[kind_name]
    columns = kind.clean(dict.fromkeys(kind.fields, "") | {"settings": {}} | dict(given))
    unique = kind.unique(columns)
    with database.read() as connection:
        return kind.find(connection, unique)
