"""The write-ahead log during and after a bulk of writes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from audiotui.core.database import Database
from audiotui.core.migrations import migrate
from tests.faults import small_disk
from tests.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(10_000))


def tag_names(database: Database) -> list[str]:
    return [name for (name,) in database.connection().execute("SELECT name FROM tags ORDER BY name")]


def test_the_log_may_grow_only_during_a_bulk_of_writes(database: Database) -> None:
    def limit() -> int:
        pages: int = database.connection().execute("PRAGMA wal_autocheckpoint").fetchone()[0]
        return pages

    usual = limit()
    with database.bulk_of_writes():
        in_bulk = limit()

    assert usual < in_bulk
    assert limit() == usual


def test_after_a_bulk_of_writes_nobody_has_to_copy_the_log(database: Database) -> None:
    with database.bulk_of_writes():
        for number in range(50):
            with database.write() as connection:
                connection.execute("INSERT INTO tags (name) VALUES (?)", (f"{number} {'x' * 10_000}",))

    _, in_log, copied = database.connection().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    assert in_log == copied
    assert b"49 xxx" in database.path.read_bytes()


def test_the_log_is_copied_while_a_bulk_of_writes_goes_on(database: Database) -> None:
    with database.bulk_of_writes():
        with database.write() as connection:
            connection.execute("INSERT INTO tags (name) VALUES (?)", ("copied early",))

        eventually(lambda: b"copied early" in database.path.read_bytes())


def test_a_bulk_of_writes_that_fills_the_disk_at_its_end_is_safe_in_the_log(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 3_000_000) as folder, Database(folder / "library.db") as database:
        migrate(database)
        filler = folder / "filler"
        with database.bulk_of_writes():
            with database.write() as connection:
                connection.executemany(
                    "INSERT INTO tags (name) VALUES (?)", [(f"{n} {'x' * 5_000}",) for n in range(150)]
                )
            fill(filler)

        assert len(tag_names(database)) == 150
        filler.unlink()
        assert len(tag_names(database)) == 150
