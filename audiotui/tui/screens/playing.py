"""Listening on a screen with recordings: play, seek, volume, rate, compare; thin calls of ``tui.listening``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from audiotui.errors import AudiotuiError, NoPlayer, TransferError
from audiotui.kinds import AUDIO
from audiotui.text import format_bytes, safe_text
from audiotui.tui.keys import PLAY
from audiotui.tui.listening import Drawn, Heard, Take
from audiotui.tui.screens.mode import ModeScreen
from audiotui.tui.widgets.sound_pane import SoundPane

if TYPE_CHECKING:
    from audiotui.manager.listening import Sound
    from audiotui.model import Recording

SEEK_S = 5
VOLUME_STEP = 10
RATE_STEP = 0.25

PENDING = {"queued", "running"}
LOOK_EVERY_S = 0.1


class Playing(ModeScreen):
    """Keys for listening; a subclass has a ``SoundPane`` and says which recording is meant."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "play", "play", id="play.toggle", tooltip="Play, or pause", group=PLAY),
        Binding("comma", f"seek(-{SEEK_S})", "back", id="play.back", tooltip=f"Back {SEEK_S} s", group=PLAY),
        Binding("full_stop", f"seek({SEEK_S})", "on", id="play.on", tooltip=f"On {SEEK_S} s", group=PLAY),
        Binding("minus", f"louder(-{VOLUME_STEP})", "softer", id="play.softer", tooltip="Softer", group=PLAY),
        Binding("plus", f"louder({VOLUME_STEP})", "louder", id="play.louder", tooltip="Louder", group=PLAY),
        Binding("less_than_sign", f"faster(-{RATE_STEP})", "slower", id="play.slower", tooltip="Slower", group=PLAY),
        Binding("greater_than_sign", f"faster({RATE_STEP})", "faster", id="play.faster", tooltip="Faster", group=PLAY),
        Binding("b", "compare", "compare", id="play.compare", tooltip="Compare with a marked take (A/B)", group=PLAY),
        Binding("S", "picture", "spectrogram", id="play.picture", tooltip="Waveform or spectrogram", group=PLAY),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._was_silent = False

    def current_recording(self) -> Recording | None:
        """The recording that is shown as the one under the cursor, whole; None if there is none."""
        raise NotImplementedError

    def recording_to_play(self) -> Recording | None:
        """The recording under the cursor, which may not be shown yet when a key is for it."""
        return self.current_recording()

    @property
    def sound_pane(self) -> SoundPane:
        """The pane that shows the sound of the recording under the cursor."""
        return self.query_one(SoundPane)

    def why_not(self, action: str) -> str:
        """Why nothing can be heard here; the pane says it too."""
        return self._why_silent if action in {"play", "compare"} else super().why_not(action)

    @property
    def _why_silent(self) -> str:
        recording = self.current_recording()
        has_sound = recording is None or any(file.kind == AUDIO and file.deleted_at is None for file in recording.files)
        return self.audiotui.listening.why_silent or ("" if has_sound else "It has no audio file.")

    @work(group="player", exclusive=True)
    async def look_for_player(self) -> None:
        """See whether anything can be heard here, before somebody tries; the library is open."""
        why = await asyncio.to_thread(self.audiotui.manager.why_no_player)
        if why:
            self.audiotui.listening.why_silent = why
            self._fall_silent()

    def show_play_key(self) -> None:
        """Another recording is under the cursor: it may have no sound."""
        is_silent = bool(self._why_silent)
        if is_silent != self._was_silent:
            self._was_silent = is_silent
            self.refresh_bindings()
            self.show_hints()

    def _fall_silent(self) -> None:
        self.show_play_key()
        self.sound_pane.heard(self.audiotui.listening.playback)

    @on(Heard)
    def _heard(self, message: Heard) -> None:
        if message.playback.no_device:
            self._fall_silent()
        else:
            self.sound_pane.heard(message.playback)

    @on(Drawn)
    def _drawn(self, message: Drawn) -> None:
        measured = message.measured
        self.sound_pane.drawn(measured.sha256, measured.picture, measured.error)

    def action_play(self) -> None:
        """Play the recording under the cursor; pause or go on if it is the one that plays."""
        recording, listening = self.recording_to_play(), self.audiotui.listening
        if recording is None:
            return
        if listening.take is not None and listening.take.sound.uid == recording.uid and listening.playback.path:
            listening.toggle()
        else:
            self.play(recording)

    def action_seek(self, seconds: int) -> None:
        """Back or on."""
        self.audiotui.listening.seek_by(seconds)

    def action_louder(self, percent: int) -> None:
        """Louder or softer."""
        self.audiotui.listening.louder_by(percent)

    def action_faster(self, rate: float) -> None:
        """Faster or slower, at the same pitch."""
        self.audiotui.listening.faster_by(rate)

    def action_picture(self) -> None:
        """Waveform or spectrogram."""
        self.sound_pane.switch_picture()

    @work(group="compare", exclusive=True)
    async def action_compare(self) -> None:
        """Mark this take as A; on another recording: hear A and that one in turn, at the same place."""
        recording, listening = self.recording_to_play(), self.audiotui.listening
        if recording is None:
            return
        take = Take(await asyncio.to_thread(self.audiotui.manager.sound_of, recording), _label(recording))
        marked = listening.marked
        if marked is None:
            listening.marked = take
            self.audiotui.say(f"take A is {take.label}; b on another recording compares")
        elif marked.sound.uid == recording.uid:
            listening.marked = None
            self.audiotui.say("no take is marked any more")
        else:
            hears_a = listening.take is not None and listening.take.sound.uid == marked.sound.uid
            at_s = listening.playback.position_s if listening.playback.path else 0.0
            await self._start(take if hears_a else marked, start_s=at_s)

    @work(group="play", exclusive=True)
    async def play(self, recording: Recording, *, asked: bool = True) -> None:
        """Play a recording; one that is only elsewhere is pulled if the person, ``asked``, wants it."""
        try:
            sound = await asyncio.to_thread(self.audiotui.manager.sound_of, recording)
        except AudiotuiError as error:
            self.audiotui.complain(error)
            return
        if sound.path is None:
            if not asked or not sound.places or not await self._pulled(recording, sound):
                self.audiotui.listening.pause()
                return
            sound = await asyncio.to_thread(self.audiotui.manager.sound_of, recording.uid)
        await self._start(Take(sound, _label(recording)))

    async def _start(self, take: Take, *, start_s: float = 0.0) -> None:
        listening = self.audiotui.listening
        try:
            await asyncio.to_thread(lambda: listening.play(take, start_s=start_s))
        except NoPlayer as error:
            self.audiotui.complain(error)
        self._fall_silent() if listening.why_silent else self.sound_pane.heard(listening.playback)

    async def _pulled(self, recording: Recording, sound: Sound) -> bool:
        """Whether a recording that is only elsewhere was fetched; the person is asked first."""
        from audiotui.tui.modals.confirm import ConfirmModal

        question = f"{_label(recording)}: {sound.why_silent}. Pull {format_bytes(sound.size_bytes)} and play it?"
        if await self.app.push_screen_wait(ConfirmModal("Play", question, [("pull", "Pull and play")])) is None:
            return False
        self.audiotui.say(f"pulling {_label(recording)}…")
        try:
            job_id = await asyncio.to_thread(self._queue_pull, recording.uid)
            self.audiotui.look_now()
            while (job := await asyncio.to_thread(self.audiotui.manager.get_job, job_id)).state in PENDING:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(LOOK_EVERY_S)
        except AudiotuiError as error:
            self.audiotui.complain(error)
            return False
        if job.state != "done":
            self.audiotui.complain(TransferError(f"{_label(recording)} was not pulled.", "3 shows why."))
        return job.state == "done"

    def _queue_pull(self, uid: str) -> str:
        """The app moves no bytes itself: the worker does."""
        manager = self.audiotui.manager
        job_id = manager.queue(manager.plan_pull([uid]))
        manager.start_worker()
        return job_id


def _label(recording: Recording) -> str:
    return safe_text(recording.label, limit=60)
