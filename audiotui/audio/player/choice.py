"""Which player there is on this machine, or the reason why there can be none."""

from __future__ import annotations

import importlib.util
import shutil
import sys

from audiotui.audio.player.settings import AUTOMATIC, MPV, NONE, SILENT
from audiotui.errors import NoPlayer

_MPV_OPTIONS = (
    "--input-ipc-client=fd://{fd}",
    "--idle=yes",
    "--no-config",
    "--no-terminal",
    "--no-video",
    "--hr-seek=yes",
    "--audio-client-name=audiotui",
    # A file from outside is a sound and nothing else: it names no scripts, no addresses and no further files.
    "--load-scripts=no",
    "--ytdl=no",
    "--access-references=no",
    "--autoload-files=no",
    "--demuxer-lavf-o=protocol_whitelist=file",
)


def player_command(setting: str = AUTOMATIC, *, is_silent: bool = False) -> list[str]:
    """The program to start, with ``{fd}`` for its socket. ``is_silent`` is everything but the sound.

    Raises:
        NoPlayer: there is none, or the setting forbids it.
    """
    if setting == NONE:
        raise NoPlayer("Playing is switched off by the configuration.", "Set player: auto to listen.")
    is_silent = is_silent or setting == SILENT
    mpv = shutil.which("mpv") if setting in (AUTOMATIC, MPV) else None
    if mpv is not None:
        return [mpv, *_MPV_OPTIONS, *(["--ao=null"] if is_silent else [])]
    if setting == MPV:
        raise NoPlayer("There is no mpv on this machine.", "Install it, or set player: auto.")
    if importlib.util.find_spec("miniaudio") is None:
        raise NoPlayer("There is no player on this machine.", "Install mpv, or the Python package miniaudio.")
    silent = ["--silent"] if is_silent else []
    return [sys.executable, "-m", "audiotui.audio.player.builtin", "{fd}", *silent]
