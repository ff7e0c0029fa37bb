"""Files that lie at a location already become recordings, and stay there as copies."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.model import CopyState, NewRecording, VerifyLevel
from tests.faults import read_only
from tests.tui.small_library import write_config, write_wav

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[AudioManager]:
    with AudioManager(write_config(tmp_path)) as manager:
        yield manager


def lay(tmp_path: Path, name: str, pitch_hz: int) -> Path:
    """A sound at the archive, that nobody registered."""
    path = tmp_path / "archive" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_wav(path, pitch_hz=pitch_hz)


def test_a_file_at_a_location_becomes_a_recording_with_a_copy_there(manager: AudioManager, tmp_path: Path) -> None:
    lay(tmp_path, "takes/one.wav", 300)
    (tmp_path / "archive/takes/one.txt").write_text("Hello there.\n")

    report = manager.import_from_location("archive", ["takes/one.wav"], template=NewRecording(tags=("found",)))

    recording = manager.get_recording(report.added[0])
    assert (recording.title, recording.text, recording.tags) == ("", "Hello there.", ("found",))
    copies = {copy.location: copy for copy in recording.files[0].copies}
    assert copies["archive"].key == "takes/one.wav"
    assert copies["archive"].state is CopyState.PRESENT
    assert copies["archive"].verify_level is VerifyLevel.READ_BACK
    assert not copies["archive"].managed
    assert copies["local"].state is CopyState.PRESENT


def test_a_sound_that_the_library_has_gets_one_more_copy(manager: AudioManager, tmp_path: Path) -> None:
    uid = manager.register_recording("hello", file_paths={"audio": write_wav(tmp_path / "a.wav", pitch_hz=300)})
    lay(tmp_path, "same.wav", 300)

    report = manager.import_from_location("archive", ["same.wav"])

    assert (report.added, report.linked) == ((), (uid,))
    places = [copy.location for copy in manager.get_recording(uid).files[0].copies]
    assert places == ["local", "archive"]


def test_what_cannot_be_imported_is_told_and_does_not_stop_the_others(manager: AudioManager, tmp_path: Path) -> None:
    lay(tmp_path, "good.wav", 300)
    (tmp_path / "archive/bad.wav").write_text("no sound")

    report = manager.import_from_location("archive", ["gone.wav", "bad.wav", "good.wav"])

    assert len(report.added) == 1
    assert [key for key, _ in report.failed] == ["gone.wav", "bad.wav"]
    assert str(report.failed[1][1]).startswith("bad.wav is no sound file: ")
    again = manager.import_from_location("archive", ["good.wav"])
    assert "knows this file already" in str(again.failed[0][1])


@pytest.mark.parametrize("can_write", [True, False])
def test_a_location_is_the_same_one_the_next_time(tmp_path: Path, can_write: bool) -> None:
    config = write_config(tmp_path)
    lay(tmp_path, "one.wav", 300)
    lay(tmp_path, "two.wav", 400)
    with nullcontext() if can_write else read_only(tmp_path / "archive"):
        for name in ("one.wav", "two.wav"):
            with AudioManager(config) as manager:
                assert manager.import_from_location("archive", [name]).failed == ()

        with AudioManager(config) as manager:
            found = manager.verify(location="archive")

    assert (found.right, found.problems) == (2, ())


def test_one_undo_takes_back_all_of_it(manager: AudioManager, tmp_path: Path) -> None:
    for number in range(3):
        lay(tmp_path, f"{number}.wav", 300 + number)
    manager.import_from_location("archive", [f"{number}.wav" for number in range(3)])
    assert manager.count() == 3

    manager.undo()

    assert manager.count() == 0


def test_a_name_that_is_as_long_as_names_can_be_is_imported(manager: AudioManager, tmp_path: Path) -> None:
    name = "x" * 190 + ".wav"
    lay(tmp_path, name, 300)

    report = manager.import_from_location("archive", [name])

    assert report.failed == ()
