"""The measuring process: pictures arrive, the newest wish goes first, and no file can stop it."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING

import pytest

from audiotui.audio.pictures.measurer import Measured, Measurer
from tests.audio import sounds
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHA256 = "ab" * 32


class Answers:
    """What a measurer told."""

    def __init__(self) -> None:
        self.told: queue.Queue[Measured] = queue.Queue()

    def next(self) -> Measured:
        """The next answer; fails if none comes."""
        return self.told.get(timeout=PATIENCE_S)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def measurer(tmp_path: Path, answers: Answers) -> Iterator[Measurer]:
    measurer = Measurer(tmp_path / "cache", answers.told.put)
    yield measurer
    measurer.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return sounds.write_by_sndfile(tmp_path / "clip.flac", sounds.voice(1), 16_000, "FLAC")


def test_a_picture_is_measured_and_kept(measurer: Measurer, answers: Answers, clip: Path) -> None:
    assert measurer.kept("waveform", SHA256) is None

    measurer.wish("waveform", clip, SHA256)

    answer = answers.next()
    assert (answer.kind, answer.sha256, answer.error) == ("waveform", SHA256, "")
    assert answer.picture is not None
    assert measurer.kept("waveform", SHA256) == answer.picture


def test_a_damaged_file_is_told_in_words_and_the_next_one_is_measured(
    measurer: Measurer, answers: Answers, clip: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.flac"
    damaged.write_bytes(b"fLaC" + bytes(1_000))

    measurer.wish("waveform", damaged, "cd" * 32)
    first = answers.next()
    measurer.wish("spectrogram", clip, SHA256)
    second = answers.next()

    assert first.picture is None
    assert "cannot be decoded" in first.error
    assert second.picture is not None


def test_of_many_wishes_the_newest_is_fulfilled_and_most_are_forgotten(
    measurer: Measurer, answers: Answers, clip: Path
) -> None:
    wanted = [f"{number:064x}" for number in range(200)]

    for sha256 in wanted:
        measurer.wish("waveform", clip, sha256)

    told = [answers.next()]
    while told[-1].sha256 != wanted[-1]:
        told.append(answers.next())
    assert len(told) < 100


def test_closing_ends_a_measuring_that_is_under_way(measurer: Measurer, tmp_path: Path, answers: Answers) -> None:
    long = tmp_path / "long.wav"
    long.write_bytes(sounds.wav(bytes(100_000_000)))
    measurer.wish("spectrogram", long, SHA256)

    measurer.close()

    assert answers.told.empty()
    measurer.wish("waveform", long, SHA256)  # after the end nothing is begun
    assert answers.told.empty()
