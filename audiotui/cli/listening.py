"""The command that plays recordings."""

import queue
from typing import TYPE_CHECKING, Annotated

import typer

from audiotui.cli.session import session_of
from audiotui.errors import AudioError
from audiotui.text import format_duration, safe_text

if TYPE_CHECKING:
    from audiotui.manager.listening import Player, Sound
    from audiotui.manager.sounds import Playback

RecordingIds = Annotated[
    list[str], typer.Argument(metavar="ID...", help="Ids of recordings, or the first characters of them.")
]


def play(
    ctx: typer.Context,
    recording_ids: RecordingIds,
    start: Annotated[float, typer.Option("--start", metavar="SECONDS", min=0, help="Begin there.")] = 0.0,
    rate: Annotated[
        float, typer.Option("--rate", metavar="RATE", min=0.5, max=2.0, help="Faster or slower, at the same pitch.")
    ] = 1.0,
    volume: Annotated[int, typer.Option("--volume", metavar="PERCENT", min=0, max=100, help="How loud.")] = 80,
) -> None:
    """Play recordings, one after the other.

    The files must lie on a disk of this machine: pull them first. Ctrl-C ends it. The option player of the
    configuration says by which program (auto, mpv, builtin or none).
    """
    session = session_of(ctx)
    heard: queue.SimpleQueue[Playback] = queue.SimpleQueue()
    with session.library() as manager:
        recordings = [manager.get_recording(one) for one in recording_ids]
        player = manager.open_player(heard.put)
        try:
            player.set_rate(rate)
            player.set_volume(volume)
            for recording in recordings:
                sound = manager.sound_of(recording)
                session.say(f"{safe_text(recording.label, limit=200)}  {format_duration(sound.duration_s)}")
                _play_one(player, sound, start, heard)
        finally:
            player.close()


def _play_one(player: "Player", sound: "Sound", start_s: float, heard: "queue.SimpleQueue[Playback]") -> None:
    if sound.path is None:
        hint = f"audiotui pull-recording {sound.uid}" if sound.places else "audiotui show-recording tells its copies."
        raise AudioError(f"Cannot play recording {sound.uid}: {sound.why_silent}.", hint)
    player.play(sound.path, start_s=start_s)
    while True:
        playback = heard.get()
        if playback.error:
            raise AudioError(
                f"Cannot play recording {sound.uid}: {playback.error}.", "The option player names another."
            )
        if playback.has_ended:
            return
