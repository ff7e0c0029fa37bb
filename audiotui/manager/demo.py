"""A library to try everything on: the package's spoken clips, two voices, two people, and a second folder."""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from audiotui.config.write import Answers, write_config
from audiotui.errors import Duplicate, InvalidInput
from audiotui.manager.library import AudioManager

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

CONFIG_NAME = "audiotui.yaml"
ARCHIVE = "archive"
CLIPS = "demo_clips"

MARKER = ".audiotui-demo"
"""Lies in the folder of every demo library: the story deletes local files, so it must never run on another one."""


def make_demo_library(folder: Path) -> Path:
    """Make the demo library in a folder, which is made if need be; returns its configuration.

    A demo library that is there already is used again; clips that it has are not added twice.

    Raises:
        InvalidInput: the folder cannot be made, or has something else in it.
    """
    config_path = folder / CONFIG_NAME
    _claim(folder)
    if not config_path.exists():
        write_config(config_path, Answers(archive_path=ARCHIVE))
    with AudioManager(config_path, actor="demo") as manager:
        (folder / ARCHIVE).mkdir(exist_ok=True)
        clips = files("audiotui") / CLIPS
        content = json.loads((clips / "clips.json").read_text(encoding="utf-8"))
        speakers = _register_speakers(manager, content)
        for clip in content["clips"]:
            _register_clip(manager, clips / clip["file"], clip, speakers)
    return config_path


def _claim(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / MARKER).exists():
            return
        if any(folder.iterdir()):
            raise InvalidInput(
                f"Cannot make a demo library in {folder}: there is something else in it.", "Give a new folder."
            )
        (folder / MARKER).touch()
    except OSError as error:
        raise InvalidInput(
            f"Cannot make a demo library in {folder}: {error.strerror}.", "Give another folder."
        ) from error


def _register_speakers(manager: AudioManager, content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """For each speaker of the clips, the argument of ``register_recording`` that names it."""
    speakers: dict[str, dict[str, Any]] = {}
    for key, speaker in content["identities"].items():
        facts = {name: value for name, value in speaker.items() if name != "kind"}
        if speaker["kind"] == "ai":
            speakers[key] = {"ai_identity_id": manager.register_ai_identity(**facts)}
        else:
            speakers[key] = {"user_identity_id": manager.register_user_identity(**facts)}
    return speakers


def _register_clip(
    manager: AudioManager, clip_file: Traversable, clip: Mapping[str, Any], speakers: Mapping[str, dict[str, Any]]
) -> None:
    fields = {name: value for name, value in clip.items() if name not in {"file", "identity", "espeak"}}
    with as_file(clip_file) as path:
        try:
            manager.register_recording(**fields, **speakers[clip["identity"]], file_paths={"audio": path})
        except Duplicate:
            return
