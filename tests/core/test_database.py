"""Connections and transactions of one SQLite file, in one process and in several."""

from __future__ import annotations

import gc
import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from audiotui.core import database as database_module
from audiotui.core.database import Database, check_sqlite_version, open_reader, sqlite3
from audiotui.core.libraryfile import is_on_network
from audiotui.core.migrations import migrate
from audiotui.core.orm import peewee
from audiotui.core.tables import Tags
from audiotui.errors import CatalogBusy, CatalogDamaged, CatalogError, CatalogReadOnly, NotACatalog
from tests.core.processes import Child
from tests.faults import small_disk


def make_empty_library(path: Path) -> None:
    with Database(path) as database:
        migrate(database)


def tag_names(database: Database) -> list[str]:
    return [name for (name,) in database.connection().execute("SELECT name FROM tags ORDER BY name")]


def add_tag(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO tags (name) VALUES (?)", (name,))


def add_tag_and_fail(database: Database) -> None:
    with database.write():
        Tags.insert(name="half").execute(database.peewee)
        raise ZeroDivisionError


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        add_tag_and_fail(database)

    assert tag_names(database) == []


def test_a_part_of_a_transaction_can_fail_alone(database: Database) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO tags (name) VALUES ('whole')")
        with pytest.raises(ZeroDivisionError):
            add_tag_and_fail(database)

    assert tag_names(database) == ["whole"]


def test_reads_in_one_transaction_see_one_state_while_others_write(database: Database) -> None:
    with database.read() as connection:
        before = connection.execute("SELECT count(*) FROM tags").fetchone()
        writer = threading.Thread(target=add_tag, args=(database, "new"))
        writer.start()
        writer.join()
        inside = connection.execute("SELECT count(*) FROM tags").fetchone()

    assert (before, inside, tag_names(database)) == ((0,), (0,), ["new"])


def test_writing_inside_a_read_is_a_mistake_of_the_program(database: Database) -> None:
    with pytest.raises(RuntimeError), database.read(), database.write():
        pass


def test_peewee_takes_part_in_the_transaction_of_its_thread(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        add_tag_and_fail(database)

    assert tag_names(database) == []
    assert Tags.insert(name="whole").execute(database.peewee) == 1
    assert list(Tags.select().dicts().execute(database.peewee)) == [{"id": 1, "name": "whole"}]


def test_an_error_in_peewee_is_a_catalog_error_too(database: Database) -> None:
    with pytest.raises(CatalogError) as caught, database.write():
        Tags.insert(name=None).execute(database.peewee)

    assert "NOT NULL" in caught.value.message


def test_threads_have_their_own_connections_and_ended_ones_are_closed(database: Database) -> None:
    seen: list[sqlite3.Connection] = []

    for _ in range(3):
        thread = threading.Thread(target=lambda: seen.append(database.connection()))
        thread.start()
        thread.join()

    assert len(set(map(id, seen))) == 3
    for connection in seen[:2]:  # the third is closed when the next thread comes, or with the database
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT 1")


def test_closing_closes_the_connections_of_all_threads(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.db")
    migrate(database)
    seen = [database.connection()]
    thread = threading.Thread(target=lambda: seen.append(database.connection()))
    thread.start()
    thread.join()
    database.data_version()

    database.close()
    database.close()

    for connection in seen:
        with pytest.raises(sqlite3.ProgrammingError):
            connection.execute("SELECT 1")
    with pytest.raises(CatalogError, match="closed already"):
        database.connection()
    with pytest.raises(CatalogError, match="closed already"):
        database.data_version()
    gc.collect()  # an unclosed connection would warn now, and warnings are errors
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["library.db"]


def test_many_threads_that_write_lose_nothing(database: Database) -> None:
    def work(thread: int) -> None:
        for step in range(25):
            add_tag(database, f"{thread}-{step}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tag_names(database)) == 200


def test_another_process_that_keeps_the_lock_too_long_is_reported_as_busy(tmp_path: Path) -> None:
    with Database(tmp_path / "library.db", busy_timeout_s=0.05) as database:
        migrate(database)
        holder = Child(
            """
            from audiotui.core.database import Database
            with Database(path) as database, database.write():
                say("locked")
                sys.stdin.readline()
            """,
            database.path,
        )
        holder.next_value()

        with pytest.raises(CatalogBusy) as caught:
            add_tag(database, "late")
        holder.go()
        holder.finish()

    assert caught.value.retryable
    assert str(database.path) in caught.value.message


def test_a_thread_that_keeps_the_lock_too_long_is_reported_as_busy(tmp_path: Path) -> None:
    with Database(tmp_path / "library.db", busy_timeout_s=0.05) as database:
        migrate(database)
        caught: list[Exception] = []

        def work() -> None:
            try:
                add_tag(database, "late")
            except CatalogBusy as error:
                caught.append(error)

        thread = threading.Thread(target=work)
        with database.write():
            thread.start()
            thread.join()

    assert len(caught) == 1


def test_the_data_version_moves_with_every_commit_of_any_thread_and_process(database: Database) -> None:
    versions = [database.data_version()]
    add_tag(database, "own thread")
    versions.append(database.data_version())
    thread = threading.Thread(target=add_tag, args=(database, "other thread"))
    thread.start()
    thread.join()
    versions.append(database.data_version())
    Child(
        """
        from audiotui.core.database import Database
        with Database(path) as database, database.write() as connection:
            connection.execute("INSERT INTO tags (name) VALUES ('other process')")
        """,
        database.path,
    ).finish()
    versions.append(database.data_version())

    assert len(set(versions)) == 4
    assert database.data_version() == versions[-1]


def test_a_reader_cannot_write_but_may_use_temporary_tables(database: Database) -> None:
    add_tag(database, "one")
    reader = open_reader(database.path)

    reader.execute("CREATE TEMP TABLE result AS SELECT name FROM tags")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO tags (name) VALUES ('two')")

    assert reader.execute("SELECT * FROM result").fetchall() == [("one",)]
    reader.close()


def test_a_reader_of_what_is_no_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotACatalog):
        open_reader(tmp_path / "nothing.db")

    assert list(tmp_path.glob("*.db")) == []


def test_a_new_library_is_private_to_its_owner_and_makes_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b c?%23" / "library.db"

    with Database(path) as database:
        migrate(database)
        add_tag(database, "one")
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}

    assert modes == dict.fromkeys(("library.db", "library.db-wal", "library.db-shm"), 0o600)


def test_a_path_that_is_no_valid_utf8_works(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.db")

    with Database(path) as database:
        migrate(database)
        add_tag(database, "one")

    assert path.stat().st_size > 0


def test_a_missing_library_is_not_made_for_reading(tmp_path: Path) -> None:
    with pytest.raises(CatalogReadOnly):
        Database(tmp_path / "library.db", read_only=True)

    assert not (tmp_path / "library.db").exists()


def test_a_library_opened_for_reading_refuses_to_write(database: Database) -> None:
    add_tag(database, "one")

    with Database(database.path, read_only=True) as reading:
        migrate(reading)
        with pytest.raises(CatalogReadOnly), reading.write():
            pass
        names = tag_names(reading)

    assert names == ["one"]


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_library_that_cannot_be_written_can_be_read(tmp_path: Path, closed: str) -> None:
    folder = tmp_path / "shelf"
    with Database(folder / "library.db") as database:
        migrate(database)
        add_tag(database, "one")
    database.path.chmod(0o444)
    folder.chmod(0o755 if closed == "file" else 0o555)

    child = Child(
        """
        from audiotui.core.database import Database
        from audiotui.core.migrations import migrate
        from audiotui.errors import CatalogReadOnly
        with Database(path) as database:
            migrate(database)
            say(database.connection().execute("SELECT name FROM tags").fetchall())
            try:
                with database.write():
                    say("written")
            except CatalogReadOnly as error:
                say(error.message)
        """,
        database.path,
        obey_permissions=True,
    )
    rows, refusal = child.finish()
    folder.chmod(0o755)

    assert rows == [["one"]]
    assert "reading only" in refusal


def test_a_folder_in_which_no_library_can_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(CatalogReadOnly, match="Cannot create"):
        Database(tmp_path / "file" / "library.db")


def test_damage_is_reported_as_damage(database: Database) -> None:
    add_tag(database, "one")
    database.close()
    content = bytearray(database.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    database.path.write_bytes(content)

    with Database(database.path) as damaged, pytest.raises(CatalogDamaged, match="damaged"), damaged.read() as reading:
        reading.execute("SELECT * FROM tags").fetchall()


def test_a_full_disk_leaves_the_library_as_it_was(database: Database) -> None:
    add_tag(database, "one")
    pages = database.connection().execute("PRAGMA page_count").fetchone()[0]
    database.connection().execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(CatalogError, match="the disk is full") as caught:
        add_tag(database, "x" * 100_000)

    assert "nothing was changed" in caught.value.hint
    assert tag_names(database) == ["one"]
    add_tag(database, "two")


def test_a_disk_on_which_nothing_at_all_is_free_is_called_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 2 * 1024 * 1024) as folder:
        path = folder / "library.db"
        make_empty_library(path)
        with suppress(OSError), (folder / "the rest").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

        with pytest.raises(CatalogError, match="the disk is full") as caught, Database(path) as database:
            add_tag(database, "one")

        assert "Free some space" in caught.value.hint


def test_a_library_on_a_network_disk_works_without_a_write_ahead_log_and_with_a_warning(tmp_path: Path) -> None:
    make_empty_library(tmp_path / "library.db")
    with Database(tmp_path / "library.db") as database:
        database.connection().execute("PRAGMA journal_mode = DELETE")
        database.use_write_ahead_log(on_network=True)
        add_tag(database, "one")

        assert "only one machine" in database.warnings[-1]
        assert database.connection().execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert tag_names(database) == ["one"]


def test_a_network_disk_is_known_by_its_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nnas:/a /mnt/my\\040nas nfs4 rw 0 0\n/dev/sdb /mnt/my\\040nas/local ext4 rw 0 0\n"
    )

    assert is_on_network(Path("/mnt/my nas/library.db"), mounts)
    assert not is_on_network(Path("/mnt/my nas/local/library.db"), mounts)
    assert not is_on_network(Path("/mnt/other/library.db"), mounts)
    assert not is_on_network(Path("/mnt/my nas/library.db"), tmp_path / "no list")


def test_an_interrupted_query_stays_an_interrupted_query(database: Database) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    connection = database.connection()
    timer = threading.Timer(0.05, connection.interrupt)
    timer.start()

    with pytest.raises(sqlite3.OperationalError, match="interrupted"), database.read():
        connection.execute(endless).fetchone()
    timer.join()


def test_an_sqlite_that_is_too_old_is_refused_and_an_unsafe_one_gives_a_warning() -> None:
    with pytest.raises(CatalogError, match=r"3\.42\.0"):
        check_sqlite_version((3, 42, 0))

    check_sqlite_version((3, 43, 0))
    assert "3.51.2" in database_module.version_warnings((3, 51, 2))[0]
    assert database_module.version_warnings((3, 51, 3)) == ()


def test_every_connection_has_the_settings_that_the_library_relies_on(database: Database) -> None:
    wanted = {"journal_mode": "wal", "foreign_keys": 1, "trusted_schema": 0, "synchronous": 1, "busy_timeout": 30_000}

    found = {name: database.connection().execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}

    assert found == wanted


def test_peewee_is_loaded_by_the_first_query_that_needs_it_and_without_drivers_of_other_databases(
    database: Database,
) -> None:
    child = Child(
        """
        from audiotui.core.catalog import Catalog
        names = ("peewee", "psycopg", "psycopg2", "pymysql", "MySQLdb")
        with Catalog(path) as catalog:
            catalog.history()
            say([name for name in names if name in sys.modules])
            catalog.save_search("mine", "query")
            say([name for name in names if name in sys.modules])
        """,
        database.path,
    )

    assert child.finish() == [[], ["peewee"]]


def test_peewee_has_the_same_sqlite() -> None:
    assert vars(peewee)["sqlite3"] is sqlite3
