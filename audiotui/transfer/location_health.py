"""The journal's table of how each location does, shared by all engines of this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from audiotui.transfer.leases import boot_id
from audiotui.transfer.pacing import Health

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.core.database import Database, sqlite3


class LocationHealth:
    """Reads and writes ``pacing.Health`` by location name. Made by ``Journal``."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def load(self, location: str) -> Health:
        """What is known of a location; of an earlier run of the machine, nothing."""
        with self._db.read() as connection:
            row = connection.execute(
                "SELECT health FROM locations WHERE name = ? AND boot = ?", (location, boot_id())
            ).fetchone()
        if row is None:
            return Health()
        values = json.loads(row[0])
        return Health(**{**values, "failures_s": tuple(values["failures_s"])})

    def down(self) -> frozenset[str]:
        """The locations that do not answer, as far as anybody knows."""
        with self._db.read() as connection:
            rows = connection.execute("SELECT name, health FROM locations WHERE boot = ?", (boot_id(),)).fetchall()
        return frozenset(name for name, health in rows if json.loads(health)["down_for_s"] > 0)

    def change(self, location: str, change: Callable[[Health], Health]) -> Health:
        """Let something that happened at a location change what all engines know of it; how it does now.

        Nothing that another engine learned in between is lost.
        """
        with self._db.write() as connection:
            old = self.load(location)
            if (new := change(old)) is not old:
                self._save(connection, location, new)
        return new

    def _save(self, connection: sqlite3.Connection, location: str, health: Health) -> None:
        connection.execute(
            """INSERT INTO locations (name, boot, health) VALUES (?, ?, ?)
                   ON CONFLICT (name) DO UPDATE SET boot = excluded.boot, health = excluded.health""",
            (location, boot_id(), json.dumps(asdict(health))),
        )
