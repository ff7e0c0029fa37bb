"""Waveforms and spectrograms say what is in the sound, and the cache gives back what it was given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from audiotui.audio.decoder import Block, decode
from audiotui.audio.pictures.cache import PictureCache
from audiotui.audio.pictures.shapes import BANDS, COLUMNS, Spectrogram, Waveform
from audiotui.audio.pictures.spectrogram import measure_spectrogram, spectrogram_of
from audiotui.audio.pictures.waveform import measure_waveform, waveform_of
from audiotui.errors import InvalidInput, UnreadableAudio
from tests.audio import sounds

if TYPE_CHECKING:
    from pathlib import Path

RATE_HZ = 16_000


def tone(seconds: float, hz: float, level: float = 0.5) -> sounds.Samples:
    """A sine of one channel; shape (frames, 1)."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (level * np.sin(2 * np.pi * hz * times)).astype(np.float32)[:, None]


def blocks(samples: sounds.Samples, frames: int = 1_000) -> list[Block]:
    """The samples in pieces, as a decoder gives them."""
    return [Block(samples[start : start + frames], RATE_HZ) for start in range(0, len(samples), frames)]


def test_a_waveform_shows_where_the_sound_is_loud_and_where_it_is_still() -> None:
    samples = np.concatenate((tone(1, 200), np.zeros((RATE_HZ, 1), np.float32), tone(1, 200, level=0.25)))

    waveform = waveform_of(blocks(samples))

    loud, still, half = waveform.spans(9)[1::3]
    assert waveform.duration_s == pytest.approx(3)
    assert waveform.peak == pytest.approx(0.5, rel=0.01)
    assert loud == pytest.approx((-1, 1, 0.71), abs=0.02)
    assert half == pytest.approx((-0.5, 0.5, 0.35), abs=0.02)
    assert still == pytest.approx((0, 0, 0), abs=0.05)


@pytest.mark.parametrize("seconds", [0.001, 0.5, 7.3, 65.0, 601.0])
def test_a_waveform_of_any_length_has_a_bounded_number_of_equal_spans(seconds: float) -> None:
    frames = round(seconds * RATE_HZ)
    rising = np.linspace(0, 1, frames, dtype=np.float32)[:, None]

    waveform = waveform_of(blocks(rising, 9_999))

    assert 1 <= waveform.columns <= COLUMNS
    assert waveform.duration_s == pytest.approx(seconds, rel=1e-3)
    highs = [high for _, high, _ in waveform.spans(8)]
    if waveform.columns >= 8:
        assert highs == pytest.approx([(index + 1) / 8 for index in range(8)], abs=0.02)


def test_the_lower_side_of_a_lopsided_sound_is_its_own() -> None:
    waveform = waveform_of(blocks(np.full((5_000, 2), -0.8, np.float32)))

    assert waveform.spans(1)[0] == pytest.approx((-1, -1, 1), abs=0.01)


def test_a_spectrogram_shows_a_tone_at_its_pitch() -> None:
    low = spectrogram_of(blocks(tone(1, 200)))
    high = spectrogram_of(blocks(tone(1, 3_000)))

    def loudest_band(picture: Spectrogram) -> int:
        return int(np.frombuffer(picture.levels, np.uint8).reshape(-1, BANDS).mean(axis=0).argmax())

    assert loudest_band(low) < BANDS // 4 < BANDS // 2 < loudest_band(high)
    assert low.top_hz == RATE_HZ / 2


@pytest.mark.parametrize("seconds", [0.001, 0.3, 5.0, 90.0])
def test_a_spectrogram_of_any_length_has_a_bounded_number_of_columns(seconds: float) -> None:
    picture = spectrogram_of(blocks(tone(seconds, 440), 7_777))

    assert 1 <= picture.columns <= COLUMNS
    assert picture.duration_s == pytest.approx(seconds, rel=1e-3)
    assert [len(row) for row in picture.grid(70, 16)] == [70] * 16


def test_silence_and_samples_that_are_no_numbers_draw_a_flat_line() -> None:
    still = waveform_of(blocks(np.zeros((8_000, 1), np.float32)))
    odd = waveform_of(blocks(np.full((8_000, 1), np.nan, np.float32)))

    assert set(still.spans(10)) == set(odd.spans(10)) == {(0, 0, 0)}
    assert max(spectrogram_of(blocks(np.zeros((8_000, 1), np.float32))).levels) == 0
    assert waveform_of([]).spans(10) == []


