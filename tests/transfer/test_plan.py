"""A plan says for each file what a push or pull would do, and why nothing, if nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from audiotui.backends import again
from audiotui.backends.base import Capability
from audiotui.errors import InvalidInput, Unreachable
from audiotui.model import CopyState, NewCopy, NewFile, NewRecording
from audiotui.transfer import candidates, spool
from audiotui.transfer import plan as plan_module
from audiotui.transfer.jobs import JobKind
from audiotui.transfer.transfer_plan import Action, TransferPlan
from tests.faults import Fail, Fault, FaultyBackend, Lie
from tests.transfer.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path) as library:
        yield library


@pytest.fixture
def nas(library: Library, tmp_path: Path) -> str:
    """A third location."""
    (tmp_path / "nas").mkdir()
    library.use("nas", tmp_path / "nas")
    return "nas"


def far(library: Library, *faults: Fault) -> FaultyBackend:
    """Let ``archive`` lie behind a network."""
    library.backends["archive"] = archive = FaultyBackend(library.backends["archive"], *faults)
    archive.capabilities = archive.capabilities - {Capability.DIRECT}
    return archive


def actions(plan: TransferPlan) -> list[Action]:
    return [file.action for file in plan.files]


def test_what_is_nowhere_else_is_sent(library: Library) -> None:
    plan = library.plan("push", library.add(b"one", b"four"))

    assert actions(plan) == [Action.SEND, Action.SEND]
    assert (plan.send_count, plan.send_bytes, plan.skip_count, len(plan.problems)) == (2, 7, 0, 0)
    assert (plan.verb, plan.source, plan.destination) == (JobKind.PUSH, "local", "archive")
    assert plan.title == "Push 2 recordings"


def test_a_new_copy_gets_the_key_of_the_layout(library: Library) -> None:
    ids = library.add(b"one")
    (file,) = library.files(ids)
    plan = library.plan("push", ids, key_layout="voices/{uid}/{kind}-{sha256}.{ext}")

    (item,) = plan.items()
    uid = library.catalog.recordings_by_ids(ids)[0].uid
    assert item.key == f"voices/{uid}/audio-{file.sha256}.wav"
    assert item.managed


def test_a_copy_that_exists_keeps_its_key_whatever_the_layout_says(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    old = library.path("archive", ids[0])
    old.unlink()
    plan = library.plan("push", ids, key_layout="other/{uid}/{kind}-{sha256}.{ext}")

    assert str(old).endswith(plan.items()[0].key)


def test_what_is_there_with_the_same_bytes_is_skipped(library: Library) -> None:
    ids = library.add(b"one", b"two")
    library.push(ids[:1])
    plan = library.plan("push", ids)

    assert actions(plan) == [Action.SKIP, Action.SEND]
    assert (plan.skip_count, plan.skip_bytes) == (1, 3)


def test_a_small_plan_sees_what_was_deleted_behind_the_librarys_back(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    library.lose("archive", ids)

    assert actions(library.plan("push", ids)) == [Action.SEND]


def test_a_copy_of_another_size_is_damaged_and_nothing_is_done_about_it(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    library.path("archive", ids[0]).write_bytes(b"other")
    plan = library.plan("push", ids)

    assert actions(plan) == [Action.DAMAGED]
    assert (plan.damaged_count, plan.damaged_bytes) == (1, 3)
    assert "its copy at archive is damaged" in plan.problems[0]
    assert list(plan.items()) == []


def test_a_damaged_copy_that_was_moved_away_is_sent_again(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    path = library.path("archive", ids[0])
    (file,) = library.files(ids)
    (copy,) = (copy for copy in file.copies if copy.location == "archive")
    library.catalog.set_copy_state(copy.id, CopyState.DAMAGED)
    assert actions(library.plan("push", ids)) == [Action.DAMAGED]

    path.unlink()
    assert actions(library.plan("push", ids)) == [Action.SEND]


def test_a_file_that_is_not_in_local_cannot_be_pushed(library: Library) -> None:
    gone, damaged = library.add(b"one", b"two")
    library.lose("local", [gone])
    (file,) = library.files([damaged])
    library.catalog.set_copy_state(file.copies[0].id, CopyState.DAMAGED)
    plan = library.plan("push", [gone, damaged])

    assert actions(plan) == [Action.IMPOSSIBLE] * 2
    assert [problem.partition(": ")[2] for problem in plan.problems] == [
        "its file is missing at local.",
        "its copy at local is damaged.",
    ]


def test_a_pull_fetches_what_the_user_deleted_from_the_disk(library: Library) -> None:
    ids = library.add(b"one", b"two")
    library.push(ids)
    library.lose("local", ids[:1])
    plan = library.plan("pull", ids)

    assert actions(plan) == [Action.SEND, Action.SKIP]
    assert plan.source == "archive"


def test_a_big_pull_looks_at_the_disk_too(library: Library) -> None:
    ids = library.add(b"one", b"two", b"three")
    library.push(ids)
    library.lose("local", ids[:1])

    assert actions(library.plan("pull", ids, live_files=1)) == [Action.SEND, Action.SKIP, Action.SKIP]


@pytest.mark.parametrize("live_files", [1, 200])
def test_a_plan_only_looks(library: Library, live_files: int) -> None:
    ids = library.add(b"one", b"two", b"three", b"four")
    library.push(ids[:3])
    library.lose("archive", ids[:1])
    archive = far(library)
    library.backends["local"] = local = FaultyBackend(library.backends["local"])
    library.plan("push", ids, live_files=live_files, reads_only=True)
    library.plan("pull", ids, source="archive", live_files=live_files, reads_only=True)

    assert set(archive.calls) | set(local.calls) <= {"open", "stat", "list"}


def test_a_plan_that_only_looks_makes_no_folder_at_a_location_that_was_never_used(
    library: Library, tmp_path: Path
) -> None:
    ids = library.add(b"one")
    library.use("new", tmp_path / "new")

    assert library.plan("push", ids, destination="new", reads_only=True).send_count == 1
    assert not (tmp_path / "new").exists()


def test_a_big_push_asks_the_destination_for_one_listing_and_for_no_file(library: Library) -> None:
    ids = library.add(b"one", b"two", b"three")
    library.push(ids[:2])
    archive = far(library)

    assert actions(library.plan("push", ids, live_files=1)) == [Action.SKIP, Action.SKIP, Action.SEND]
    assert (archive.calls["list"], archive.calls["stat"]) == (1, 0)


def test_a_big_pull_walks_the_folder_once_and_looks_at_no_file(library: Library) -> None:
    ids = library.add(b"one", b"two", b"three", b"four")
    library.push(ids)
    library.lose("local", ids[:2])
    library.path("local", ids[2]).write_bytes(b"longer")
    library.backends["local"] = local = FaultyBackend(library.backends["local"])

    pulled = library.plan("pull", ids, source="archive", live_files=1)

    assert actions(pulled) == [Action.SEND, Action.SEND, Action.DAMAGED, Action.SKIP]
    assert (local.calls["list"], local.calls["stat"]) == (1, 0)


def test_what_a_listing_hides_is_looked_at_before_it_counts_as_missing(library: Library) -> None:
    ids = library.add(b"one", b"two", b"three")
    library.push(ids)
    library.lose("archive", ids[:1])
    archive = far(library, Lie(verb="list"))

    assert actions(library.plan("push", ids, live_files=1)) == [Action.SEND, Action.SKIP, Action.SKIP]
    assert archive.calls["stat"] == 3


def test_a_listing_with_another_size_means_damage(library: Library) -> None:
    ids = library.add(b"one", b"two", b"three")
    library.push(ids)
    library.path("archive", ids[1]).write_bytes(b"longer")

    assert actions(library.plan("push", ids, live_files=1)) == [Action.SKIP, Action.DAMAGED, Action.SKIP]


def test_what_is_listed_as_missing_in_masses_is_left_to_the_engine(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "PAGE_FILES", 10)
    monkeypatch.setattr(candidates, "PAGE_FILES", 10)
    monkeypatch.setattr(plan_module, "MOST_LOOKS", 15)
    ids = library.add_many(60)
    library.push(ids)
    library.lose("archive", ids)
    archive = far(library)

    assert library.plan("push", ids, live_files=1).send_count == 60
    assert archive.calls["stat"] == 20  # whole pages


def test_a_listing_of_strangers_without_end_is_given_up(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "MOST_STRANGERS", 10 - 10 * 60)  # with the 60 that are known: ten in all
    monkeypatch.setattr(plan_module, "MOST_LOOKS", 0)
    ids = library.add_many(60)
    library.push(ids)
    archive = far(library)

    assert library.plan("push", ids, live_files=1).skip_count == 60
    assert (archive.calls["list"], archive.calls["stat"]) == (1, 0)


def test_a_few_files_of_a_vast_location_are_looked_at_one_by_one(library: Library) -> None:
    ids = library.add_many(60)
    library.push(ids)
    archive = far(library)

    assert library.plan("push", ids[:2], live_files=1).skip_count == 2
    assert (archive.calls["list"], archive.calls["stat"]) == (0, 2)


def test_a_pull_takes_the_copy_that_was_proven_furthest(library: Library, nas: str) -> None:
    ids = library.add(b"one")
    library.push(ids)
    library.run(library.queue("push", ids, destination=nas))
    library.lose("local", ids)
    (file,) = library.files(ids)
    weak = next(copy for copy in file.copies if copy.location == "archive")
    library.catalog.database.connection().execute("UPDATE copies SET verify_level = 1 WHERE id = ?", (weak.id,))

    assert [item.source for item in library.plan("pull", ids).items()] == [nas]


def test_a_pull_takes_another_copy_when_the_best_cannot_be_reached(library: Library, nas: str, tmp_path: Path) -> None:
    ids = library.add(b"one")
    library.push(ids)
    library.run(library.queue("push", ids, destination=nas))
    library.lose("local", ids)
    library.backends[nas].close()
    shutil.rmtree(tmp_path / nas)

    assert [item.source for item in library.plan("pull", ids).items()] == ["archive"]


def test_a_pull_without_any_copy_says_what_is_wrong_with_each(library: Library, nas: str, tmp_path: Path) -> None:
    ids = library.add(b"one")
    library.push(ids)
    library.run(library.queue("push", ids, destination=nas))
    library.lose("local", ids)
    library.lose("archive", ids)
    library.backends[nas].close()
    shutil.rmtree(tmp_path / nas)
    plan = library.plan("pull", ids)

    assert actions(plan) == [Action.IMPOSSIBLE]
    assert "its file is missing at archive" in plan.problems[0]
    assert "Cannot reach nas" in plan.problems[0]


def test_a_file_with_no_copy_at_the_source_cannot_be_pulled_from_there(library: Library, nas: str) -> None:
    ids = library.add(b"one")
    library.push(ids)
    library.lose("local", ids)
    plan = library.plan("pull", ids, source=nas)

    assert plan.problems[0].endswith("it has no copy at nas.")


def test_only_the_kinds_that_were_asked_for_are_planned(library: Library) -> None:
    (number,) = library.add(b"one")
    text = NewFile("transcript", "one.txt", 4, "ab" * 32, copies=(NewCopy("local", "t/one.txt"),))
    library.catalog.add_file(number, text)

    assert [file.kind for file in library.plan("push", [number]).files] == ["audio", "transcript"]
    assert [file.kind for file in library.plan("push", [number], kinds=["transcript"]).files] == ["transcript"]


def test_only_current_versions_are_planned(library: Library) -> None:
    (number,) = library.add(b"one")
    newer = NewFile("audio", "two.wav", 3, "cd" * 32, copies=(NewCopy("local", "two.wav"),))
    library.catalog.add_file(number, newer)

    assert [file.item.sha256 for file in library.plan("push", [number]).files] == ["cd" * 32]


def test_an_unreachable_destination_is_told_before_anything_is_planned(library: Library, tmp_path: Path) -> None:
    ids = library.add(b"one")
    library.push(ids)
    library.backends["archive"].close()
    shutil.rmtree(tmp_path / "archive")
    library.use("archive", tmp_path / "archive")

    with pytest.raises(Unreachable):
        library.plan("push", ids)


@pytest.mark.parametrize("live_files", [0, 200])
@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_far_location_that_is_gone_is_told_after_one_series_of_tries(
    library: Library, verb: str, live_files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "PAUSES_S", (0.0, 0.0))
    ids = library.add(b"one", b"two")
    library.push(ids)
    archive = far(library, Fail(verb="open", times=9, error=Unreachable("The line is down.", location="archive")))
    ends = {"source": "archive", "destination": "local"} if verb == "pull" else {}

    with pytest.raises(Unreachable, match="The line is down"):
        library.plan(verb, ids, live_files=live_files, **ends)

    assert archive.calls["open"] == 3


def test_source_and_destination_must_differ(library: Library) -> None:
    with pytest.raises(InvalidInput):
        library.plan("push", library.add(b"one"), destination="local")


def test_a_file_without_a_name_is_called_by_its_key_and_keeps_an_extension(library: Library) -> None:
    file = NewFile("audio", "", 3, "ab" * 32, copies=(NewCopy("local", "in/place.FLAC", managed=False),))
    library.catalog.add_recording(NewRecording(text="x"), [file])
    path = library.folder / "local/in/place.FLAC"
    path.parent.mkdir()
    path.write_bytes(b"abc")
    (item,) = library.plan("push", library.all_ids()).items()

    assert item.key.endswith(f"audio.{'ab' * 6}.flac")
    assert item.name == item.key.rpartition("/")[2]
    assert item.source_key == "in/place.FLAC"


def test_files_behind_a_network_are_looked_at_many_at_a_time(library: Library) -> None:
    ids = library.add_many(40)
    library.push(ids)
    library.lose("archive", ids[:10])
    archive = far(library)
    plan = library.plan("push", ids)

    assert (plan.send_count, plan.skip_count) == (10, 30)
    assert archive.calls["stat"] == 40


def test_a_look_that_fails_is_told(library: Library) -> None:
    ids = library.add(b"one")
    library.push(ids)
    far(library, Fail(verb="stat", times=9, error=Unreachable("The line is down.", location="archive")))

    with pytest.raises(Unreachable, match="The line is down"):
        library.plan("push", ids)


@pytest.mark.parametrize(
    ("verb", "lost", "linked"),
    [("push", "archive", "archive"), ("push", "archive", "local"), ("pull", "local", "archive")],
)
def test_a_link_in_the_place_of_one_file_leaves_the_others_alone(
    library: Library, verb: str, lost: str, linked: str
) -> None:
    ids = library.add(b"one", b"two")
    library.push(ids)
    library.lose(lost, ids)
    path = library.path(linked, ids[0])
    path.unlink(missing_ok=True)
    path.symlink_to("/etc/hostname")

    plan = library.plan(verb, ids)

    assert sorted(actions(plan)) == sorted([Action.IMPOSSIBLE, Action.SEND])
    assert "symbolic link" in plan.problems[0]


def test_a_missing_source_copy_that_is_back_is_used(library: Library) -> None:
    ids = library.add(b"one")
    (file,) = library.files(ids)
    library.catalog.set_copy_state(file.copies[0].id, CopyState.MISSING)

    assert actions(library.plan("push", ids)) == [Action.SEND]


def test_the_job_of_a_plan_has_its_items_and_knows_what_its_locations_were(library: Library) -> None:
    plan = library.plan("push", library.add(b"one", b"two"), fingerprint=lambda name: f"folder:{name}")
    new = plan.new_job(parallel=3, bytes_per_s=1_000)

    assert new.fingerprints == {"archive": "folder:archive", "local": "folder:local"}
    assert (new.title, new.parallel, new.bytes_per_s) == ("Push 2 recordings", 3, 1_000)
    assert len(plan.items()) == 2
