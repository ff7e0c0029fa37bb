"""Locations, as the catalog knows them: a name that copies refer to, and what it pointed at when it was first used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from audiotui.core.catalog import fields
from audiotui.core.catalog.base import CatalogPart
from audiotui.core.encoding import original_json, original_text, stored_text
from audiotui.errors import InvalidInput, SearchInterrupted
from audiotui.model import CopyState

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

COUNTED_COPIES = 50_000
"""Copies are counted so many at a time, in the order of the table: sorting all at once takes five times as long."""


@dataclass(frozen=True, slots=True)
class KnownLocation:
    """A location that the catalog has copies at, or may have."""

    id: int
    uid: str
    name: str
    kind: str
    fingerprint: str
    """What the name pointed at when it was first used: endpoint and bucket, host and path, device."""
    probe: dict[str, Any]
    """What was found out about it: what it can do, and how the last check and the last scan went."""


@dataclass(frozen=True, slots=True)
class CopyCounts:
    """Numbers of copies at a location; the bytes are those of present ones."""

    present: int = 0
    present_bytes: int = 0
    damaged: int = 0
    missing: int = 0
    trashed: int = 0

    def plus(self, state: CopyState, number: int, size_bytes: int) -> CopyCounts:
        """With so many more copies of a state."""
        more = {state.value: getattr(self, state.value) + number}
        if state is CopyState.PRESENT:
            more["present_bytes"] = self.present_bytes + size_bytes
        return replace(self, **more)


class LocationsPart(CatalogPart):
    """Reading and writing locations. What they are comes from the configuration; nothing here is a user's edit."""

    def ensure_location(self, name: str, kind: str, fingerprint: str) -> int:
        """The row id of a location, which is made if it is new.

        The first kind and fingerprint stay; compare them with ``location`` to see that a name points elsewhere now, and
        accept that with ``set_location_target``.
        """
        known = self.locations().get(name)
        if known is not None:
            return known
        if not name:
            raise InvalidInput("A location needs a name.", "Name it in the configuration.")
        row = (
            fields.new_uid(),
            fields.text("name", name),
            fields.text("kind", kind),
            fields.text("fingerprint", fingerprint),
            self._clock(),
        )
        with self.database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO locations (uid, name, kind, fingerprint, created_at) VALUES (?, ?, ?, ?, ?)", row
            )
            return self.locations()[name]

    def locations(self) -> dict[str, int]:
        """The row ids of all known locations by name."""
        with self.database.read() as connection:
            return {
                original_text(name): row_id for name, row_id in connection.execute("SELECT name, id FROM locations")
            }

    def location(self, name: str) -> KnownLocation | None:
        """One location, None if it was never used."""
        from audiotui.core.tables import Locations

        query = Locations.select().where(Locations.name == stored_text(name)).dicts()
        with self.database.read():
            row = next(iter(query.execute(self.database.peewee)), None)
        if row is None:
            return None
        return KnownLocation(
            id=row["id"],
            uid=row["uid"],
            name=original_text(row["name"]),
            kind=original_text(row["kind"]),
            fingerprint=original_text(row["fingerprint"]),
            probe=original_json(row["probe"]),
        )

    def set_location_target(self, name: str, kind: str, fingerprint: str) -> None:
        """Accept that a name points elsewhere now, and that its copies were taken there."""
        self._update_location(name, kind=fields.text("kind", kind), fingerprint=fields.text("fingerprint", fingerprint))

    def set_probe(self, name: str, probe: Mapping[str, Any]) -> None:
        """Remember what was found out about a location; facts that ``probe`` does not name stay."""
        with self.database.write():
            known = self.location(name)
            facts = {} if known is None else known.probe
            self._update_location(name, probe=fields.json_object("probe", {**facts, **probe}))

    def copy_counts(self, *, cancel: threading.Event | None = None) -> dict[str, CopyCounts]:
        """How many copies there are at each location that was ever used, by what is known of them.

        A million copies take half a second.

        Raises:
            SearchInterrupted: ``cancel`` was set.
        """
        with self.database.read() as connection:
            names = {row_id: name for name, row_id in self.locations().items()}
            counts = dict.fromkeys(names.values(), CopyCounts())
            (last_id,) = connection.execute("SELECT ifnull(max(id), 0) FROM copies").fetchone()
            for first in range(1, last_id + 1, COUNTED_COPIES):
                if cancel is not None and cancel.is_set():
                    raise SearchInterrupted("The copies were not counted to the end.", "Ask again.")
                for location_id, state, number, size_bytes in connection.execute(_COUNTS, (first, COUNTED_COPIES)):
                    name = names[location_id]
                    counts[name] = counts[name].plus(CopyState(state), number, size_bytes)
        return counts

    def _update_location(self, name: str, **columns: str) -> None:
        from audiotui.core.tables import Locations

        query = Locations.update(**columns).where(Locations.name == stored_text(name))
        with self.database.write():
            if query.execute(self.database.peewee) == 0:
                raise InvalidInput(f"The catalog does not know the location {name!r}.", "Open it once before.")


_COUNTS = """
SELECT location_id, state, count(*), sum(size_bytes) FROM copies WHERE id >= ?1 AND id < ?1 + ?2
GROUP BY location_id, state
"""
