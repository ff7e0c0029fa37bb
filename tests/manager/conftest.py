"""A small library on disk, with a second folder as location, behind ``AudioManager``."""

from __future__ import annotations

import struct
import wave
from typing import TYPE_CHECKING, Protocol

import pytest

from audiotui import AudioManager

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """audio_manager:
  db_path: library.db
  locations:
    local: {type: local, path: audio}
    archive: {type: local, path: archive}
    later: {type: minio, endpoint: "127.0.0.1:9", bucket: some-bucket, access_key: me, secret_key: mine, secure: false}
"""


class Sounds(Protocol):
    """Makes sound files, each with bytes of its own."""

    def __call__(self, name: str = "") -> Path: ...


@pytest.fixture
def config_path(tmp_path: Path) -> Path:
    """A configuration with ``local``, the folder ``archive``, and an S3 bucket."""
    path = tmp_path / "audiotui.yaml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    return path


@pytest.fixture
def manager(config_path: Path) -> Iterator[AudioManager]:
    """The open library."""
    with AudioManager(config_path) as library:
        yield library


@pytest.fixture
def sound(tmp_path: Path) -> Sounds:
    """Makes sound files outside the library."""
    made = 0

    def make(name: str = "") -> Path:
        nonlocal made
        made += 1
        path = tmp_path / (name or f"sound-{made}.wav")
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 400, "NONE", ""))
            file.writeframes(struct.pack("<400h", *((made * 37 + n * 11) % 2000 for n in range(400))))
        return path

    return make
