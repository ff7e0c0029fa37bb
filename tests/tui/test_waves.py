"""Sound drawn as text: the shape is the sound's, in dots, in ASCII, in colours and without."""

from __future__ import annotations

import pytest

from audiotui.manager.sounds import Playback, Spectrogram, Waveform
from audiotui.tui.waves import (
    ASCII_SHADES,
    BLANK,
    STEPS,
    Cell,
    Weight,
    ascii_wave,
    braille,
    colour,
    half_blocks,
    shades,
)
from audiotui.tui.widgets.player_line import line_of

BANDS = 64


def waveform(*spans: tuple[int, int, int]) -> Waveform:
    """A waveform of (low, high, rms) in 127ths of its peak."""
    return Waveform(
        duration_s=1.0,
        peak=0.5,
        low=bytes(low % 256 for low, _, _ in spans),
        high=bytes(high % 256 for _, high, _ in spans),
        rms=bytes(rms for _, _, rms in spans),
    )


def text(rows: list[list[Cell]]) -> list[str]:
    """The signs alone."""
    return ["".join(cell.text for cell in row) for row in rows]


def test_silence_is_a_line_and_full_level_fills_the_height() -> None:
    silent, loud = waveform(*[(0, 0, 0)] * 8), waveform(*[(-127, 127, 127)] * 8)

    assert text(braille(silent, 4, 3)) == [BLANK * 4, "⠤⠤⠤⠤", BLANK * 4]
    assert text(braille(loud, 4, 3)) == ["⣿⣿⣿⣿"] * 3
    assert {cell.weight for row in braille(loud, 4, 3) for cell in row} == {Weight.FULL}


def test_the_upper_and_the_lower_half_are_drawn_on_their_own() -> None:
    only_up = text(braille(waveform(*[(0, 127, 0)] * 4), 2, 2))

    assert only_up[0] == "⣿⣿"
    assert only_up[1] != "⣿⣿"


def test_loudness_within_the_extremes_is_drawn_stronger() -> None:
    rows = braille(waveform(*[(-127, 127, 40)] * 8), 4, 4)

    assert [row[0].weight for row in rows] == [Weight.THIN, Weight.FULL, Weight.FULL, Weight.THIN]


@pytest.mark.parametrize(("width", "height"), [(1, 1), (78, 4), (200, 9), (3, 2)])
def test_a_picture_has_the_size_that_was_asked_for(width: int, height: int) -> None:
    wave = waveform(*[(-100, 90, 30)] * 50)
    spectrogram = Spectrogram(duration_s=1, top_hz=8_000, levels=bytes(range(64)) * 10)

    for rows in (text(braille(wave, width, height)), text(ascii_wave(wave, width, height))):
        assert [len(row) for row in rows] == [width] * height
    assert [len(row) for row in half_blocks(spectrogram, width, height)] == [width] * height
    assert [len(row) for row in shades(spectrogram, width, height)] == [width] * height


def test_ascii_tells_loudness_extremes_and_silence_apart() -> None:
    rows = text(ascii_wave(waveform(*[(0, 0, 0)] * 4, *[(-127, 127, 60)] * 4), 8, 5))

    assert rows == ["    ::::", "    ||||", "....||||", "    ||||", "    ::::"]
    assert all(ord(sign) < 128 for row in rows for sign in row)


def test_an_empty_sound_is_drawn_as_silence() -> None:
    assert text(braille(waveform(), 3, 1)) == ["⠤⠤⠤"]
    assert text(ascii_wave(waveform(), 3, 1)) == ["..."]


def test_a_spectrogram_has_its_low_pitches_at_the_bottom() -> None:
    low = bytes(255 if band < 8 else 0 for band in range(BANDS))
    picture = Spectrogram(duration_s=1, top_hz=8_000, levels=low * 4)

    assert shades(picture, 2, 8)[-1] == "██"
    assert shades(picture, 2, 8)[0] == "  "
    assert shades(picture, 2, 8, ASCII_SHADES)[-1] == "@@"
    assert half_blocks(picture, 2, 4)[-1] == [(0, STEPS - 1)] * 2


def test_colours_only_get_brighter() -> None:
    def brightness(hexadecimal: str) -> float:
        red, green, blue = (int(hexadecimal[at : at + 2], 16) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    levels = [brightness(colour(step)) for step in range(STEPS)]

    assert levels == sorted(levels)


def test_the_players_line_fits_any_width() -> None:
    playback = Playback(path="/a", position_s=75, duration_s=300, is_playing=True, rate=1.25, volume=60)

    assert line_of(playback, 70).startswith("▶ 01:15 ━━")
    assert line_of(playback, 70).endswith("05:00  vol 60%  1.25x")
    assert all(len(line_of(playback, width, "A")) <= width for width in range(1, 120))
