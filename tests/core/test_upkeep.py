"""A library's identity, its health, its backup, and what the catalog's door promises."""

from __future__ import annotations

import random
import threading
import uuid
from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog import Catalog
from audiotui.core.database import sqlite3
from audiotui.core.index import NEWEST_ENTRY
from audiotui.core.search import open_searcher
from audiotui.errors import CatalogBusy, CatalogDamaged, CatalogError, CatalogReadOnly, NotACatalog
from audiotui.model import NewRecording
from tests.core.processes import Child
from tests.core.samples import add, found, index_words, new_file, read

if TYPE_CHECKING:
    from pathlib import Path


def test_a_library_keeps_its_id(catalog: Catalog) -> None:
    with Catalog(catalog.database.path) as again:
        assert uuid.UUID(again.library_id) == uuid.UUID(catalog.library_id)


def test_a_library_that_lost_its_id_is_damaged(catalog: Catalog) -> None:
    catalog.database.connection().execute("DELETE FROM library")

    with pytest.raises(CatalogDamaged, match="lost its id"):
        _ = catalog.library_id


def test_a_file_that_is_no_library_closes_everything_it_opened(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with Catalog(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(CatalogError, match="version 99"):
        Catalog(path)
    with pytest.raises(NotACatalog):
        Catalog(tmp_path)

    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["library.db"]


def test_a_backup_is_a_library_with_everything_in_it(catalog: Catalog, tmp_path: Path) -> None:
    row_id = add(catalog, "word", new_file("a"))

    path = catalog.backup(tmp_path / "backup.db")

    with Catalog(path) as backup:
        assert read(backup, row_id) == read(catalog, row_id)
        assert found(backup, "word") == [row_id]
        assert backup.library_id == catalog.library_id


def test_a_sound_library_has_nothing_to_report(catalog: Catalog) -> None:
    add(catalog, "x", new_file("a"))
    catalog.trash_recordings([add(catalog, "y")])

    assert catalog.check() == []


def test_what_is_wrong_with_a_library_is_told_in_sentences(catalog: Catalog) -> None:
    for text in ("one", "two", "three"):
        add(catalog, text, new_file(text))
    connection = catalog.database.connection()
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("UPDATE recording_files SET recording_id = 99 WHERE id = 1")
    connection.execute("DELETE FROM recordings_fts WHERE rowid = ?", (NEWEST_ENTRY - 2,))
    connection.execute("UPDATE recordings SET deleted_at = 5 WHERE id = 3")
    connection.execute("INSERT INTO dirty VALUES (1)")
    connection.execute("CREATE TRIGGER evil AFTER UPDATE ON recordings BEGIN DELETE FROM tags; END")

    assert catalog.check() == [
        "Row 1 of recording_files refers to a row of recordings that does not exist.",
        "The trigger evil is not audiotui's; somebody added it.",
        "Recordings that are missing in the search index: 1.",
        "Entries of the search index that belong to no recording outside the trash: 1.",
    ]
    assert catalog.dirty_count() == 1


def test_damage_in_the_file_is_told_and_not_raised(catalog: Catalog) -> None:
    catalog.add_recordings((NewRecording(text=f"text {n}" * 20), []) for n in range(500))
    path = catalog.database.path
    catalog.close()
    content = bytearray(path.read_bytes())
    content[200_000:220_000] = b"\xff" * 20_000
    path.write_bytes(content)

    with Catalog(path) as damaged:
        problems = damaged.check()

    assert problems
    assert any("damaged" in problem.lower() for problem in problems)


def test_damage_in_the_words_of_the_search_index_is_told(catalog: Catalog) -> None:
    for number in range(20):
        add(catalog, f"text {number}")
    catalog.database.connection().execute("UPDATE recordings_fts_data SET block = x'00' WHERE id > 10")

    problems = catalog.check()

    assert len(problems) == 1
    assert "recordings_fts" in problems[0]


def test_damage_in_the_search_index_is_told_and_mended_by_writing_it_anew(catalog: Catalog) -> None:
    for number in range(20):
        add(catalog, f"text {number}")
    before = index_words(catalog)
    connection = catalog.database.connection()
    connection.execute("DELETE FROM recordings_fts WHERE rowid > ?", (NEWEST_ENTRY - 10,))
    ghost = (NEWEST_ENTRY - 77, "ghost", "", "")
    connection.execute("INSERT INTO recordings_fts (rowid, title, text, facets) VALUES (?, ?, ?, ?)", ghost)
    assert len(catalog.check()) == 2

    assert catalog.rebuild_index() == 21

    assert catalog.check() == []
    assert index_words(catalog) == before


def test_a_library_that_cannot_be_written_can_be_read_and_says_so(catalog: Catalog) -> None:
    row_id = add(catalog, "word", new_file("a"))

    with Catalog(catalog.database.path, read_only=True) as reading:
        assert read(reading, row_id) == read(catalog, row_id)
        assert reading.reindex_dirty() == 0
        with pytest.raises(CatalogReadOnly):
            add(reading, "more")
        with pytest.raises(CatalogReadOnly):
            reading.undo()


def test_threads_share_a_catalog(catalog: Catalog) -> None:
    row_id = add(catalog, "x")
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for step in range(20):
                catalog.edit_recordings([row_id], {}, add_tags=[f"{name}{step}"])
                assert f"{name}{step}" in read(catalog, row_id).tags
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(read(catalog, row_id).tags) == 80


def test_actions_of_threads_are_kept_apart(catalog: Catalog) -> None:
    with catalog.action("import"):
        add(catalog, "one")
        thread = threading.Thread(target=add, args=(catalog, "two"))
        thread.start()
        thread.join()
        add(catalog, "three")

    assert [(change.verb, change.subjects) for change in catalog.history()] == [("add", 1), ("import", 2)]


def test_a_library_that_stays_locked_is_reported_as_busy(catalog: Catalog) -> None:
    catalog.database.busy_timeout_s = 0.05
    holder = Child(
        """
        from audiotui.core.catalog import Catalog
        with Catalog(path) as catalog, catalog.database.write():
            say("locked")
            sys.stdin.readline()
        """,
        catalog.database.path,
    )
    holder.next_value()
    with Catalog(catalog.database.path) as reading:
        assert reading.history() == []  # readers never wait
    catalog.database.connection().execute("PRAGMA busy_timeout = 50")

    with pytest.raises(CatalogBusy, match="locked"):
        add(catalog, "late")
    holder.go()
    holder.finish()

    assert add(catalog, "later") == 1


def test_the_data_version_tells_of_every_edit(catalog: Catalog) -> None:
    before = catalog.data_version()
    add(catalog, "x")

    assert catalog.data_version() != before


def test_an_index_that_asks_for_gigabytes_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with Catalog(path) as catalog:
        catalog.add_recordings([(NewRecording(text=f"hello number {n}"), []) for n in range(300)])
        noise = random.Random(1)
        with catalog.database.write() as connection:
            for (block,) in connection.execute("SELECT id FROM recordings_fts_data").fetchall():
                connection.execute(
                    "UPDATE recordings_fts_data SET block = ? WHERE id = ?", (noise.randbytes(40), block)
                )

    with Catalog(path) as catalog:
        assert catalog.rebuild_index() == 300
        assert catalog.check() == []


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE recordings_fts_data SET block = randomblob(length(block)) WHERE id > 10",
        "UPDATE recordings_fts_data SET block = randomblob(40)",
        "DELETE FROM recordings_fts_data WHERE id > 10",
        "DELETE FROM recordings_fts_idx",
        "DELETE FROM recordings_fts_docsize",
    ],
)
def test_an_index_that_is_damaged_is_made_anew_from_the_recordings(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "library.db"
    with Catalog(path) as catalog:
        catalog.add_recordings([(NewRecording(text=f"hello number {n}"), []) for n in range(300)])
        with catalog.database.write() as connection:
            settings = connection.execute("SELECT * FROM recordings_fts_config ORDER BY k").fetchall()
            connection.execute(harm)

    with Catalog(path) as catalog:
        assert catalog.rebuild_index() == 300

        assert catalog.check() == []
        with open_searcher(path) as searcher:
            assert len(list(searcher.ids("hello"))) == 300
        with catalog.database.read() as connection:
            assert connection.execute("SELECT * FROM recordings_fts_config ORDER BY k").fetchall() == settings
