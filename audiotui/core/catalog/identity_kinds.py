"""What is different between the two kinds of identities: their tables, their fields, and what makes two the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiotui.core.catalog import fields
from audiotui.core.catalog.values import ai_identity, rows_by_name, user_identity
from audiotui.errors import InvalidInput
from audiotui.model import AIIdentity, UserIdentity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from audiotui.core.database import sqlite3
    from audiotui.core.tables import AIIdentities, UserIdentities

Identity = AIIdentity | UserIdentity


@dataclass(frozen=True, slots=True)
class IdentityKind:
    """One kind of identities."""

    name: str
    title: str
    """What messages call one of them."""
    table: str
    link: str
    """The column of ``recordings`` that holds the row id of one."""
    fields: Mapping[str, Callable[[str, Any], Any]]
    labels: tuple[str, ...]
    """The columns that a search by name looks at."""
    unique: Callable[[Mapping[str, Any]], dict[str, str]]
    """The columns that make two the same, from all columns. Raises InvalidInput if they say nothing."""
    value: Callable[[dict[str, Any], int], Identity]

    @property
    def model(self) -> type[AIIdentities | UserIdentities]:
        """The table for peewee."""
        from audiotui.core.tables import AIIdentities, UserIdentities

        return AIIdentities if self.name == "ai" else UserIdentities

    def clean(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Columns from fields. Raises InvalidInput for a field that is unknown or cannot be taken."""
        return fields.clean(self.fields, given)

    def find(self, connection: sqlite3.Connection, unique: Mapping[str, str]) -> str | None:
        """The uid of the identity with these unique columns."""
        condition = " AND ".join(f"{name} = ?" for name in unique)
        row = connection.execute(f"SELECT uid FROM {self.table} WHERE {condition}", tuple(unique.values())).fetchone()
        return None if row is None else str(row[0])

    def row(self, connection: sqlite3.Connection, row_id: int) -> dict[str, Any]:
        """All columns of one identity, by name."""
        return rows_by_name(connection.execute(f"SELECT * FROM {self.table} WHERE id = ?", (row_id,)))[0]

    def load(self, connection: sqlite3.Connection, ids: Collection[int]) -> list[Identity]:
        """Identities with their numbers of recordings, in no order."""
        wanted = json.dumps(list(ids))
        counts = self.counts(connection, wanted)
        rows = connection.execute(f"SELECT * FROM {self.table} WHERE id IN (SELECT value FROM json_each(?))", (wanted,))
        return [self.value(row, counts.get(row["id"], 0)) for row in rows_by_name(rows)]

    def counts(self, connection: sqlite3.Connection, wanted: str | None = None) -> dict[int, int]:
        """Numbers of recordings that are not in the trash, by row id; of all identities, or those in a JSON list."""
        # Counted in the index of the link, less what is in the trash: reading a million rows would take seconds.
        chosen = "" if wanted is None else f"AND {self.link} IN (SELECT value FROM json_each(?1))"
        sql = f"""
            SELECT {self.link}, count(*) FROM recordings INDEXED BY recordings_{self.link.removesuffix("_id")}
            WHERE {self.link} IS NOT NULL {chosen} GROUP BY {self.link}
            UNION ALL
            SELECT {self.link}, -count(*) FROM recordings INDEXED BY recordings_trash
            WHERE deleted_at IS NOT NULL AND {self.link} IS NOT NULL GROUP BY {self.link}
        """
        totals: dict[int, int] = {}
        for row_id, count in connection.execute(sql, () if wanted is None else (wanted,)):
            totals[row_id] = totals.get(row_id, 0) + count
        return totals


def _unique_ai(columns: Mapping[str, Any]) -> dict[str, str]:
    if not columns["model"]:
        raise InvalidInput("An AI identity needs a model, and none was given.", 'Give one, such as --model "kokoro".')
    return {name: columns[name] for name in ("provider", "model", "voice")}


def _unique_user(columns: Mapping[str, Any]) -> dict[str, str]:
    names = (columns[name] for name in ("username", "first_name", "middle_name", "last_name"))
    unique = fields.unique_name(*names)
    if not unique:
        raise InvalidInput(
            "A person needs a name or a username, and none was given.", "Give --first-name or --username."
        )
    return {"unique_name": unique}


AI = IdentityKind(
    name="ai",
    title="AI identity",
    table="ai_identities",
    link="ai_identity_id",
    fields=fields.AI_IDENTITY_FIELDS,
    labels=("name", "voice", "model", "provider"),
    unique=_unique_ai,
    value=ai_identity,
)

HUMAN = IdentityKind(
    name="human",
    title="user identity",
    table="user_identities",
    link="user_identity_id",
    fields=fields.USER_IDENTITY_FIELDS,
    labels=("first_name", "middle_name", "last_name", "username"),
    unique=_unique_user,
    value=user_identity,
)

KINDS = {kind.name: kind for kind in (AI, HUMAN)}
"""Both kinds, by name."""
