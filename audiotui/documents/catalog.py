"""Documents in the catalog's ``assets`` table: the default, for a service without a MongoDB."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from audiotui.core.encoding import from_ms, stored_json, stored_text, to_ms
from audiotui.documents.base import PAGE, AssetId, Change, Documents, Totals, Wanted
from audiotui.documents.encoding import asset_of, document_of, fold
from audiotui.documents.unreadable import read_as_ours, readable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from audiotui.core.database import Database, sqlite3
    from audiotui.documents.asset import Asset
    from audiotui.documents.unreadable import Unreadable

_TIMES = ("created_at", "updated_at", "version_created_at", "lease_until")

_COLUMNS = (
    "customer_id, asset_id, revision, user_id, folder, voice, search, generation_hash, total_size, created_at, "
    "is_deleted, is_visible, has_work, document"
)
_INSERT = f"INSERT OR IGNORE INTO assets ({_COLUMNS}) VALUES ({', '.join('?' * 14)})"
_UPDATE = f"""
UPDATE assets SET ({_COLUMNS}) = ({", ".join("?" * 14)})
WHERE customer_id = ? AND asset_id = ? AND revision = ? AND created_at = ?
"""
_DELETE = "DELETE FROM assets WHERE customer_id = ? AND asset_id = ? AND revision = ? AND created_at = ?"
_GET = "SELECT document FROM assets WHERE customer_id = ? AND asset_id = ?"


class CatalogDocuments(Documents):
    """Documents in an open library, which its owner closes."""

    name = "the catalog"

    def __init__(self, database: Database, library_id: str) -> None:
        self._database = database
        self._library_id = library_id

    def get(self, customer_id: str, asset_id: str) -> Asset | None:
        """One document, visible or not."""
        with self._database.read() as connection:
            row = connection.execute(_GET, (customer_id, asset_id)).fetchone()
        return None if row is None else _asset(row[0], key=f"{customer_id}/{asset_id}")

    def get_many(self, ids: Collection[AssetId]) -> dict[AssetId, Asset]:
        """Those documents of several that are there."""
        with self._database.read() as connection:
            rows = {one: connection.execute(_GET, one).fetchone() for one in ids}
        return {one: _asset(row[0], key="/".join(one)) for one, row in rows.items() if row is not None}

    def write(self, changes: Sequence[Change]) -> list[bool]:
        """Make changes, all in one transaction; for each, whether it took effect."""
        with self._database.write() as connection:
            return [_write(connection, change) for change in changes]

    def find(self, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Asset]:
        """A page of assets, newest first."""
        where, values = _conditions(wanted)
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT document FROM assets WHERE {where} ORDER BY created_at DESC, asset_id LIMIT ? OFFSET ?",
                (*values, limit, offset),
            ).fetchall()
        return list(readable(_asset, (row[0] for row in rows)))

    def totals(self, wanted: Wanted) -> Totals:
        """The size of what ``find`` would give."""
        where, values = _conditions(wanted)
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT count(*), coalesce(sum(total_size), 0) FROM assets WHERE {where}", values
            ).fetchone()
        return Totals(*row)

    def unfinished(self) -> Iterator[Asset]:
        """Every document that has work left."""
        return self._all("has_work")

    def everything(self, unreadable: Unreadable | None = None) -> Iterator[Asset]:
        """Every document, by id."""
        return self._all("1", unreadable)

    def identity(self) -> str:
        """The id of the library."""
        return self._library_id

    def ping(self) -> None:
        """Raise a catalog error if the library cannot be read."""
        with self._database.read() as connection:
            connection.execute("SELECT 1 FROM assets LIMIT 1")

    def make_durable(self) -> None:
        """Return once no power cut can take back what was written."""
        self._database.make_durable()

    def _all(self, where: str, unreadable: Unreadable | None = None) -> Iterator[Asset]:
        after: AssetId = ("", "")
        while True:
            with self._database.read() as connection:
                rows = connection.execute(
                    f"SELECT document, customer_id, asset_id FROM assets WHERE {where} "
                    "AND (customer_id, asset_id) > (?, ?) ORDER BY customer_id, asset_id LIMIT ?",
                    (*after, PAGE),
                ).fetchall()
            yield from readable(lambda row: _asset(row[0], key=f"{row[1]}/{row[2]}"), rows, unreadable)
            if len(rows) < PAGE:
                return
            after = tuple(rows[-1][1:])


def _write(connection: sqlite3.Connection, change: Change) -> bool:
    before, after = change.before, change.after
    # One that was removed and saved again was created at another time.
    expected = () if before is None else (*change.id, before.revision, to_ms(before.created_at))
    if after is None:
        made = connection.execute(_DELETE, expected)
    else:
        made = connection.execute(_INSERT if before is None else _UPDATE, (*_row(after), *expected))
    if made.rowcount:
        return True
    row = connection.execute(_GET, change.id).fetchone()
    return (None if row is None else _asset(row[0])) == after  # an interrupt may have hidden that it was written


def _row(asset: Asset) -> tuple[Any, ...]:
    document = document_of(asset)
    generation = document.get("generation", {})
    return (
        asset.customer_id,
        asset.asset_id,
        asset.revision,
        document.get("user_id", ""),
        stored_text(asset.folder),
        stored_text(generation.get("voice", "")),
        stored_text(document["search"]),
        document.get("generation_hash", ""),
        document["total_size"],
        to_ms(asset.created_at),
        int(asset.is_deleted),
        int(asset.is_visible),
        int(asset.has_work),
        stored_json(_with_times(document, datetime, to_ms)),
    )


def _asset(stored: str, *, key: str = "an asset") -> Asset:
    with read_as_ours(key):
        return asset_of(_with_times(json.loads(stored), int, from_ms))


def _with_times(document: dict[str, Any], kind: type[Any], convert: Any) -> dict[str, Any]:
    """The document with its times in another form; nowhere else does it hold any."""
    changed = {
        name: convert(value) if name in _TIMES and isinstance(value, kind) else value
        for name, value in document.items()
    }
    for name in ("versions", "renditions"):
        if name in changed:
            changed[name] = [_with_times(one, kind, convert) for one in changed[name]]
    if changed.get("pending"):
        changed["pending"] = _with_times(changed["pending"], kind, convert)
    return changed


def _conditions(wanted: Wanted) -> tuple[str, list[Any]]:
    """The WHERE of a query and its parameters; the customer always comes first."""
    parts, values = ["customer_id = ? AND is_visible"], [wanted.customer_id]
    for column, value in (
        ("user_id", wanted.user_id),
        ("voice", wanted.voice),
        ("generation_hash", wanted.generation_hash),
        ("is_deleted", None if wanted.is_deleted is None else int(wanted.is_deleted)),
    ):
        if value is not None:
            parts.append(f"{column} = ?")
            values.append(stored_text(value) if isinstance(value, str) else value)  # type: ignore[arg-type]
    if wanted.folder:
        parts.append("(folder = ? OR substr(folder, 1, ?) = ?)")
        below = f"{stored_text(wanted.folder)}/"
        values += [stored_text(wanted.folder), len(below), below]  # type: ignore[list-item]
    if wanted.tag is not None:
        parts.append("EXISTS (SELECT 1 FROM json_each(document, '$.tags') AS tag WHERE tag.value = ?)")
        values.append(wanted.tag)
    if wanted.text:
        parts.append("instr(search, ?) > 0")
        values.append(stored_text(fold(wanted.text)))
    return " AND ".join(parts), values
