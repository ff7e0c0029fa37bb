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


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("bits", ["PCM_U8", "PCM_16"])
def test_flac_loses_nothing_of_up_to_sixteen_bits(tmp_path: Path, channels: int, bits: str) -> None:
    source, target = tmp_path / "in.wav", tmp_path / "out.flac"
    soundfile.write(source, np.random.default_rng(3).uniform(-1, 1, (22_050, channels)), 22_050, subtype=bits)

    with target.open("w+b") as file:
        transcode(source, file, coding("flac"))

    assert np.array_equal(samples_of(source), samples_of(target))


@pytest.mark.parametrize("name", ["flac", "wav"])
@pytest.mark.parametrize("bits", ["PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_finer_samples_are_rounded_to_sixteen_bits(tmp_path: Path, name: str, bits: str) -> None:
    source, target = tmp_path / "in.wav", tmp_path / "out"
    soundfile.write(source, np.random.default_rng(3).uniform(-0.9, 0.9, 22_050), 22_050, subtype=bits)

    with target.open("w+b") as file:
        transcode(source, file, coding(name))

    assert np.abs(samples_of(source) - samples_of(target)).max() * 2**15 == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("name", "rate_hz", "expected_hz"),
    [
        ("mp3", 96_000, 48_000),
        ("aac", 192_000, 48_000),
        ("mp3", 37_000, 44_100),
        ("opus", 44_100, 48_000),
        ("opus", 11_025, 12_000),
        ("opus", 5_512, 8_000),
        ("flac", 96_000, 96_000),
        ("wav", 37_000, 37_000),
    ],
)
def test_a_rate_that_a_coding_does_not_know_becomes_one_that_it_does(
    tmp_path: Path, name: str, rate_hz: int, expected_hz: int
) -> None:
    source, target = tone(tmp_path / "in.wav", rate_hz=rate_hz), tmp_path / "out"

    with target.open("w+b") as file:
        transcode(source, file, coding(name))

    heard = next(decode(target))
    times = np.arange(len(heard.samples)) / heard.sample_rate_hz
    likeness = np.abs(np.exp(-2j * np.pi * 440 * times) @ heard.samples[:, 0]) * 2 / len(times) * 2**15
    assert (heard.sample_rate_hz, probe(target).sample_rate_hz) == (expected_hz, expected_hz)
    assert likeness == pytest.approx(3_000, rel=0.1)


def test_quiet_and_loud_sounds_become_equally_loud(tmp_path: Path) -> None:
    levels = []
    for level in (1_500, 20_000):
        source, target = tone(tmp_path / "in.wav", seconds=4, level=level), tmp_path / "out.flac"
        with target.open("w+b") as file:
            transcode(source, file, coding("flac"), loudness=True)
        levels.append(rms(target))

    quiet, loud = levels
    assert quiet == pytest.approx(loud, rel=0.25)


@pytest.mark.parametrize("seconds", [1.5, 4.0])
@pytest.mark.parametrize("rate_hz", [1_000, 2_000])
def test_a_sound_of_a_low_rate_becomes_as_loud_as_others(tmp_path: Path, rate_hz: int, seconds: float) -> None:
    levels = []
    for rate in (rate_hz, 16_000):
        source, target = tone(tmp_path / "in.wav", seconds=seconds, rate_hz=rate), tmp_path / "out.wav"
        with target.open("w+b") as file:
            transcode(source, file, coding("wav"), loudness=True)
        assert probe(target).sample_rate_hz == rate
        levels.append(rms(target))

    low, usual = levels
    assert low == pytest.approx(usual, rel=0.15)


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


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("most", [1.3, 4.0])
def test_what_is_beyond_full_scale_is_cut_off_there(tmp_path: Path, name: str, most: float) -> None:
    wave = np.sin(np.arange(48_000) * 0.06)
    soundfile.write(tmp_path / "in.wav", most * wave, 48_000, subtype="FLOAT")

    with (tmp_path / "out").open("w+b") as file:
        transcode(tmp_path / "in.wav", file, coding(name))

    assert rms(tmp_path / "out") == pytest.approx(np.sqrt(np.mean((most * wave).clip(-1, 1) ** 2)), rel=0.1)


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("seconds", [2, 4])
def test_what_is_beyond_full_scale_is_brought_below_it_whole_at_the_usual_loudness(
    tmp_path: Path, name: str, seconds: int
) -> None:
    soundfile.write(tmp_path / "in.wav", 4 * np.sin(np.arange(seconds * 48_000) * 0.06), 48_000, subtype="FLOAT")

    with (tmp_path / "out").open("w+b") as file:
        transcode(tmp_path / "in.wav", file, coding(name), loudness=True)

    middle = samples_of(tmp_path / "out")[48_000:72_000, 0]
    assert np.abs(middle).max() / np.sqrt(np.mean(middle**2)) == pytest.approx(math.sqrt(2), rel=0.03)


def test_a_sound_that_no_coder_takes_is_refused_by_one_line(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "in.wav", np.zeros(800), 2_000_000)

    with pytest.raises(UnreadableAudio, match="cannot be coded by flac") as refused:
        transcode(tmp_path / "in.wav", io.BytesIO(), coding("flac"), loudness=True)

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
