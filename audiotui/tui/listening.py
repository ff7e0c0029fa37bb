"""Listening in the app: one player and one measurer for all screens, and whoever looks at them now.

Both tell from threads of their own; a screen gets it as messages. What plays goes on while a cursor moves and while
modes change; leaving the app ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from audiotui.errors import NoPlayer
from audiotui.manager.sounds import Playback

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.manager import AudioManager
    from audiotui.manager.listening import Measured, Measurer, Player, Sound


class Heard(Message):
    """The player stands differently now."""

    def __init__(self, playback: Playback) -> None:
        super().__init__()
        self.playback = playback


class Drawn(Message):
    """A picture is measured, or cannot be."""

    def __init__(self, measured: Measured) -> None:
        super().__init__()
        self.measured = measured


@dataclass(frozen=True, slots=True)
class Take:
    """A recording that is or was played."""

    sound: Sound
    label: str


class Listening:
    """The app's ears. Made once; ``post`` sends a message to the screen that is looked at, from any thread."""

    def __init__(self, manager: Callable[[], AudioManager], post: Callable[[Message], object]) -> None:
        self._manager = manager
        self._post = post
        self._player: Player | None = None
        self._measurer: Measurer | None = None
        self.why_silent = ""
        """Why nothing can be heard here, for people; '' as long as it may work."""
        self.take: Take | None = None
        """What is played, or was last."""
        self.marked: Take | None = None
        """The take that ``b`` compares with."""

    @property
    def playback(self) -> Playback:
        """How the player stands."""
        return self._player.playback if self._player is not None else Playback()

    def play(self, take: Take, *, start_s: float = 0.0) -> None:
        """Play a recording; blocks for as long as starting a process takes, so call it from a thread.

        Raises:
            NoPlayer: nothing can be heard here; ``why_silent`` says it from then on.
        """
        if take.sound.path is None:
            raise NoPlayer(f"{take.label}: {take.sound.why_silent}.")
        if self._player is None:
            try:
                self._player = self._manager().open_player(self._heard)
            except NoPlayer as error:
                self.why_silent = str(error)
                raise
        self.take = take
        self._player.play(take.sound.path, start_s=start_s)

    def toggle(self) -> None:
        """Pause or go on."""
        if self._player is not None:
            self._player.toggle()

    def pause(self) -> None:
        """Be silent."""
        if self._player is not None:
            self._player.pause()

    def seek_by(self, seconds: float) -> None:
        """Go forth or back."""
        if self._player is not None and self._player.playback.path:
            self._player.seek(self._player.playback.position_s + seconds)

    def louder_by(self, percent: int) -> None:
        """Change the volume."""
        if self._player is not None:
            self._player.set_volume(self._player.playback.volume + percent)

    def faster_by(self, rate: float) -> None:
        """Change the rate."""
        if self._player is not None:
            self._player.set_rate(self._player.playback.rate + rate)

    def measurer(self) -> Measurer:
        """What draws; opened on first use."""
        if self._measurer is None:
            self._measurer = self._manager().open_measurer(self._drawn)
        return self._measurer

    def close(self) -> None:
        """End both processes."""
        if self._player is not None:
            self._player.close()
        if self._measurer is not None:
            self._measurer.close()

    def _heard(self, playback: Playback) -> None:
        if playback.no_device:
            self.why_silent = f"Nothing can be heard: {playback.error}."
        self._post(Heard(playback))

    def _drawn(self, measured: Measured) -> None:
        self._post(Drawn(measured))
