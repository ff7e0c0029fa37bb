"""Copies of a library in use."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from audiotui.core.backup import copy_library
from audiotui.core.catalog import Catalog
from audiotui.core.database import Database, sqlite3
from audiotui.core.migrations import migrate
from audiotui.errors import CatalogDamaged, CatalogError, InvalidInput, NotACatalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "library.db") as opened:
        migrate(opened)
        with opened.write() as connection:
            connection.execute("INSERT INTO tags (name) VALUES ('one')")
        yield opened


def tags_in(path: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.execute("SELECT name FROM tags ORDER BY id"))
    finally:
        connection.close()


def test_a_backup_is_one_private_file_with_all_that_was_committed(database: Database, tmp_path: Path) -> None:
    backup = copy_library(database, tmp_path / "backups" / "today.db")

    assert tags_in(backup) == [("one",)]
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in backup.parent.iterdir()] == ["today.db"]


def test_a_backup_taken_while_others_write_is_one_state(database: Database, tmp_path: Path) -> None:
    stop = threading.Event()

    def write_pairs() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with database.write() as connection:
                rows = [(f"a{number}",), (f"b{number}",)]
                connection.executemany("INSERT INTO tags (name) VALUES (?)", rows)

    thread = threading.Thread(target=write_pairs)
    thread.start()
    counts = [len(tags_in(copy_library(database, tmp_path / "backup.db"))) for _ in range(10)]
    stop.set()
    thread.join()

    assert all(count % 2 == 1 for count in counts)


def test_a_new_backup_replaces_an_older_one(database: Database, tmp_path: Path) -> None:
    copy_library(database, tmp_path / "backup.db")
    with database.write() as connection:
        connection.execute("INSERT INTO tags (name) VALUES ('two')")

    copy_library(database, tmp_path / "backup.db")

    assert tags_in(tmp_path / "backup.db") == [("one",), ("two",)]


def test_a_backup_that_fails_keeps_the_older_one(database: Database, tmp_path: Path) -> None:
    backup = copy_library(database, tmp_path / "backup.db")
    content = database.path.read_bytes()
    database.close()
    database.path.write_bytes(content[: len(content) // 2])

    with Database(database.path) as damaged, pytest.raises(CatalogDamaged):
        copy_library(damaged, backup)

    assert tags_in(backup) == [("one",)]
    assert sorted(path.name for path in tmp_path.glob("*backup*")) == ["backup.db"]


def test_a_file_that_is_no_library_is_never_overwritten(database: Database, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(NotACatalog):
        copy_library(database, tmp_path / "thesis.txt")

    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_another_library_and_its_backups_are_never_overwritten(database: Database, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    Catalog(other).close()
    before = other.read_bytes()

    with pytest.raises(InvalidInput, match="another library"):
        copy_library(database, other)

    assert other.read_bytes() == before


def test_a_library_is_not_backed_up_to_itself(database: Database, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(database.path)

    with pytest.raises(InvalidInput, match="to itself"):
        copy_library(database, tmp_path / "link.db")


def test_a_backup_into_a_place_that_cannot_be_written_says_so(database: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(CatalogError, match="Cannot write the backup"):
        copy_library(database, tmp_path / "file" / "backup.db")
