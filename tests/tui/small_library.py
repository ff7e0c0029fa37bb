"""A small library on disk: twelve recordings with sounds of their own, and a second folder to push to."""

from __future__ import annotations

import atexit
import math
import shutil
import struct
import tempfile
import wave
from contextlib import closing
from functools import cache
from pathlib import Path

from audiotui import AudioManager
from audiotui.core.database import sqlite3

CONFIG = """audio_manager:
  db_path: "registry.db"
  locations:
    local:
      type: local
      path: "audio"
    archive:
      type: local
      path: "archive"
"""

TITLES = (
    "Welcome back", "Your code", "Last train", "At the café", "North wind, take 1", "North wind, take 2",
    "Guten Tag", "Good morning", "Good night", "One more time", "Mind the gap", "The end",
)  # fmt: skip


def write_config(folder: Path, text: str = CONFIG) -> Path:
    """A configuration in a folder."""
    path = folder / "audiotui.yaml"
    path.write_text(text)
    path.chmod(0o600)
    (folder / "archive").mkdir(exist_ok=True)
    return path


def write_wav(path: Path, *, pitch_hz: int, seconds: float = 0.05) -> Path:
    """A short sound; different pitches make different bytes."""
    rate, count = 8000, int(8000 * seconds)
    samples = [int(9000 * math.sin(2 * math.pi * pitch_hz * n / rate)) for n in range(min(rate, count))]
    second = struct.pack(f"<{len(samples)}h", *samples)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, count, "NONE", ""))
        file.writeframes((second * (1 + count // rate))[: 2 * count])
    return path


def make_small_library(folder: Path, text: str = CONFIG) -> Path:
    """Twelve recordings by a voice and a person; returns the configuration, which says ``text``.

    Each process of the tests makes them once: a copy takes a fifth of the time, and is the same library in a new place.
    """
    made = _library_made_once()
    shutil.copytree(made, folder, dirs_exist_ok=True)
    with closing(sqlite3.connect(folder / "registry.db", isolation_level=None)) as catalog:
        catalog.execute("PRAGMA synchronous = off")
        catalog.execute("UPDATE locations SET fingerprint = replace(fingerprint, ?, ?)", (str(made), str(folder)))
    return write_config(folder, text)


@cache
def _library_made_once() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="audiotui-small-library-"))
    atexit.register(shutil.rmtree, folder)
    with AudioManager(write_config(folder)) as manager:
        voice = manager.register_ai_identity("tts-1", "Aria")
        person = manager.register_user_identity("Maya", "Ortiz")
        for number, title in enumerate(TITLES):
            wav = write_wav(folder / f"take-{number}.wav", pitch_hz=200 + 40 * number)
            manager.register_recording(
                f"This is {title.lower()}.",
                title=title,
                tags=["demo"],
                file_paths={"audio": wav},
                ai_identity_id=voice if number % 2 else None,
                user_identity_id=None if number % 2 else person,
            )
    return folder
