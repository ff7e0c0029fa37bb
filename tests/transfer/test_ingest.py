"""Adding files to the library: what arrives, and what is refused without a trace."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import (
    AudiotuiError,
    Duplicate,
    InvalidInput,
    NotAudio,
    RecordingNotFound,
    UnreadableAudio,
)
from audiotui.model import PART_BYTES, NewRecording, VerifyLevel
from audiotui.transfer.ingest import IngestOptions
from tests.transfer.importing import everything, ingest_of, leftovers, wav, write
from tests.transfer.library import Library

if TYPE_CHECKING:
    from audiotui.transfer.ingest import Ingest
    from tests.transfer.library import Library


def test_a_file_lies_under_its_managed_key_and_the_catalog_has_its_facts(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    source = write(tmp_path / "Hello.WAV", wav(1, frames=4_000))

    uid = ingest.add(NewRecording(text="Hello"), {"audio": source})

    recording = library.catalog.recording(uid)
    (file,) = recording.files
    (copy,) = file.copies
    sha256 = hashlib.sha256(wav(1, frames=4_000)).hexdigest()
    assert (file.kind, file.version, file.original_name, file.sha256) == ("audio", 1, "Hello.WAV", sha256)
    assert (recording.format, recording.duration_s, recording.sample_rate_hz, recording.channels) == (
        "wav",
        0.5,
        8000,
        1,
    )
    assert copy.key == f"{uid[:2]}/{uid}/audio.{sha256[:12]}.wav"
    assert (copy.managed, copy.verify_level) == (True, VerifyLevel.SIZE)
    assert source.read_bytes() == (library.folder / "local" / copy.key).read_bytes()
    assert leftovers(library) == []


def test_several_files_become_one_recording_and_one_entry_of_the_history(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    audio = write(tmp_path / "a.wav", wav(1))
    transcript = write(tmp_path / "a.txt", b"hello")

    uid = ingest.add(NewRecording(), {"audio": audio, "transcript": str(transcript), "raw_take-2": audio})

    assert [file.kind for file in library.catalog.recording(uid).files] == ["audio", "raw_take-2", "transcript"]
    assert len(library.catalog.history()) == 1
    assert leftovers(library) == []


def test_undoing_an_addition_puts_the_recording_into_the_trash(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    uid = ingest.add(NewRecording(), {"audio": write(tmp_path / "a.wav", wav())})

    library.catalog.undo()

    assert library.catalog.recording(uid).deleted_at is not None


def test_files_of_other_kinds_may_hold_anything(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    uid = ingest.add(NewRecording(), {"notes": write(tmp_path / "empty", b"")})

    (file,) = library.catalog.recording(uid).files
    assert (file.size_bytes, file.media) == (0, None)
    assert file.copies[0].key.endswith("/notes.e3b0c44298fc")


@pytest.mark.parametrize(
    ("name", "data", "error", "words"),
    [
        ("a.wav", b"Dear diary, this is text.", NotAudio, "no sound file"),
        ("a.wav", b"", NotAudio, "empty"),
        ("a.wav", wav(1, channels=1).replace(b"\x01\0\x01\0", b"\x01\0\xff\xff", 1), UnreadableAudio, "channels"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(100), NotAudio, "no sound file"),
    ],
)
def test_what_is_no_audio_is_refused_by_name_and_leaves_nothing(
    tmp_path: Path, library: Library, ingest: Ingest, name: str, data: bytes, error: type[AudiotuiError], words: str
) -> None:
    source = write(tmp_path / name, data)

    with pytest.raises(error, match=words) as raised:
        ingest.add(NewRecording(), {"audio": source})

    assert str(source) in raised.value.message
    assert everything(library) == []
    assert leftovers(library) == []


def test_one_bad_file_keeps_the_good_ones_out_too(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    good, bad = write(tmp_path / "a.wav", wav()), tmp_path / "missing.txt"

    with pytest.raises(InvalidInput, match=r"missing\.txt: there is no such file"):
        ingest.add(NewRecording(), {"audio": good, "transcript": bad})

    assert everything(library) == []
    assert leftovers(library) == []


def test_a_field_that_the_catalog_refuses_leaves_nothing_behind(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    with pytest.raises(InvalidInput, match="rating"):
        ingest.add(NewRecording(rating=9), {"audio": write(tmp_path / "a.wav", wav())})

    assert leftovers(library) == []


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket"))
    reasons = {
        "pipe": "named pipe",
        "socket": "socket",
        "loop": "symbolic link",
        ".": "folder",
        "no/such": "no such file",
    }

    for name, reason in reasons.items():
        with pytest.raises(InvalidInput, match=reason):
            ingest.add(NewRecording(), {"audio": tmp_path / name})
    with pytest.raises(InvalidInput, match="device"):
        ingest.add(NewRecording(), {"audio": "/dev/zero"})
    with pytest.raises(InvalidInput, match="NUL"):
        ingest.add(NewRecording(), {"audio": "a\0b.wav"})
    server.close()

    assert leftovers(library) == []


@pytest.mark.parametrize("kind", ["", "Audio", "a/b", "../x", "x" * 33, "tränscript"])
def test_a_kind_is_a_short_plain_name(tmp_path: Path, library: Library, ingest: Ingest, kind: str) -> None:
    with pytest.raises(InvalidInput, match="kind"):
        ingest.add(NewRecording(), {kind: write(tmp_path / "a.wav", wav())})

    assert leftovers(library) == []


def test_a_named_link_is_followed(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    link = tmp_path / "link.wav"
    link.symlink_to(write(tmp_path / "real.wav", wav(5)))

    uid = ingest.add(NewRecording(), {"audio": link})

    (file,) = library.catalog.recording(uid).files
    assert (file.original_name, file.sha256) == ("link.wav", hashlib.sha256(wav(5)).hexdigest())


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9 \xff.wav",
        b"take[1] [red]x[bold].wav",
        b"esc\x1b]0;title\x07.wav",
        b"line\nbreak\ttab.wav",
        "gpj\u202egpj.wav".encode(),
        ("x" + "\u0301" * 120).encode(),
        "朝のあいさつ.WäV".encode(),
        b"'; DROP TABLE recordings; --",
        b".hidden",
        b"a" * 255,
    ],
)
def test_any_file_name_comes_back_as_it_was(tmp_path: Path, library: Library, ingest: Ingest, name: bytes) -> None:
    source = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    source.write_bytes(wav(3))

    uid = ingest.add(NewRecording(title=source.stem), {"audio": source})

    recording = library.catalog.recording(uid)
    assert os.fsencode(recording.files[0].original_name) == name
    assert os.fsencode(recording.title) == os.fsencode(source.stem)
    assert leftovers(library) == []


def test_a_long_file_has_a_digest_for_each_part(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    data = os.urandom(1 << 20) * 17 + b"end"
    source = write(tmp_path / "long.bin", data)

    uid = ingest.add(NewRecording(), {"master": source})

    (file,) = library.catalog.recording(uid).files
    parts = [data[at : at + PART_BYTES] for at in range(0, len(data), PART_BYTES)]
    assert file.part_sha256 == tuple(hashlib.sha256(part).hexdigest() for part in parts)
    assert leftovers(library) == []


@pytest.mark.parametrize("size", [300, 5 << 20])
def test_a_layout_may_put_the_hash_into_a_folder(tmp_path: Path, library: Library, size: int) -> None:
    source = write(tmp_path / "data", b"x" * size)

    uid = ingest_of(library, "lib/{sha256[:2]}/{uid}/{kind}-{sha256}").add(NewRecording(), {"raw": source})

    sha256 = hashlib.sha256(b"x" * size).hexdigest()
    key = library.catalog.recording(uid).files[0].copies[0].key
    assert key == f"lib/{sha256[:2]}/{uid}/raw-{sha256}"
    assert leftovers(library) == []


def test_bytes_that_a_recording_has_are_refused_with_its_name(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    source = write(tmp_path / "a.wav", wav())
    first = ingest.add(NewRecording(text="Good morning"), {"audio": source})

    with pytest.raises(Duplicate, match="'Good morning'") as raised:
        ingest.add(NewRecording(), {"audio": write(tmp_path / "b.wav", wav())})

    assert raised.value.existing_uid == first
    assert first in raised.value.message
    assert leftovers(library) == []


def test_bytes_of_a_recording_in_the_trash_are_refused_with_the_way_back(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    source = write(tmp_path / "a.wav", wav())
    first = ingest.add(NewRecording(), {"audio": source})
    library.catalog.trash_recordings(library.all_ids())

    with pytest.raises(Duplicate, match="trash") as raised:
        ingest.add(NewRecording(), {"audio": source})

    assert f"restore-recording {first}" in raised.value.hint


def test_a_duplicate_that_is_allowed_has_its_own_bytes(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    source = write(tmp_path / "a.wav", wav())
    uids = {
        ingest.add(NewRecording(), {"audio": source}, IngestOptions(allow_duplicate=allowed))
        for allowed in (False, True)
    }

    keys = {library.catalog.recording(uid).files[0].copies[0].key for uid in uids}
    assert len(keys) == 2
    assert leftovers(library) == []


def test_other_kinds_may_be_the_same_in_different_recordings(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    text = write(tmp_path / "a.txt", b"the same")
    for _ in range(2):
        ingest.add(NewRecording(), {"transcript": text})

    assert len(everything(library)) == 2


def test_a_new_version_becomes_current_and_the_old_one_stays(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    uid = ingest.add(NewRecording(), {"audio": write(tmp_path / "a.wav", wav(1, frames=400))})

    file = ingest.add_file(uid[:8], "audio", write(tmp_path / "b.wav", wav(2, frames=800)))

    recording = library.catalog.recording(uid)
    assert (file.version, recording.duration_s) == (2, 0.1)
    assert [one.version for one in recording.files] == [2, 1]
    assert leftovers(library) == []


def test_the_same_file_again_is_a_duplicate_within_its_recording(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    text = write(tmp_path / "a.txt", b"hello")
    uid = ingest.add(NewRecording(), {"transcript": text})

    with pytest.raises(Duplicate, match="already"):
        ingest.add_file(uid, "transcript", text)
    ingest.add_file(uid, "notes", text)

    assert sorted(file.kind for file in library.catalog.recording(uid).files) == ["notes", "transcript"]
    assert leftovers(library) == []


@pytest.mark.parametrize("kind", ["audio", "notes"])
def test_a_file_whose_bytes_were_lost_may_be_given_back(
    tmp_path: Path, library: Library, ingest: Ingest, kind: str
) -> None:
    source = write(tmp_path / "a.wav", wav())
    uid = ingest.add(NewRecording(text="Good morning"), {kind: source})
    path = library.path("local", library.catalog.resolve_recording(uid))
    path.unlink()

    ingest.add_file(uid, kind, source)

    assert path.read_bytes() == wav()
    assert leftovers(library) == []


def test_an_earlier_version_may_come_back_as_a_new_one(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    uid = ingest.add(NewRecording(), {"audio": write(tmp_path / "a.wav", wav(1))})
    ingest.add_file(uid, "audio", write(tmp_path / "b.wav", wav(2)))

    file = ingest.add_file(uid, "audio", tmp_path / "a.wav")

    assert (file.version, file.sha256) == (3, hashlib.sha256(wav(1)).hexdigest())
    assert leftovers(library) == []


def test_nothing_is_added_to_a_recording_in_the_trash(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    uid = ingest.add(NewRecording(), {"audio": write(tmp_path / "a.wav", wav())})
    library.catalog.trash_recordings(library.all_ids())

    with pytest.raises(RecordingNotFound):
        ingest.add_file(uid, "notes", tmp_path / "a.wav")
