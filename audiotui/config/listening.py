"""How recordings are listened to: the ``player`` option, and what the environment says of this terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.audio.player.settings import AUTOMATIC, SETTINGS
from audiotui.backends.options import Shape
from audiotui.config.problems import did_you_mean, quoted

if TYPE_CHECKING:
    from audiotui.config.reader import Reader
    from audiotui.config.tree import Entry

OPTION = "player"
VARIABLE = "AUDIOTUI_PLAYER"


@dataclass(frozen=True, slots=True)
class ListeningOptions:
    """Which player is wanted, and whether a person would hear it."""

    player: str = AUTOMATIC
    """``auto``, ``mpv``, ``builtin``, ``silent`` or ``none``."""
    is_chosen: bool = False
    """True if the file or the environment names a player; then it is used wherever it sounds."""
    over_ssh: bool = False
    """True if this terminal is at the other end of an SSH connection: sound would come out of this machine."""


def read_listening(entry: Entry | None, reader: Reader) -> ListeningOptions:
    """The ``player`` option; ``AUDIOTUI_PLAYER`` wins. A mistake is noted, and the default stands for it."""
    over_ssh = bool(reader.environ.get("SSH_CONNECTION") or reader.environ.get("SSH_TTY"))
    wanted, line, named = None, 0, OPTION
    if entry is not None:
        wanted, line = reader.read(entry.value, Shape.TEXT, (OPTION,)), entry.line
    if reader.environ.get(VARIABLE):
        wanted, named = reader.environ[VARIABLE], f"the environment variable {VARIABLE}"
    if wanted is None:
        return ListeningOptions(over_ssh=over_ssh)
    if wanted not in SETTINGS:
        reader.problems.add(line, f"{named} says {quoted(wanted)}. {did_you_mean(wanted, SETTINGS)}")
        return ListeningOptions(over_ssh=over_ssh)
    return ListeningOptions(wanted, is_chosen=True, over_ssh=over_ssh)
