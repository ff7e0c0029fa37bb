"""Speech becomes as loud as others, and what is hardly there is not made to be heard."""

from __future__ import annotations

import itertools
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from audiotui.audio.decoder import Block, decode
from audiotui.audio.loudness import MOST_GAIN_DB, PEAK_DB, SILENT_LUFS, TARGET_LUFS, Loudness, measured
from audiotui.audio.transcode import coding, transcode

if TYPE_CHECKING:
    from pathlib import Path

Samples = npt.NDArray[np.float32]

CLIP, RATE_HZ = soundfile.read(str(files("audiotui") / "demo_clips" / "cafe-order.flac"), dtype="float32")
SPEECH = np.tile(CLIP[int(0.2 * RATE_HZ) :], 3)
NOISE = np.random.default_rng(1).normal(size=6 * RATE_HZ).astype(np.float32)

SHORT_AND_LONG = pytest.mark.parametrize("seconds", [0.1, 0.3, 0.5, 1.0, 2.9, 3.1, 5.0])


def at(sound: Samples, db: float, seconds: float) -> Samples:
    """The beginning of a sound, raised by so much."""
    part: Samples = sound[: round(seconds * RATE_HZ)] * np.float32(10 ** (db / 20))
    return part


def loud(folder: Path, sound: Samples) -> Samples:
    """The sound as it is brought to the usual loudness."""
    soundfile.write(folder / "in.wav", sound, RATE_HZ, subtype="FLOAT")
    with (folder / "out.wav").open("w+b") as file:
        transcode(folder / "in.wav", file, coding("wav"), loudness=True)
    return np.concatenate([block.samples for block in decode(folder / "out.wav")])


def loudness_of(sound: Samples) -> Loudness:
    """Of a sound that is repeated as often as it takes to have a loudness at all."""
    long = np.tile(sound.reshape(-1, 1), (max(1, 2 * RATE_HZ // len(sound)), 1))
    return measured([Block(long, RATE_HZ)])


def gain_db(before: Samples, after: Samples) -> float:
    def power(sound: Samples) -> float:
        return float(np.mean(np.square(sound, dtype=np.float64)))

    return 10 * float(np.log10(power(after) / power(before)))


@pytest.mark.parametrize("seconds", [0.5, 1.0, 2.5, 3.5, 6.0])
@pytest.mark.parametrize("db", [-12.0, 0.0])
def test_speech_comes_near_the_target_and_its_peaks_stay_below_full_scale(
    tmp_path: Path, seconds: float, db: float
) -> None:
    sound = loud(tmp_path, at(SPEECH, db, seconds))

    told = loudness_of(sound)
    assert told.lufs == pytest.approx(TARGET_LUFS, abs=1.5)
    assert 20 * np.log10(told.peak) < PEAK_DB + 0.2


@SHORT_AND_LONG
@pytest.mark.parametrize("db", [-60.0, -45.0])
def test_a_noise_that_is_hardly_there_is_raised_by_a_limited_gain(tmp_path: Path, seconds: float, db: float) -> None:
    before = at(NOISE, db, seconds)

    assert gain_db(before, loud(tmp_path, before)) == pytest.approx(MOST_GAIN_DB, abs=0.5)


@SHORT_AND_LONG
@pytest.mark.parametrize("sound", [SPEECH, NOISE], ids=["speech", "noise"])
def test_what_is_below_the_gate_is_not_raised(tmp_path: Path, seconds: float, sound: Samples) -> None:
    before = at(sound, -75.0, seconds)
    assert loudness_of(before).lufs == SILENT_LUFS

    assert gain_db(before, loud(tmp_path, before)) < 0.5


@SHORT_AND_LONG
def test_what_is_too_loud_is_lowered(tmp_path: Path, seconds: float) -> None:
    sound = loud(tmp_path, at(NOISE, -12.0, seconds))

    assert loudness_of(sound).lufs == pytest.approx(TARGET_LUFS, abs=1.0)


def test_one_click_in_a_short_clip_keeps_its_speech_from_being_clipped(tmp_path: Path) -> None:
    before = at(SPEECH, -20.0, 2.0)
    before[RATE_HZ] = 0.9

    after = loud(tmp_path, before)

    assert np.abs(after).max() < 10 ** (PEAK_DB / 20) + 0.01
    assert gain_db(before, after) == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("lengths", [[0.05], [0.01] * 5, [0.2, 0.19]])
def test_a_clip_without_a_whole_block_is_measured_as_if_it_were_repeated(lengths: list[float]) -> None:
    ends = np.cumsum([0, *(round(length * RATE_HZ) for length in lengths)])
    blocks = [Block(NOISE[first:end].reshape(-1, 1) * 0.1, RATE_HZ) for first, end in itertools.pairwise(ends)]

    told = measured(blocks)

    assert told.duration_s == pytest.approx(sum(lengths), abs=0.001)
    assert told.lufs == pytest.approx(loudness_of(NOISE[: ends[-1]] * np.float32(0.1)).lufs, abs=0.5)


def test_two_equal_channels_are_as_loud_as_they_are_heard() -> None:
    noise = np.float32(0.1) * NOISE.reshape(-1, 1)
    one = measured([Block(noise, RATE_HZ)])
    two = measured([Block(np.repeat(noise, 2, axis=1), RATE_HZ)])

    assert two.lufs == pytest.approx(one.lufs + 3.0, abs=0.1)
