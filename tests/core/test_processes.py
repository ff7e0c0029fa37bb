"""Several processes at one library: nothing is lost, nothing is locked, and a kill at any moment does no harm."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog import Catalog
from tests.core.processes import Child
from tests.core.samples import add, found, index_words, read
from tests.waiting import eventually, let_live

if TYPE_CHECKING:
    from pathlib import Path

EDITOR = """
    from audiotui.core.catalog import Catalog
    from audiotui.model import NewRecording
    name = arguments["name"]
    with Catalog(path, actor=name) as catalog:
        say("ready")
        sys.stdin.readline()
        for step in range(arguments["steps"]):
            catalog.edit_recordings([1], {}, add_tags=[f"{name}{step}"], update_metadata={f"{name}{step}": step})
            catalog.add_recording(NewRecording(text=f"{name} {step}", tags=(name,)))
"""

WRITER = """
    from audiotui.core.catalog import Catalog
    from audiotui.model import NewRecording
    with Catalog(path, actor="writer") as catalog:
        catalog.ensure_location("local", "local", "")
        step = 0
        while True:
            step += 1
            items = [(NewRecording(text=f"bulk {step} {n}", tags=(f"t{n % 7}",)), []) for n in range(50)]
            uids = catalog.add_recordings(items)
            ids = [catalog.resolve_recording(uid) for uid in uids]
            catalog.edit_recordings(ids, {"title": f"step{step}"}, add_tags=["edited"])
            catalog.trash_recordings(ids[:10])
            catalog.purge_recordings(ids[:5])
            catalog.undo()
            say(step)
"""


RIVAL = """
    from audiotui.core.catalog import Catalog
    from audiotui.errors import Duplicate
    from audiotui.model import NewRecording
    added = 0
    with Catalog(path, actor=arguments["name"]) as catalog:
        say("ready")
        sys.stdin.readline()
        for step in range(arguments["steps"]):
            try:
                catalog.add_recording(NewRecording(text=f"{step}", uid=f"{step:032x}"))
                added += 1
            except Duplicate:
                pass
            with catalog.database.write() as connection:  # so that the index cannot see that two are the same
                connection.execute("UPDATE sqlite_sequence SET seq = seq | 16383 WHERE name = 'recordings'")
    say(added)
