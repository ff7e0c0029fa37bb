"""The clips that the package carries for its demo: real speech, well described, and small."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from audiotui.audio.probe import probe
from audiotui.model import MediaFacts
from audiotui.text import normalise_text, safe_text

FOLDER = Path(str(files("audiotui") / "demo_clips"))
LIBRARY: dict[str, Any] = json.loads((FOLDER / "clips.json").read_text(encoding="utf-8"))
CLIPS: list[dict[str, Any]] = LIBRARY["clips"]
IDENTITIES: dict[str, dict[str, Any]] = LIBRARY["identities"]

each_clip = pytest.mark.parametrize("clip", CLIPS, ids=[clip["file"] for clip in CLIPS])


@each_clip
def test_a_clip_is_a_short_flac_file_of_one_channel(clip: dict[str, Any]) -> None:
    facts = probe(FOLDER / clip["file"])

    assert facts == MediaFacts("flac", facts.duration_s, 22_050, 1, "PCM_16")
    assert 1 < facts.duration_s < 4


@each_clip
def test_a_clip_holds_speech_and_neither_silence_nor_clipping(clip: dict[str, Any]) -> None:
    samples, rate_hz = soundfile.read(FOLDER / clip["file"])
    pause = rate_hz // 11
    blocks = samples[: len(samples) // 2205 * 2205].reshape(-1, 2205)
    loudness = np.sqrt((blocks**2).mean(axis=1))

    assert 0.4 < np.abs(samples).max() < 0.9
    assert np.sqrt((samples**2).mean()) > 0.03
    assert (loudness > 0.01).mean() > 0.5  # most tenths of a second are spoken
    assert np.abs(samples[:pause]).max() == np.abs(samples[-pause:]).max() == 0  # no word is cut off


@each_clip
def test_a_clip_is_described_completely(clip: dict[str, Any]) -> None:
    assert clip["identity"] in IDENTITIES
    assert clip["title"] == safe_text(clip["title"])
    assert clip["text"] == normalise_text(clip["text"]) == safe_text(clip["text"])
    assert clip["rating"] in {None, 1, 2, 3, 4, 5}
    assert clip["verdict"] in {"", "keep", "reject"}
    assert len(clip["language"]) == 2
    assert clip["session"]
    assert clip["folder"]
    assert clip["tags"] == sorted(clip["tags"])
    assert set(clip["espeak"]) == {"voice", "speed", "pitch"}


def test_every_file_is_described_once_and_no_two_are_the_same() -> None:
    paths = sorted(FOLDER.glob("*.flac"))

    assert [path.name for path in paths] == sorted(clip["file"] for clip in CLIPS)
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in paths}) == len(CLIPS) == 14
    assert len({clip["title"] for clip in CLIPS}) == len(CLIPS)


def test_all_clips_together_stay_below_a_megabyte() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_000_000


def test_two_voices_and_two_people_speak_at_least_six_languages() -> None:
    kinds = [identity["kind"] for identity in IDENTITIES.values()]

    assert sorted(kinds) == ["ai", "ai", "human", "human"]
    assert {clip["identity"] for clip in CLIPS} == set(IDENTITIES)
    assert len({clip["language"] for clip in CLIPS}) >= 6
