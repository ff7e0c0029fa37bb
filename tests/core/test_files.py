"""Files of recordings: versions, removal, and finding bytes that are there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AlreadyExists, FileNotInRecording, InvalidInput, RecordingNotFound
from audiotui.model import CopyState, MediaFacts, NewCopy
from tests.core.samples import FLAC, add, current, digest, new_file, read

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog
    from tests.core.conftest import Clock


def test_a_file_of_a_new_kind_joins_the_others(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a"))

    file = catalog.add_file(row_id, new_file("t", "transcript"))

    assert (file.kind, file.version, file.copies[0].key) == ("transcript", 1, "t/transcript")
    assert [one.kind for one in read(catalog, row_id).files] == ["audio", "transcript"]


def test_a_file_of_a_kind_that_is_there_becomes_its_next_version(catalog: Catalog, clock: Clock) -> None:
    row_id = add(catalog, "x", new_file("a"))
    clock.now_ms += 1000

    file = catalog.add_file(row_id, new_file("b", media=FLAC))

    recording = read(catalog, row_id)
    assert (file.version, file.sha256) == (2, digest("b"))
    assert [one.version for one in recording.files] == [2, 1]
    assert (recording.format, recording.duration_s, recording.channels) == ("flac", 2.5, 2)
    assert recording.updated_at > recording.created_at


def test_the_version_before_a_removed_file_becomes_current(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a"), new_file("b", media=FLAC))

    removed = catalog.remove_file(row_id, "audio")

    recording = read(catalog, row_id)
    assert (removed.sha256, removed.deleted_at is not None) == (digest("b"), True)
    assert [(one.version, one.deleted_at is None) for one in recording.files] == [(2, False), (1, True)]
    assert recording.format == "wav"
    assert [copy.state for copy in removed.copies] == [CopyState.PRESENT]


def test_a_recording_without_its_last_audio_file_has_no_audio_facts(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a"))

    catalog.remove_file(row_id, "audio")

    recording = read(catalog, row_id)
    assert (recording.format, recording.duration_s, recording.sample_rate_hz) == ("", None, None)
    assert (recording.channels, recording.size_bytes) == (None, None)


def test_a_file_after_a_removed_one_gets_a_new_version(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a"))
    catalog.remove_file(row_id, "audio")

    file = catalog.add_file(row_id, new_file("a", key="again"))

    assert (file.version, current(read(catalog, row_id))) == (2, file)


def test_removing_a_file_that_is_not_there_names_those_that_are(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a"), new_file("p", "picture"))

    with pytest.raises(FileNotInRecording, match=r"has no transcript file\. It has: audio, picture"):
        catalog.remove_file(row_id, "transcript")
    with pytest.raises(FileNotInRecording, match="It has: none"):
        catalog.remove_file(999, "audio")


def test_a_file_for_a_recording_that_does_not_exist_is_refused(catalog: Catalog) -> None:
    with pytest.raises(RecordingNotFound):
        catalog.add_file(999, new_file("a"))


def test_a_file_without_a_format_in_its_facts_is_refused(catalog: Catalog) -> None:
    row_id = add(catalog, "x")

    with pytest.raises(InvalidInput, match="format"):
        catalog.add_file(row_id, new_file("a", media=MediaFacts("", 1.0, 8_000, 1)))


def test_a_file_at_the_key_of_another_recordings_file_is_refused(catalog: Catalog) -> None:
    add(catalog, "first", new_file("a", key="same"))
    row_id = add(catalog, "second")

    with pytest.raises(AlreadyExists, match="same"):
        catalog.add_file(row_id, new_file("b", key="same"))

    assert read(catalog, row_id).files == ()


def test_a_file_that_changed_in_place_takes_the_copy_of_its_former_version(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a", copies=(NewCopy("local", "take.wav", managed=False),)))

    file = catalog.add_file(row_id, new_file("b", copies=(NewCopy("local", "take.wav", managed=False),)))

    former = read(catalog, row_id).files[1]
    assert ([copy.key for copy in file.copies], former.copies) == (["take.wav"], ())
    assert not file.copies[0].managed


def test_bytes_that_a_former_version_had_already_keep_one_copy_that_goes_with_the_newest(catalog: Catalog) -> None:
    row_id = add(catalog, "x", new_file("a"), new_file("b"))
    again = catalog.add_file(row_id, new_file("a"))
    assert [copy.key for copy in again.copies] == ["a/audio"]
    assert [len(file.copies) for file in read(catalog, row_id).files] == [1, 1, 0]

    catalog.remove_file(row_id, "audio")

    assert [len(file.copies) for file in read(catalog, row_id).files] == [0, 1, 1]


def test_bytes_that_are_in_the_library_are_found_by_their_digest(catalog: Catalog) -> None:
    older = read(catalog, add(catalog, "1", new_file("same"))).uid
    add(catalog, "2", new_file("same", key="other"))
    trashed = add(catalog, "3", new_file("trashed"))
    catalog.trash_recordings([trashed])
    removed = add(catalog, "4", new_file("removed"))
    catalog.remove_file(removed, "audio")
    picture = add(catalog, "5", new_file("picture", "picture"))

    wanted = [digest(name) for name in ("same", "trashed", "removed", "picture", "unknown")]

    assert catalog.find_by_sha256(wanted) == {digest("same"): older, digest("trashed"): read(catalog, trashed).uid}
    assert catalog.find_by_sha256(wanted, "picture") == {digest("picture"): read(catalog, picture).uid}


def test_a_recording_outside_the_trash_has_the_bytes_before_one_inside(catalog: Catalog) -> None:
    trashed = add(catalog, "1", new_file("same"))
    live = add(catalog, "2", new_file("same", key="other"))
    catalog.trash_recordings([trashed])

    assert catalog.find_by_sha256([digest("same")]) == {digest("same"): read(catalog, live).uid}
