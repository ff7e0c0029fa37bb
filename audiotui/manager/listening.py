"""The manager's part for listening: where a recording's sound lies on this disk, its player, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.errors import FileNotInRecording, NoPlayer
from audiotui.manager.files import Files
from audiotui.model import AUDIO, LOCAL, CopyState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.audio.pictures.measurer import Measured as Measured
    from audiotui.audio.pictures.measurer import Measurer as Measurer
    from audiotui.audio.player.client import Player as Player
    from audiotui.audio.player.playback import Playback
    from audiotui.model import Recording


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of a recording, as far as this machine has it."""

    recording_id: int
    uid: str
    sha256: str
    """'' if the recording has no audio file."""
    size_bytes: int
    duration_s: float
    """0 if it is not known."""
    path: Path | None
    """Where it lies on a disk of this machine; None if it does not."""
    places: tuple[str, ...]
    """The locations that have a good copy of it."""

    @property
    def why_silent(self) -> str:
        """Why it cannot be played now, for people; '' if it can."""
        if self.path is not None:
            return ""
        if not self.sha256:
            return "it has no audio file"
        if self.places:
            return f"it is only at {', '.join(self.places)}"
        return "no good copy of it is known"


class Listening(Files):
    """Playing recordings and drawing them."""

    def sound_of(self, recording: Recording | str) -> Sound:
        """The current audio file of a recording and where it can be read; ``local`` is preferred to other folders.

        Raises:
            RecordingNotFound, AmbiguousId: there is no such recording.
        """
        if isinstance(recording, str):
            recording = self.catalog.recording(recording)
        try:
            file = self.current_file(recording, AUDIO)
        except FileNotInRecording:
            return Sound(recording.id, recording.uid, "", 0, 0.0, None, ())
        folders = {LOCAL: self.config.local_root, **dict(self.config.other_folders)}
        good = {copy.location: copy.key for copy in file.copies if copy.state is CopyState.PRESENT}
        paths = (root / good[name] for name, root in folders.items() if name in good)
        return Sound(
            recording_id=recording.id,
            uid=recording.uid,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            duration_s=recording.duration_s or 0.0,
            path=next((path for path in paths if path.is_file()), None),
            places=tuple(good),
        )

    def why_no_player(self) -> str:
        """Why nothing can be heard on this terminal, for people; '' if a player can be tried."""
        try:
            self._player_command()
        except NoPlayer as error:
            return str(error)
        return ""

    def open_player(self, listener: Callable[[Playback], None]) -> Player:
        """A player, whose process starts with the first sound; the caller closes it.

        ``listener`` hears from a thread of its own how it stands; that there is no sound device shows only there.

        Raises:
            NoPlayer: there is none, it is switched off, or the sound would come out of another machine.
        """
        from audiotui.audio.player.client import Player

        return Player(self._player_command(), listener)

    def open_measurer(self, listener: Callable[[Measured], None]) -> Measurer:
        """Waveforms and spectrograms, from the cache or measured by a process of its own; the caller closes it."""
        from platformdirs import user_cache_path

        from audiotui.audio.pictures.measurer import Measurer

        return Measurer(user_cache_path("audiotui") / "pictures", listener)

    def _player_command(self) -> list[str]:
        from audiotui.audio.player.choice import player_command

        options = self.config.listening
        if options.over_ssh and not options.is_chosen:
            raise NoPlayer(
                "Over SSH the sound would come out of the remote machine.", "Set player: auto if that is what you want."
            )
        return player_command(options.player)
