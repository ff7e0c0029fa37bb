"""Both players do the same as they are told, without a sound card, and say why when they cannot."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from audiotui.audio.decoder import Block
from audiotui.audio.player.choice import player_command
from audiotui.audio.player.client import NO_DEVICE, Player
from audiotui.audio.player.playback import Playback
from audiotui.audio.player.settings import BUILTIN, MPV, NONE
from audiotui.audio.player.sound import RATE_HZ, stretched
from audiotui.errors import NoPlayer
from tests.audio import sounds
from tests.servers.process import missing
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Ears:
    """What a player told."""

    def __init__(self) -> None:
        self.heard: list[Playback] = [Playback()]

    def until(self, condition: Callable[[Playback], bool]) -> Playback:
        """The first state from now on that fulfils the condition."""
        eventually(lambda: condition(self.heard[-1]), what=lambda: f"another state than {self.heard[-1]}")
        return self.heard[-1]


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture(params=[MPV, BUILTIN])
def player(request: pytest.FixtureRequest, ears: Ears) -> Iterator[Player]:
    try:
        command = player_command(request.param, is_silent=True)
    except NoPlayer as error:
        missing(str(error))
    player = Player(command, ears.heard.append)
    yield player
    player.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return sounds.write_by_sndfile(tmp_path / "clip 1.flac", sounds.voice(3), 16_000, "FLAC")


def test_a_clip_plays_from_its_start_and_the_place_moves(player: Player, ears: Ears, clip: Path) -> None:
    player.play(clip)

    playing = ears.until(lambda playback: playback.is_playing and playback.position_s > 0.3)
    assert playing.path == str(clip)
    assert playing.duration_s == pytest.approx(3, abs=0.05)


def test_a_clip_can_begin_in_its_middle_and_tells_when_it_ended(player: Player, ears: Ears, clip: Path) -> None:
    player.play(clip, start_s=2.6)

    ended = ears.until(lambda playback: playback.has_ended)
    assert not ended.is_playing
    assert ended.position_s == pytest.approx(3, abs=0.05)
    assert all(one.position_s >= 2.5 for one in ears.heard if one.is_playing)


def test_pausing_keeps_the_place_and_going_on_leaves_from_there(player: Player, ears: Ears, clip: Path) -> None:
    player.play(clip)
    ears.until(lambda playback: playback.is_playing and playback.position_s > 0.2)

    player.toggle()
    paused = ears.until(lambda playback: not playback.is_playing)
    player.toggle()
    again = ears.until(lambda playback: playback.is_playing and playback.position_s > paused.position_s)

    assert again.position_s - paused.position_s < 1


def test_seeking_goes_forth_and_back_and_never_before_the_start(player: Player, ears: Ears, clip: Path) -> None:
    player.play(clip)
    ears.until(lambda playback: playback.is_playing and playback.duration_s > 0)

    player.seek(2.0)
    ears.until(lambda playback: playback.is_playing and playback.position_s >= 2.1)
    player.seek(-5.0)
    early = ears.until(lambda playback: playback.is_playing and 0 < playback.position_s < 1)

    assert early.position_s < 1


def test_after_the_end_playing_begins_again_and_seeking_back_too(player: Player, ears: Ears, clip: Path) -> None:
    player.play(clip, start_s=2.8)
    ears.until(lambda playback: playback.has_ended)

    player.toggle()
    ears.until(lambda playback: playback.is_playing and playback.position_s < 1)
    player.seek(2.9)
    ears.until(lambda playback: playback.has_ended)
    player.seek(1.0)

    assert ears.until(lambda playback: playback.is_playing).position_s < 2


def test_another_clip_takes_the_place_of_the_first(player: Player, ears: Ears, clip: Path, tmp_path: Path) -> None:
    other = sounds.write_by_sndfile(tmp_path / "b.wav", sounds.voice(1), 16_000, "WAV")
    player.play(clip)
    ears.until(lambda playback: playback.is_playing and playback.duration_s > 2)

    player.play(other)

    changed = ears.until(lambda playback: playback.is_playing and 0 < playback.duration_s < 2)
    assert changed.path == str(other)


def test_a_clip_plays_to_its_end_at_any_rate_and_volume(player: Player, ears: Ears, clip: Path) -> None:
    player.set_rate(2.0)
    player.set_volume(30)

    player.play(clip)

    ended = ears.until(lambda playback: playback.has_ended)
    assert (ended.rate, ended.volume) == (2.0, 30)
    assert ended.position_s == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("rate", [0.5, 1.0, 1.25, 2.0])
def test_at_another_rate_there_are_fewer_samples_of_the_same_pitch(rate: float) -> None:
    times = np.arange(3 * 16_000) / 16_000
    samples = (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)[:, None]

    heard = np.concatenate(list(stretched(iter([Block(samples, 16_000)]), rate)))

    assert len(heard) / RATE_HZ == pytest.approx(3 / rate, abs=0.15)
    middle = heard[RATE_HZ // 2 : RATE_HZ // 2 + 16_384, 0]
    assert np.abs(np.fft.rfft(middle)).argmax() * RATE_HZ / 16_384 == pytest.approx(440, abs=6)


def test_rate_and_volume_stay_within_their_bounds(player: Player) -> None:
    player.set_rate(9)
    player.set_volume(400)
    assert (player.playback.rate, player.playback.volume) == (2.0, 100)

    player.set_rate(0.01)
    player.set_volume(-3)
    assert (player.playback.rate, player.playback.volume) == (0.5, 0)


def test_a_file_that_is_no_sound_is_told_and_the_next_one_plays(
    player: Player, ears: Ears, clip: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.wav"
    text.write_text("nothing to hear " * 100)

    player.play(text)
    failed = ears.until(lambda playback: bool(playback.error))
    player.play(clip)
    playing = ears.until(lambda playback: playback.is_playing)

    assert "cannot play it" in failed.error
    assert playing.error == ""


def test_names_of_any_kind_are_played(player: Player, ears: Ears, clip: Path) -> None:
    for name in ("--quiet.flac", "a b'\"$(id).flac", "ünï 日本.flac", "bad\udcff.flac"):
        path = clip.with_name(name)
        path.write_bytes(clip.read_bytes())

        player.play(path)

        ears.until(lambda playback, path=path: playback.is_playing and playback.path == str(path))  # type: ignore[misc]


def test_stopping_forgets_the_clip(player: Player, ears: Ears, clip: Path) -> None:
    player.play(clip)
    ears.until(lambda playback: playback.is_playing)

    player.stop()

    assert ears.until(lambda playback: not playback.is_playing).path == ""


def test_a_closed_player_starts_anew_when_it_is_asked_to(player: Player, ears: Ears, clip: Path) -> None:
    player.play(clip)
    ears.until(lambda playback: playback.is_playing)

    player.close()
    player.play(clip, start_s=1)

    ears.until(lambda playback: playback.is_playing and playback.position_s > 1.1)


SCRIPTED = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); s.recv(1000); {then}"


def scripted(then: str, ears: Ears) -> Player:
    """A player program that does what a test says when it hears its first command."""
    return Player([sys.executable, "-c", SCRIPTED.format(then=then), "{fd}"], ears.heard.append)


def test_a_machine_without_a_sound_device_is_told_in_words(ears: Ears, clip: Path) -> None:
    told = b'{"event":"end-file","reason":"error","file_error":"audio output initialization failed"}\n'
    player = scripted(f"s.sendall({told!r}); s.recv(100000); s.recv(1)", ears)

    player.play(clip)

    failed = ears.until(lambda playback: bool(playback.error))
    assert (failed.error, failed.no_device) == (NO_DEVICE, True)
    player.close()


def test_a_player_that_dies_is_told_and_what_it_says_need_not_make_sense(ears: Ears, clip: Path) -> None:
    player = scripted("s.sendall(b'nonsense\\n{}\\n')", ears)

    player.play(clip)

    assert "ended" in ears.until(lambda playback: bool(playback.error)).error
    player.close()


def test_a_player_that_cannot_be_started_says_so(ears: Ears, clip: Path) -> None:
    player = Player(["/nonexistent/player", "{fd}"], ears.heard.append)

    with pytest.raises(NoPlayer, match="cannot be started"):
        player.play(clip)


def test_a_setting_can_forbid_playing() -> None:
    with pytest.raises(NoPlayer, match="switched off"):
        player_command(NONE)
