"""Creating, upgrading and refusing libraries."""

from __future__ import annotations

import hashlib
import os
import uuid
from typing import TYPE_CHECKING

import pytest

from audiotui.core.database import Database, sqlite3
from audiotui.core.migrations import MIGRATIONS, Migration, migrate, run_script
from audiotui.core.schema import APPLICATION_ID, VERSION
from audiotui.core.tables import TABLES
from audiotui.errors import CatalogBusy, CatalogDamaged, CatalogReadOnly, NotACatalog, SchemaTooNew
from tests.core.processes import Child

if TYPE_CHECKING:
    from pathlib import Path


def add_column(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE tags ADD COLUMN colour TEXT NOT NULL DEFAULT ''")


def fail(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE dirty")
    raise ZeroDivisionError


A_COPY_OF_VERSION_2 = """
INSERT INTO locations (uid, name, kind, created_at) VALUES ('u', 'local', 'local', 1);
INSERT INTO recordings (uid, created_at, updated_at) VALUES ('r', 1, 1);
INSERT INTO recording_files (recording_id, kind, size_bytes, sha256, created_at)
    VALUES (1, 'audio', 3, zeroblob(32), 1);
INSERT INTO copies (file_id, location_id, key, size_bytes, verified_at, state)
    VALUES (1, 1, 'file.wav', 3, 1000, 'present');
"""

UPGRADE = (*MIGRATIONS, Migration(VERSION + 1, add_column))
FAILING_UPGRADE = (*UPGRADE, Migration(VERSION + 2, fail))


def make_library(path: Path) -> Path:
    with Database(path) as database:
        migrate(database)
        with database.write() as connection:
            connection.execute("INSERT INTO tags (name) VALUES ('old')")
    return path


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.is_file()}


def test_a_new_library_has_its_mark_its_version_and_an_id(tmp_path: Path) -> None:
    with Database(tmp_path / "library.db") as database:
        migrate(database)
        connection = database.connection()
        facts = dict(connection.execute("SELECT key, value FROM library"))

        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert uuid.UUID(facts["uuid"]).version == 4
        assert int(facts["created_at"]) > 1_700_000_000_000


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.db")
    before = digests(tmp_path)

    with Database(path) as database:
        migrate(database)

    assert digests(tmp_path) == before


def test_an_empty_file_becomes_a_library(tmp_path: Path) -> None:
    (tmp_path / "library.db").touch()

    make_library(tmp_path / "library.db")

    assert (tmp_path / "library.db").stat().st_size > 0


def test_processes_that_create_the_same_library_at_the_same_moment_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    script = """
        from audiotui.core.database import Database
        from audiotui.core.migrations import migrate
        say("ready")
        sys.stdin.readline()
        with Database(path) as database:
            migrate(database)
            with database.write() as connection:
                connection.execute("INSERT INTO tags (name) VALUES (?)", (arguments["name"],))
            say(database.connection().execute("SELECT value FROM library WHERE key = 'uuid'").fetchone()[0])
        """
    children = [Child(script, path, name=str(number)) for number in range(4)]
    for child in children:
        child.next_value()
    for child in children:
        child.go()

    ids = {child.finish()[0] for child in children}

    with Database(path) as database:
        assert len(ids) == 1
        assert database.connection().execute("SELECT count(*) FROM tags").fetchone() == (4,)
        assert database.connection().execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_upgrade_keeps_the_data_and_a_backup_of_the_old_library(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.db")

    with Database(path) as database:
        migrate(database, UPGRADE)
        upgraded = database.connection().execute("SELECT name, colour FROM tags").fetchall()

    with Database(tmp_path / f"library.db.before-v{VERSION + 1}") as backup:
        migrate(backup)
        kept = backup.connection().execute("SELECT * FROM tags").fetchall()
    assert upgraded == [("old", "")]
    assert kept == [(1, "old")]


def test_the_copies_of_an_older_library_keep_their_proofs_and_were_never_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with Database(path) as database:
        migrate(database, MIGRATIONS[:2])
        with database.write() as connection:
            run_script(connection, A_COPY_OF_VERSION_2)

    with Database(path) as database:
        migrate(database)
        rows = database.connection().execute("SELECT key, verified_at, looked_at FROM copies").fetchall()

    assert rows == [("file.wav", 1000, None)]


def test_an_upgrade_that_fails_leaves_the_library_as_it_was(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.db")

    with Database(path) as database, pytest.raises(ZeroDivisionError):
        migrate(database, FAILING_UPGRADE)

    with Database(path) as database:
        migrate(database)
        columns = [row[1] for row in database.connection().execute("PRAGMA table_info(tags)")]
    assert columns == ["id", "name"]


def test_an_upgrade_needs_a_library_that_can_be_written(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.db")

    with Database(path, read_only=True) as database, pytest.raises(CatalogReadOnly, match="must be upgraded"):
        migrate(database, UPGRADE)


def test_a_newer_library_is_refused_untouched(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.db")
    with Database(path) as database:
        database.connection().execute(f"PRAGMA user_version = {VERSION + 1}")
    before = digests(tmp_path)

    with Database(path) as database, pytest.raises(SchemaTooNew, match=f"version {VERSION + 1}"):
        migrate(database)

    assert digests(tmp_path) == before


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_the_database_of_another_program_is_refused_untouched(tmp_path: Path, journal_mode: str) -> None:
    path = tmp_path / "library.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal_mode}")
    connection.execute("CREATE TABLE recordings (id INTEGER PRIMARY KEY)")
    connection.close()
    before = digests(tmp_path)

    with pytest.raises(NotACatalog, match="another program's"):
        Database(path)

    assert digests(tmp_path) == before


@pytest.mark.parametrize(
    "content", [b"plain text\n" * 100, b"\0", b"SQLite format 3\0", b"RIFF\x24\x00\x00\x00WAVEfmt "]
)
def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(content)

    with pytest.raises(NotACatalog):
        Database(path)

    assert path.read_bytes() == content
    assert len(digests(tmp_path)) == 1


def test_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(NotACatalog, match="is a folder"):
        Database(tmp_path)
    with pytest.raises(NotACatalog, match="not a regular file"):
        Database(tmp_path / "pipe")


@pytest.mark.parametrize("kept_bytes", [200, 4096, 20_000])
def test_a_library_that_was_cut_off_is_reported_as_damaged_and_left_alone(tmp_path: Path, kept_bytes: int) -> None:
    path = make_library(tmp_path / "library.db")
    content = path.read_bytes()[:kept_bytes]
    path.write_bytes(content)

    with Database(path) as database, pytest.raises(CatalogDamaged):
        migrate(database)

    assert path.read_bytes() == content


def test_a_library_that_another_process_writes_for_too_long_is_reported_as_busy(tmp_path: Path) -> None:
    path = make_library(tmp_path / "library.db")
    database = Database(path, busy_timeout_s=0.05)

    with Database(path) as holder, holder.write(), database, pytest.raises(CatalogBusy):
        migrate(database, UPGRADE)


def test_the_tables_for_peewee_are_the_tables_of_the_schema(tmp_path: Path) -> None:
    with Database(make_library(tmp_path / "library.db")) as database:
        connection = database.connection()
        names = (
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'"
        )
        stored = {
            name: [(column, not notnull and not key) for _, column, _, notnull, _, key in columns]
            for (name,) in connection.execute(names).fetchall()
            for columns in [connection.execute(f"PRAGMA table_info({name})").fetchall()]
        }

    declared = {
        table._meta.table_name: [(field.column_name, field.null) for field in table._meta.sorted_fields]
        for table in TABLES
    }
    assert declared == stored
