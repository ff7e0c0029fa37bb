"""Sound in other codings: as long as it was, as loud as asked, whatever its rate and channels are."""

from __future__ import annotations

import io
import math
import struct
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from audiotui.audio.decoder import decode
from audiotui.audio.probe import probe
from audiotui.audio.transcode import CODINGS, coding, transcode
from audiotui.errors import AudioError, InvalidInput, UnreadableAudio

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


def tone(path: Path, *, seconds: float = 1.0, rate_hz: int = 22_050, channels: int = 1, level: int = 3_000) -> Path:
    frames = round(seconds * rate_hz)
    values = [round(level * math.sin(2 * math.pi * 440 * n / rate_hz)) for n in range(frames)]
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate_hz, frames, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", value) * channels for value in values))
    return path


def samples_of(path: Path) -> npt.NDArray[np.float32]:
    return np.concatenate([block.samples for block in decode(path)])


def rms(path: Path) -> float:
    return float(np.sqrt(np.mean(samples_of(path) ** 2)))


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize(("rate_hz", "channels"), [(22_050, 1), (44_100, 2), (7_000, 1)])
def test_a_sound_is_as_long_as_it_was(tmp_path: Path, name: str, rate_hz: int, channels: int) -> None:
    source = tone(tmp_path / "in.wav", rate_hz=rate_hz, channels=channels)
    target = tmp_path / f"out.{CODINGS[name].extension}"

    with target.open("w+b") as file:
        transcode(source, file, coding(name))

    facts = probe(target)
    assert facts.duration_s == pytest.approx(1.0, abs=0.08)
    assert facts.channels == channels
    assert rms(target) == pytest.approx(rms(source), rel=0.1)


def test_flac_loses_nothing(tmp_path: Path) -> None:
    source, target = tone(tmp_path / "in.wav"), tmp_path / "out.flac"

    with target.open("w+b") as file:
        transcode(source, file, coding("flac"))

    assert np.array_equal(samples_of(source), samples_of(target))


def test_quiet_and_loud_sounds_become_equally_loud(tmp_path: Path) -> None:
    levels = []
    for level in (1_500, 20_000):
        source, target = tone(tmp_path / "in.wav", seconds=4, level=level), tmp_path / "out.flac"
        with target.open("w+b") as file:
            transcode(source, file, coding("flac"), loudness=True)
        levels.append(rms(target))

    quiet, loud = levels
    assert quiet == pytest.approx(loud, rel=0.25)


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("loudness", [False, True])
@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_samples_that_are_no_numbers_are_silent(tmp_path: Path, name: str, loudness: bool, odd: float) -> None:
    sound = 0.1 * np.sin(np.arange(24_000) * 0.1)
    sound[::700] = odd
    soundfile.write(tmp_path / "in.wav", sound, 24_000, subtype="FLOAT")
    target = tmp_path / f"out.{CODINGS[name].extension}"

    with target.open("w+b") as file:
        transcode(tmp_path / "in.wav", file, coding(name), loudness=loudness)

    assert np.isfinite(samples_of(target)).all()
    assert rms(target) > 0.05


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("seconds", [0.01, 1.0, 4.0])
def test_silence_stays_silent_at_any_loudness(tmp_path: Path, name: str, seconds: float) -> None:
    source = tone(tmp_path / "in.wav", seconds=seconds, rate_hz=24_000, level=0)
    target = tmp_path / f"out.{CODINGS[name].extension}"

    with target.open("w+b") as file:
        transcode(source, file, coding(name), loudness=True)

    assert np.abs(samples_of(target)).max() < 1e-6


def test_sounds_far_beyond_full_scale_are_coded(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "in.wav", np.full(24_000, 1e38), 24_000, subtype="FLOAT")

    with (tmp_path / "out.m4a").open("w+b") as file:
        transcode(tmp_path / "in.wav", file, coding("aac"))

    assert probe(tmp_path / "out.m4a").duration_s == pytest.approx(1.0, abs=0.08)


def test_a_sound_that_no_coder_takes_is_refused_by_one_line(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "in.wav", np.zeros((800, 9)), 8_000)

    with pytest.raises(UnreadableAudio, match=r"cannot be coded by flac: .*9c") as refused:
        transcode(tmp_path / "in.wav", io.BytesIO(), coding("flac"))

    assert "\n" not in refused.value.message
    assert refused.value.hint


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="flac, wav, mp3, opus, aac"):
        coding("exe")


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.wav"
    path.write_bytes(b"<html>no</html>" * 100)

    with pytest.raises(AudioError):
        transcode(path, io.BytesIO(), coding("flac"))
