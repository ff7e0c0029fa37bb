"""The sound of one recording: its picture, and the line of the player."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import work
from textual.containers import Vertical
from textual.message import Message

from audiotui.manager.sounds import Spectrogram, Waveform
from audiotui.tui.widgets.player_line import PlayerLine
from audiotui.tui.widgets.sound_view import SoundView, caption

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from audiotui.manager import AudioManager
    from audiotui.manager.listening import Sound
    from audiotui.manager.sounds import Picture, Playback
    from audiotui.model import Recording
    from audiotui.tui.listening import Listening, Take

SETTLE_S = 0.06
"""A cursor that rests so long has arrived; while it runs nothing is read or measured."""


class SoundPane(Vertical):
    """Waveform or spectrogram of the recording that is shown; looks things up off the screen's thread.

    ``manager`` and ``listening`` are asked for when they are needed. The screen passes on the ``Drawn`` and ``Heard``
    messages that it gets.
    """

    DEFAULT_CSS = """
    SoundPane { height: 3; padding: 0 1; }
    SoundPane SoundView { height: 1fr; }
    """

    @dataclass
    class Known(Message):
        """Where the sound of the recording lies was looked up."""

        sound: Sound

    def __init__(
        self,
        manager: Callable[[], AudioManager],
        listening: Callable[[], Listening],
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._manager = manager
        self._listening = listening
        self._kind = Waveform.kind
        self._recording: Recording | None = None
        self._sound: Sound | None = None
        self._view = SoundView()
        self._line = PlayerLine()

    def compose(self) -> ComposeResult:
        """The picture above the line."""
        yield self._view
        yield self._line

    @property
    def sound(self) -> Sound | None:
        """What is known of the sound; None while it is looked up."""
        return self._sound

    @property
    def picture(self) -> Picture | None:
        """What is drawn now."""
        return self._view.picture

    def show(self, recording: Recording | None) -> None:
        """Show the sound of a recording, or none; a changed one keeps its picture until it is looked up again."""
        if recording == self._recording:
            return
        is_another = recording is None or self._recording is None or recording.uid != self._recording.uid
        self._recording = recording
        if is_another:
            self._sound = None
            self._view.show(None)
            self._show_line()
        if recording is not None:
            self._look_up(recording)

    def switch_picture(self) -> None:
        """From the waveform to the spectrogram, or back."""
        self._kind = Spectrogram.kind if self._kind == Waveform.kind else Waveform.kind
        self._view.show(None)
        if self._recording is not None:
            self._look_up(self._recording)

    def drawn(self, sha256: str, picture: Picture | None, error: str) -> None:
        """A picture was measured; it is shown if it is still wanted."""
        if self._sound is None or self._sound.sha256 != sha256:
            return
        if picture is None:
            self._view.show(None, f"No picture: {error}.")
        elif picture.kind == self._kind:
            self._view.show(picture)
        self._show_line()

    def heard(self, playback: Playback) -> None:
        """The player stands differently; it shows here if it plays this recording."""
        self._show_place(playback)
        self._show_line()

    @work(group="sound", exclusive=True, exit_on_error=False, description="sound")
    async def _look_up(self, recording: Recording) -> None:
        await asyncio.sleep(SETTLE_S)
        sound, picture = await asyncio.to_thread(self._read, recording, self._kind)
        self._sound = sound
        self.post_message(self.Known(sound))
        if picture is not None:
            self._view.show(picture)
        elif sound.path is not None:
            self._listening().measurer().wish(self._kind, sound.path, sound.sha256)
        self.heard(self._listening().playback)

    def _read(self, recording: Recording, kind: str) -> tuple[Sound, Picture | None]:
        sound = self._manager().sound_of(recording)  # of the row that the screen has: the library is not asked again
        kept = self._listening().measurer().kept(kind, sound.sha256) if sound.sha256 else None
        return sound, kept

    def _is_played(self) -> bool:
        take = self._listening().take
        return take is not None and self._recording is not None and self._recording.uid == take.sound.uid

    def _show_place(self, playback: Playback) -> None:
        share = playback.position_s / playback.duration_s if playback.duration_s and self._is_played() else 0.0
        self._view.show_place(0.0 if playback.has_ended else share)

    def _show_line(self) -> None:
        listening = self._listening()
        playback, take = listening.playback, listening.take
        if playback.error and self._is_played():
            self._line.show_words(f"Not played: {playback.error}.")
        elif playback.path and take is not None and (playback.is_playing or self._is_played()):
            self._line.show(playback, mark=_mark(listening, take, here=self._is_played()))
        elif listening.why_silent:
            self._line.show_words(listening.why_silent)
        elif self._sound is not None and self._sound.why_silent:
            self._line.show_words(f"{self._sound.why_silent[:1].upper()}{self._sound.why_silent[1:]}.")
        else:
            self._line.show_words(caption(self._view.picture))


def _mark(listening: Listening, take: Take, *, here: bool) -> str:
    """Which take is heard: the one that others are compared with, or one that is not under the cursor."""
    is_a = listening.marked is not None and listening.marked.sound.uid == take.sound.uid
    return "A" if is_a else "" if here else take.label
