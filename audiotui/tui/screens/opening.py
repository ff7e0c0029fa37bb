"""Opening the sound of a recording in the program that the desktop has for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message

from audiotui.text import safe_text
from audiotui.tui.keys import ACT
from audiotui.tui.opening import open_outside, why_not_opened
from audiotui.tui.screens.playing import Playing
from audiotui.tui.widgets.sound_pane import SoundPane

ACTION = "open_outside"


class Opening(Playing):
    """One key; dim where there is no desktop, and for a recording without a file on this disk."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", ACTION, "open", id="lib.open", tooltip="Open in the desktop's own program", group=ACT),
    ]

    @dataclass
    class NotOpened(Message):
        """The desktop's program failed; from the thread that waits for it."""

        label: str
        why: str

    def __init__(self) -> None:
        super().__init__()
        self._no_desktop: str | None = None
        self._was_closed = False

    def why_not(self, action: str) -> str:
        """Also why a file cannot be opened."""
        if action != ACTION:
            return super().why_not(action)
        if self.app.is_web:
            return "The app is in a browser: files would be opened on its server."
        if self._no_desktop is None:
            self._no_desktop = why_not_opened()
        sound = self.sound_pane.sound
        return self._no_desktop or ("" if sound is None else _sentence(sound.why_silent))

    @on(SoundPane.Known)
    def _sound_known(self) -> None:
        is_closed = bool(self.why_not(ACTION))
        if is_closed != self._was_closed:
            self._was_closed = is_closed
            self.refresh_bindings()
            self.show_hints()

    @on(NotOpened)
    def _not_opened(self, message: NotOpened) -> None:
        self.audiotui.say(f"{message.label} was not opened: {message.why}", severity="error")

    @work(group="open", exclusive=True)
    async def action_open_outside(self) -> None:
        """Open the file of the recording under the cursor."""
        recording = self.recording_to_play()
        if recording is None:
            return
        label = safe_text(recording.label, limit=60)
        sound = await asyncio.to_thread(self.audiotui.manager.sound_of, recording)
        if sound.path is None:
            self.audiotui.say(f"{label}: {sound.why_silent}.", severity="warning")
            return
        try:
            open_outside(sound.path, lambda why: self.post_message(self.NotOpened(label, why)))
        except OSError as error:
            self.post_message(self.NotOpened(label, str(error.strerror or error)))
        else:
            self.audiotui.say(f"{label} is being opened")


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""
