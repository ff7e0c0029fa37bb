"""What is saved in a form is in effect at once, and comes back from the file."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.config.drafts import LocationDraft
from audiotui.errors import ConfigError, InvalidInput
from tests.tui.small_library import write_wav
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """audio_manager:
  db_path: library.db
  locations:
    local:
      type: local
      path: recordings
"""


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[AudioManager]:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    with AudioManager(path) as manager:
        yield manager


def test_a_saved_location_can_be_used_at_once(manager: AudioManager, tmp_path: Path) -> None:
    manager.save_location(LocationDraft("nas", "local", {"path": str(tmp_path / "nas")}), is_new=True)

    assert [place.name for place in manager.locations()] == ["local", "nas"]
    assert manager.default_destination() == "nas"
    assert manager.backend("nas").name == "nas"


def test_a_changed_location_is_opened_anew(manager: AudioManager, tmp_path: Path) -> None:
    manager.save_location(LocationDraft("nas", "local", {"path": str(tmp_path / "one")}), is_new=True)
    before, local = manager.backend("nas"), manager.backend("local")

    manager.save_location(LocationDraft("nas", "local", {"path": str(tmp_path / "two")}), is_new=False)

    assert manager.backend("nas") is not before
    assert manager.backend("local") is local
    assert manager.location_draft("nas").values == {"path": str(tmp_path / "two"), "sync": ""}


def test_a_removed_location_is_unknown_at_once(manager: AudioManager, tmp_path: Path) -> None:
    manager.save_location(LocationDraft("nas", "local", {"path": str(tmp_path / "nas")}), is_new=True)
    manager.set_default_destination("nas")
    manager.backend("nas")

    manager.remove_location("nas")

    with pytest.raises(InvalidInput, match="no location named 'nas'"):
        manager.backend("nas")
    with pytest.raises(ConfigError, match="nothing of a location 'nas'"):
        manager.location_draft("nas")


def test_a_file_that_was_broken_meanwhile_changes_nothing_here(manager: AudioManager) -> None:
    manager.config.path.write_text("audio_manager: [")

    with pytest.raises(ConfigError):
        manager.reload_config()

    assert [place.name for place in manager.locations()] == ["local"]


def test_problems_of_a_draft_are_told_by_option(manager: AudioManager) -> None:
    problems = manager.location_problems(LocationDraft("nas", "scp", {"host": "nas"}), is_new=True)

    assert list(problems) == ["remote_path"]
    assert {form.kind for form in manager.location_kinds()} == {"local", "s3", "minio", "scp"}


def test_a_worker_that_runs_already_knows_a_location_that_is_new(manager: AudioManager, tmp_path: Path) -> None:
    manager.register_recording("hello", file_paths={"audio": write_wav(tmp_path / "a.wav", pitch_hz=300)})
    command = [sys.executable, "-m", "audiotui.worker", "--config", str(manager.config.path), "--idle", "60"]
    worker = subprocess.Popen(command)
    try:
        (tmp_path / "one").mkdir()
        manager.save_location(LocationDraft("one", "local", {"path": str(tmp_path / "one")}), is_new=True)
        first = manager.queue(manager.plan_push("", "one"))
        eventually(lambda: manager.get_job(first).state == "done")
        manager.save_location(LocationDraft("two", "local", {"path": str(tmp_path / "two")}), is_new=True)
        second = manager.queue(manager.plan_push("", "two"))

        eventually(lambda: manager.get_job(second).state == "done")
    finally:
        worker.terminate()
        worker.wait()