"""


def test_processes_that_add_the_same_ids_at_once_add_each_once(catalog: Catalog) -> None:
    add(catalog, "first")
    children = [Child(RIVAL, catalog.database.path, name=name, steps=60) for name in "abc"]
    for child in children:
        child.next_value()
    for child in children:
        child.go()
    added = [child.finish()[-1] for child in children]

    uids = [row[0] for row in catalog.database.connection().execute("SELECT uid FROM recordings")]
    assert sum(added) == 60
    assert len(uids) == len(set(uids)) == 61


def test_processes_that_edit_the_same_recording_lose_nothing(catalog: Catalog) -> None:
    row_id = add(catalog, "shared")
    children = [Child(EDITOR, catalog.database.path, name=name, steps=25) for name in "abcd"]
    for child in children:
        child.next_value()
    for child in children:
        child.go()
    for child in children:
        child.finish()

    recording = read(catalog, row_id)
    expected = {f"{name}{step}" for name in "abcd" for step in range(25)}
    assert set(recording.tags) == expected
    assert set(recording.metadata) == expected
    assert [len(found(catalog, name)) for name in "abcd"] == [25] * 4
    assert len(catalog.history(None)) == 1 + 4 * 25 * 2
    assert catalog.check() == []


def test_processes_that_open_and_close_a_library_again_and_again_never_find_it_locked(tmp_path: Path) -> None:
    script = """
        from audiotui.core.catalog import Catalog
        for step in range(40):
            with Catalog(path) as catalog:
                catalog.add_user_identity(f"{arguments['name']} {step}")
                catalog.data_version()
        """
    path = tmp_path / "library.db"
    for child in [Child(script, path, name=name) for name in "abc"]:
        child.finish()

    with Catalog(path) as catalog:
        assert len(catalog.list_identities()) == 120
        assert catalog.check() == []


def test_processes_that_undo_at_the_same_time_undo_each_action_once(catalog: Catalog) -> None:
    row_id = add(catalog, "x")
    for step in range(30):
        catalog.edit_recordings([row_id], {}, add_tags=[f"t{step}"])
    script = """
        from audiotui.core.catalog import Catalog
        from audiotui.errors import InvalidInput
        with Catalog(path) as catalog:
            say("ready")
            sys.stdin.readline()
            groups = []
            try:
                while True:
                    groups.append(catalog.undo().group_id)
            except InvalidInput:
                say(groups)
        """
    children = [Child(script, catalog.database.path) for _ in range(3)]
    for child in children:
        child.next_value()
    for child in children:
        child.go()
    undone = [group for child in children for group in child.finish()[0]]

    assert sorted(undone) == [change.group_id for change in reversed(catalog.history(None))]
    assert read(catalog, row_id).tags == ()
    assert read(catalog, row_id).deleted_at is not None


def test_an_edit_does_not_wait_for_the_end_of_a_bulk_addition(catalog: Catalog) -> None:
    row_id = add(catalog, "x")
    child = Child(
        """
        from audiotui.core.catalog import Catalog
        from audiotui.model import NewRecording
        def items():
            for n in range(30_000):
                if n == 2_000:
                    say("running")
                yield NewRecording(text=f"bulk {n} of many words"), []
        with Catalog(path) as catalog:
            catalog.add_recordings(items())
        """,
        catalog.database.path,
    )
    child.next_value()

    catalog.edit_recordings([row_id], {"title": "in between"})
    with_bulk_running = child.process.poll() is None
    child.finish()

    assert with_bulk_running
    assert len(found(catalog, "bulk")) == 30_000


def test_several_processes_that_index_what_is_marked_share_the_work(catalog: Catalog) -> None:
    for number in range(3_000 // 100):
        add(catalog, f"w{number}")
    connection = catalog.database.connection()
    before = index_words(catalog)
    connection.execute("DELETE FROM recordings_fts")
    connection.execute("INSERT INTO dirty SELECT id FROM recordings")
    script = """
        from audiotui.core.catalog import Catalog
        with Catalog(path) as catalog:
            say("ready")
            sys.stdin.readline()
            done = 0
            while batch := catalog.reindex_dirty(limit=2):
                done += batch
            say(done)
        """
    children = [Child(script, catalog.database.path) for _ in range(3)]
    for child in children:
        child.next_value()
    for child in children:
        child.go()

    assert sum(child.finish()[0] for child in children) == 30
    assert index_words(catalog) == before


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_any_moment_leaves_a_sound_library(tmp_path: Path, seed: int) -> None:
    kill_while_writing(tmp_path / "library.db", random.Random(seed))


@pytest.mark.long
def test_a_hundred_kills_leave_a_sound_library(tmp_path: Path) -> None:
    for seed in range(100):
        kill_while_writing(tmp_path / "library.db", random.Random(seed))


def kill_while_writing(path: Path, chance: random.Random) -> None:
    child = Child(WRITER, path)
    for _ in range(chance.randint(0, 3)):
        child.next_value()
    if chance.random() < 0.3:
        eventually(lambda: path.exists() and path.stat().st_size > 0)
    let_live(child.process, chance.uniform(0, 0.05))
    child.kill()

    with Catalog(path) as catalog:
        before = index_words(catalog)
        assert catalog.check() == []
        catalog.rebuild_index()
        assert index_words(catalog) == before
        rows = catalog.database.connection().execute(TORN).fetchone()
        assert rows == (0,)


TORN = """
SELECT count(*) FROM recordings WHERE
    (title <> '') <> (id IN (SELECT recording_id FROM recording_tags JOIN tags ON id = tag_id WHERE name = 'edited'))
"""
