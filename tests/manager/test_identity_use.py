"""Before something is done to an identity: what it is used for, what a merge moves, what is wrong with a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[AudioManager]:
    path = tmp_path / "config.yaml"
    path.write_text("audio_manager:\n  db_path: l.db\n  locations:\n    local:\n      type: local\n      path: files\n")
    path.chmod(0o600)
    with AudioManager(path) as manager:
        yield manager


def test_use_counts_recordings_by_folder_without_those_in_the_trash(manager: AudioManager) -> None:
    aria = manager.register_ai_identity("tts-1", "Aria")
    for number in range(5):
        manager.register_recording(f"take {number}", ai_identity_id=aria, folder="a" if number < 3 else "b")
    manager.delete_recordings([manager.find_text("take 0", limit=1)[0].id])

    use = manager.identity_use(aria)

    assert (use.recordings, use.trashed) == (4, 1)
    assert use.folders == (("a", 2), ("b", 2))
    assert use.last_at is not None


def test_the_query_of_an_identity_finds_its_recordings_and_no_others(manager: AudioManager) -> None:
    names = ["Aria", "Aria (old)", 'A "quoted" name', "\x1b]0;owned\x07", "Bryn", "-x", ""]
    uids = [manager.register_ai_identity("tts-1", name, name=name) for name in names]
    for uid in uids:
        manager.register_recording(f"by {uid}", ai_identity_id=uid)

    found = {uid: [row.text for row in manager.find(manager.identity_use(uid).query)] for uid in uids}

    assert found == {uid: [f"by {uid}"] for uid in uids}
    assert manager.identity_use(uids[4]).query == 'voice:"Bryn"'


def test_a_merge_is_previewed_with_what_would_move(manager: AudioManager) -> None:
    old, new = manager.register_user_identity("Maya"), manager.register_user_identity("Maya", "Ortiz")
    manager.register_recording("hello", user_identity_id=old)

    preview = manager.preview_merge(old, new)

    assert (preview.source.uid, preview.target.uid, preview.recordings, preview.trashed) == (old, new, 1, 0)
    assert [row.text for row in preview.first] == ["hello"]
    assert manager.get_identity(old).recording_count == 1


def test_a_merge_of_a_voice_into_a_person_is_refused(manager: AudioManager) -> None:
    voice, person = manager.register_ai_identity("tts-1"), manager.register_user_identity("Maya")

    with pytest.raises(InvalidInput, match="Cannot merge"):
        manager.preview_merge(voice, person)


def test_problems_of_a_form_are_told_by_field(manager: AudioManager) -> None:
    aria = manager.register_ai_identity("tts-1", "Aria")

    assert manager.identity_problems("ai", {"model": "tts-1", "voice": "Bryn"}) == {}
    assert manager.identity_problems("ai", {"model": " "}).keys() == {"model"}
    assert manager.identity_problems("human", {"email": "a@b"}).keys() == {"first_name"}
    assert manager.identity_problems("ai", {"model": "x", "settings": "{"}).keys() == {"settings"}
    assert manager.identity_problems("ai", {"model": "x", "settings": "[1]"}).keys() == {"settings"}
    assert "Aria" in manager.identity_problems("ai", {"model": "tts-1", "voice": "Aria"})["voice"]
    assert manager.identity_problems("ai", {"model": "tts-1", "voice": "Aria"}, identity_id=aria) == {}
