"""What can be listened to here, where it lies, and why not."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.errors import ConfigError, NoPlayer, RecordingNotFound
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.audio.pictures.measurer import Measured
    from tests.manager.conftest import Sounds


def registered(manager: AudioManager, path: Path) -> str:
    return manager.register_recording(text=f"words of {path.name}", file_paths={"audio": path})


def test_a_recording_that_is_here_is_read_from_local(manager: AudioManager, sound: Sounds) -> None:
    uid = registered(manager, sound())

    found = manager.sound_of(uid)

    assert found.path == manager.local_path(uid)
    assert (found.why_silent, found.places) == ("", ("local",))
    assert found.duration_s == pytest.approx(0.05)


def test_a_recording_that_is_only_on_another_disk_is_read_from_there(manager: AudioManager, sound: Sounds) -> None:
    uid = registered(manager, sound())
    manager.push_recording(uid, "archive")
    local = manager.local_path(uid)
    assert local is not None
    local.unlink()

    found = manager.sound_of(manager.get_recording(uid))

    assert found.path is not None
    assert "archive" in found.path.parts


def test_a_recording_without_sound_or_without_a_readable_copy_says_why(manager: AudioManager, sound: Sounds) -> None:
    wordy = manager.register_recording(text="only words")
    gone = registered(manager, sound())
    path = manager.local_path(gone)
    assert path is not None
    path.unlink()

    assert manager.sound_of(wordy).why_silent == "it has no audio file"
    assert manager.sound_of(gone).why_silent == "it is only at local"
    with pytest.raises(RecordingNotFound):
        manager.sound_of("0000000")


def test_over_ssh_nothing_is_played_unless_a_player_was_chosen(
    config_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")

    with AudioManager(config_path) as manager:
        assert "remote machine" in manager.why_no_player()
        with pytest.raises(NoPlayer):
            manager.open_player(print)
    monkeypatch.setenv("AUDIOTUI_PLAYER", "builtin")
    with AudioManager(config_path) as manager:
        assert manager.why_no_player() == ""


def test_the_player_is_named_by_the_configuration_and_mistakes_are_refused(config_path: Path) -> None:
    text = config_path.read_text()

    config_path.write_text(text + "  player: none\n")
    with AudioManager(config_path) as manager:
        assert "switched off" in manager.why_no_player()
        assert "player:" in manager.config.show()
    config_path.write_text(text + "  player: mvp\n")
    with pytest.raises(ConfigError, match="mpv"):
        AudioManager(config_path)


def test_waveforms_of_recordings_are_measured_once(manager: AudioManager, sound: Sounds) -> None:
    uid = registered(manager, sound())
    found = manager.sound_of(uid)
    assert found.path is not None
    answers: queue.SimpleQueue[Measured] = queue.SimpleQueue()
    measurer = manager.open_measurer(answers.put)

    measurer.wish("waveform", found.path, found.sha256)

    answer = answers.get(timeout=PATIENCE_S)
    assert answer.picture is not None
    assert measurer.kept("waveform", found.sha256) == answer.picture
    measurer.close()
