"""What arrives is decoded: a header that promises more than there is to hear is not believed."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AudioError
from audiotui.library.hearing import heard
from audiotui.library.spool import Spool
from tests.library.sounds import coded, streamed_wav, wav, with_a_hole

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.model import MediaFacts


def heard_in(folder: Path, sound: bytes) -> MediaFacts:
    """The facts of a sound that has just arrived."""
    with Spool(folder) as spool:
        spool.write(sound)
        return heard(spool, "/temp/x")


@pytest.mark.parametrize("form", ["FLAC", "OGG", "MP3", "AIFF"])
def test_a_whole_sound_has_its_length(tmp_path: Path, form: str) -> None:
    assert heard_in(tmp_path, coded(form)).duration_s == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize("sound", [wav(), streamed_wav()], ids=["plain", "streamed"])
def test_plain_samples_are_as_long_as_their_bytes(tmp_path: Path, sound: bytes) -> None:
    assert heard_in(tmp_path, sound).duration_s == 0.1


@pytest.mark.parametrize("form", ["FLAC", "MP3"])
def test_a_sound_with_a_hole_is_as_long_as_what_can_be_heard(tmp_path: Path, form: str) -> None:
    assert 0 < heard_in(tmp_path, with_a_hole(coded(form))).duration_s < 2.9


def test_a_sound_of_which_nothing_can_be_decoded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="/temp/x cannot be decoded"):
        heard_in(tmp_path, with_a_hole(coded("FLAC"), begin=0.01, end=0.9))


def test_a_sound_that_is_cut_is_as_long_as_what_came(tmp_path: Path) -> None:
    sound = coded("FLAC")

    assert 0.5 < heard_in(tmp_path, sound[: len(sound) // 2]).duration_s < 1.6


def told_lengths(sound: bytes, data_bytes: int) -> bytes:
    """The WAV file under a header that tells so many bytes of sound."""
    size = min(data_bytes + 36, 0xFFFFFFFF)
    return sound[:4] + struct.pack("<I", size) + sound[8:40] + struct.pack("<I", data_bytes) + sound[44:]


@pytest.mark.parametrize("seconds", [1.0, 100.0], ids=["in memory", "on disk"])
def test_a_wav_file_that_is_cut_is_kept_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seconds: float
) -> None:
    whole = wav(seconds=10 * seconds)

    facts = heard_in(tmp_path, whole[: 44 + (len(whole) - 44) // 10])

    assert facts.duration_s == pytest.approx(seconds)
    [warning] = caplog.messages
    assert warning == f"/temp/x: its header says {10 * seconds:.2f} s, and {seconds:.2f} s of it came"


@pytest.mark.parametrize(
    "data_bytes",
    [0, 1_600, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF - 36, 0xFFFFFFFF],
    ids=["none", "right", "espeak", "signed", "half", "less the header", "unset"],
)
def test_a_wav_file_whose_writer_did_not_know_its_length_is_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, data_bytes: int
) -> None:
    assert heard_in(tmp_path, told_lengths(wav(), data_bytes)).duration_s == 0.1

    assert caplog.messages == []