@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [("a.m4a", "mp4", "aac"), ("a.mp3", "mp3", "libmp3lame"), ("a.webm", "webm", "libopus")],
)
def test_what_ffmpeg_decodes_is_drawn_like_what_libsndfile_decodes(
    tmp_path: Path, name: str, container: str, codec: str
) -> None:
    rate_hz = 48_000
    samples = sounds.voice(2, rate_hz)
    plain = sounds.write_by_sndfile(tmp_path / "a.flac", samples, rate_hz, "FLAC")
    coded = sounds.write_by_ffmpeg(tmp_path / name, samples, rate_hz, container, codec)

    expected, waveform = measure_waveform(plain).spans(20), measure_waveform(coded).spans(20)

    assert [rms for _, _, rms in waveform] == pytest.approx([rms for _, _, rms in expected], abs=0.15)
    assert measure_spectrogram(coded).duration_s == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("suffix", ["flac", "wav", "m4a"])
def test_decoding_begins_at_the_wanted_place(tmp_path: Path, suffix: str) -> None:
    samples = np.concatenate((np.zeros((RATE_HZ, 1), np.float32), tone(1, 300)))
    path = tmp_path / f"a.{suffix}"
    if suffix == "m4a":
        sounds.write_by_ffmpeg(path, samples, RATE_HZ, "mp4", "aac")
    else:
        soundfile.write(path, samples, RATE_HZ)

    decoded = np.concatenate([block.samples for block in decode(path, start_s=1.1)])

    assert len(decoded) / RATE_HZ == pytest.approx(0.9, abs=0.15)
    assert np.abs(decoded[:2_000]).max() > 0.3


def test_a_streamed_wav_without_its_length_is_drawn_whole(tmp_path: Path) -> None:
    data = (tone(1, 200) * 32_767).astype("<i2").tobytes()
    path = tmp_path / "a.wav"
    path.write_bytes(sounds.wav(data, claimed_bytes=0xFFFFFFFF))

    assert measure_waveform(path).duration_s == pytest.approx(1)


def test_a_file_that_is_no_sound_is_refused_in_words(tmp_path: Path) -> None:
    text = tmp_path / "a.wav"
    text.write_text("no sound at all " * 100)

    with pytest.raises(UnreadableAudio, match="cannot be decoded"):
        measure_waveform(text)
    with pytest.raises(InvalidInput):
        measure_waveform(tmp_path / "missing.wav")


def test_pictures_survive_their_bytes() -> None:
    waveform, spectrogram = waveform_of(blocks(tone(2, 500))), spectrogram_of(blocks(tone(2, 500)))

    assert Waveform.from_bytes(waveform.to_bytes()) == waveform
    assert Spectrogram.from_bytes(spectrogram.to_bytes()) == spectrogram


def test_the_cache_gives_what_it_was_given_and_nothing_of_what_is_damaged(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path / "cache")
    waveform = waveform_of(blocks(tone(1, 500)))
    sha256 = "ab" * 32

    assert cache.get("waveform", sha256) is None
    cache.put(sha256, waveform)
    assert cache.get("waveform", sha256) == waveform
    assert cache.get("spectrogram", sha256) is None
    (kept,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    kept.write_bytes(kept.read_bytes()[:-1])
    assert cache.get("waveform", sha256) is None


def test_the_cache_keeps_its_limit_and_forgets_what_was_looked_at_longest_ago(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path, limit_bytes=40_000)
    waveform = waveform_of(blocks(tone(1, 500)))
    names = [f"{number:02x}" * 32 for number in range(20)]
    for age, sha256 in enumerate(names):
        cache.put(sha256, waveform)
        path = next(tmp_path.glob(f"{sha256[:2]}/{sha256}*"))
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    assert cache.get("waveform", names[0]) is not None  # looked at: the newest now

    cache.shrink()

    kept = [sha256 for sha256 in names if cache.get("waveform", sha256) is not None]
    assert names[0] in kept
    assert names[-1] in kept
    assert names[1] not in kept
    assert sum(path.stat().st_blocks * 512 for path in tmp_path.glob("*/*")) <= 40_000


def test_a_cache_on_a_disk_that_cannot_write_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = PictureCache(tmp_path / "file")

    cache.put("ab" * 32, waveform_of(blocks(tone(1, 500))))

    assert cache.get("waveform", "ab" * 32) is None
