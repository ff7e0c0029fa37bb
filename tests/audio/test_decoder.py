"""Files whose sound is not the same all along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from audiotui.audio.decoder import decode
from tests.audio import sounds

if TYPE_CHECKING:
    from pathlib import Path


BARE = {"write_xing": "0", "id3v2_version": "0"}
"""Frames alone: a header would say where the first of two files ends."""


def pitch_hz(samples: sounds.Samples, rate_hz: int) -> float:
    """The strongest tone."""
    strength = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(strength.argmax()) * rate_hz / len(samples)


@pytest.mark.parametrize(("rate_hz", "channels"), [(24_000, 1), (44_100, 1), (44_100, 2), (22_050, 2)])
def test_a_file_that_was_put_together_of_two_is_heard_to_its_end_at_one_rate(
    tmp_path: Path, rate_hz: int, channels: int
) -> None:
    joined = tmp_path / "joined.mp3"
    parts = [(44_100, 1, 440.0), (rate_hz, channels, 880.0)]
    for number, (rate, count, tone_hz) in enumerate(parts):
        times = np.arange(2 * rate) / rate
        samples = np.stack([0.3 * np.sin(2 * np.pi * tone_hz * times)] * count, axis=1).astype("f4", order="C")
        layout = {1: "mono", 2: "stereo"}[count]
        part = tmp_path / f"{number}.mp3"
        sounds.write_by_ffmpeg(part, samples, rate, "mp3", "libmp3lame", layout=layout, options=BARE)
        with joined.open("ab") as file:
            file.write(part.read_bytes())

    blocks = list(decode(joined))

    assert {(block.sample_rate_hz, block.samples.shape[1]) for block in blocks} == {(44_100, 1)}
    heard = np.concatenate([block.samples for block in blocks])[:, 0]
    assert len(heard) / 44_100 == pytest.approx(4.0, abs=0.3)
    assert pitch_hz(heard[22_050:66_150], 44_100) == pytest.approx(440, abs=3)
    assert pitch_hz(heard[-66_150:-22_050], 44_100) == pytest.approx(880, abs=3)
