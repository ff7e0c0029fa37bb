"""More than two channels: nobody who speaks is lost, nothing is clipped, and what is measured is what is heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from audiotui.audio.decoder import Block, decode
from audiotui.audio.loudness import PEAK_DB, TARGET_LUFS, measured
from audiotui.audio.probe import probe
from audiotui.audio.transcode import CODINGS, coding, transcode
from tests.audio import sounds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[Path, sounds.Samples], Path]

RATE_HZ = 48_000
LEVEL = 0.3

FL, FR, FC, LFE, BL, BR = range(6)


def more(*values: object) -> Any:
    """A case that the default run leaves out."""
    return pytest.param(*values, marks=pytest.mark.matrix)


def tones(channels: int) -> sounds.Samples:
    """A second in which each channel has a tone of its own."""
    times = np.arange(RATE_HZ) / RATE_HZ
    return np.stack([LEVEL * np.sin(2 * np.pi * pitch_hz(n) * times) for n in range(channels)], axis=1).astype("f4")


def pitch_hz(channel: int) -> int:
    return 200 + 100 * channel


def swelling(seconds: float, channels: int) -> sounds.Samples:
    """The same full-scale tone in all channels, which begins softly: coders overshoot at sudden beginnings."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    sound = 0.99 * np.sin(2 * np.pi * 440 * times) * np.minimum(times * 4, 1)
    return np.repeat(sound[:, None], channels, axis=1).astype("f4")


def plain(path: Path, samples: sounds.Samples) -> Path:
    """A WAV file that does not say what its channels are for."""
    soundfile.write(path, samples, RATE_HZ, format="WAV", subtype="PCM_16")
    return path


def labelled(path: Path, samples: sounds.Samples) -> Path:
    """A WAV file that says it."""
    soundfile.write(path, samples, RATE_HZ, format="WAVEX", subtype="PCM_16")
    return path


def flac(path: Path, samples: sounds.Samples) -> Path:
    """A FLAC file, whose format says it."""
    soundfile.write(path, samples, RATE_HZ, format="FLAC")
    return path


def opus(path: Path, samples: sounds.Samples) -> Path:
    """Opus in Ogg, where the middle comes second."""
    layout = {3: "3.0", 6: "5.1", 8: "7.1"}[samples.shape[1]]
    return sounds.write_by_ffmpeg(path, samples, RATE_HZ, "ogg", "libopus", layout=layout)


def aac(path: Path, samples: sounds.Samples) -> Path:
    """AAC, where it comes first."""
    layout = {3: "3.0", 6: "5.1"}[samples.shape[1]]
    return sounds.write_by_ffmpeg(path, samples, RATE_HZ, "mp4", "aac", layout=layout)


def coded(source: Path, name: str, *, loudness: bool = False) -> Block:
    """The sound of the file in another coding, and back."""
    target = source.with_name("out")
    with target.open("w+b") as file:
        transcode(source, file, coding(name), loudness=loudness)
    blocks = list(decode(target))
    return Block(np.concatenate([block.samples for block in blocks]), blocks[0].sample_rate_hz)


def levels(sound: Block, channels: int) -> sounds.Samples:
    """How strong the tone of each channel is on each side, of 1: shape (channels, 2)."""
    times = np.arange(len(sound.samples)) / sound.sample_rate_hz
    waves = np.exp(-2j * np.pi * np.outer([pitch_hz(n) for n in range(channels)], times))
    return (np.abs(waves @ sound.samples) * 2 / len(times) / LEVEL).astype("f4")


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("write", [labelled, more(plain), more(flac)])
@pytest.mark.parametrize("channels", [3, 6, more(4), more(8)])
def test_the_mixture_is_as_loud_as_its_channels_and_not_clipped(
    tmp_path: Path, name: str, write: Write, channels: int
) -> None:
    sound = swelling(1, channels)

    heard = coded(write(tmp_path / "in", sound), name).samples

    assert heard.shape[1] == 2
    assert np.abs(heard).max() < 1.05
    assert np.std(heard) == pytest.approx(np.std(sound), rel=0.08)  # LAME, for one, lowers all that it gets


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize(
    ("write", "channels"), [(plain, 3), (labelled, 6), more(plain, 6), more(labelled, 4), more(flac, 8)]
)
@pytest.mark.parametrize("seconds", [2, more(4)])
def test_what_is_heard_comes_to_the_usual_loudness(
    tmp_path: Path, name: str, write: Write, channels: int, seconds: float
) -> None:
    source = write(tmp_path / "in", swelling(seconds, channels))

    told = measured([coded(source, name, loudness=True)])

    assert told.lufs == pytest.approx(TARGET_LUFS, abs=0.8)
    assert 20 * np.log10(told.peak) < PEAK_DB


@pytest.mark.parametrize("name", CODINGS)
def test_what_the_coding_leaves_out_is_not_measured(tmp_path: Path, name: str) -> None:
    times = np.arange(4 * 96_000) / 96_000
    sound = 0.1 * np.sin(2 * np.pi * 440 * times) + 0.5 * np.sin(2 * np.pi * 30_000 * times)
    soundfile.write(tmp_path / "in.wav", sound, 96_000)

    told = measured([coded(tmp_path / "in.wav", name, loudness=True)])

    assert told.lufs == pytest.approx(TARGET_LUFS, abs=0.8)


@pytest.mark.parametrize("name", ["flac", "opus"])
@pytest.mark.parametrize("write", [labelled, flac, opus, aac])
def test_channels_are_heard_on_their_side(tmp_path: Path, name: str, write: Write) -> None:
    heard = levels(coded(write(tmp_path / "in", tones(6)), name), 6)

    left, right = heard.T
    assert left[[FL, FC, BL]] == pytest.approx([0.414, 0.293, 0.293], rel=0.1)
    assert right[[FR, FC, BR]] == pytest.approx([0.414, 0.293, 0.293], rel=0.1)
    assert max(*left[[FR, BR, LFE]], *right[[FL, BL, LFE]]) < 0.01


@pytest.mark.parametrize("write", [flac, opus, aac])
def test_of_three_channels_the_middle_is_heard_on_both_sides(tmp_path: Path, write: Write) -> None:
    left, right = levels(coded(write(tmp_path / "in", tones(3)), "wav"), 3).T

    assert left == pytest.approx([0.586, 0, 0.414], abs=0.03)
    assert right == pytest.approx([0, 0.586, 0.414], abs=0.03)


@pytest.mark.parametrize("name", ["flac", "opus"])
@pytest.mark.parametrize("channels", [3, 4, 5, 6, 7, 8, 9, 20, 64])
def test_microphones_of_which_nothing_is_said_are_heard_alike(tmp_path: Path, name: str, channels: int) -> None:
    heard = levels(coded(plain(tmp_path / "in", tones(channels)), name), channels)

    assert heard == pytest.approx(np.full((channels, 2), 1 / channels), rel=0.1)


def test_eight_channels_of_opus_are_decoded_to_their_end(tmp_path: Path) -> None:
    path = opus(tmp_path / "in.opus", np.tile(tones(8), (2, 1)))

    frames = sum(len(block.samples) for block in decode(path))

    assert frames / RATE_HZ == pytest.approx(probe(path).duration_s, abs=0.02)
