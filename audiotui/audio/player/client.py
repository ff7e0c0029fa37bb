"""Talking to a player process over a socket pair, in the JSON lines of mpv's IPC (mpv manual, "JSON IPC").

Commands are sent without waiting; what the player tells comes back as events, from which the client keeps one
``Playback``. The same few commands are understood by mpv and by ``builtin``: ``loadfile``, ``seek``, ``stop``,
``set_property`` of ``start``, ``pause``, ``volume`` and ``speed``, and ``observe_property``.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotui.audio.player.playback import MAX_RATE, MAX_VOLUME, MIN_RATE, Playback
from audiotui.errors import NoPlayer
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OBSERVED = ("time-pos", "duration", "pause")

NO_DEVICE = "there is no sound device, or another program holds it"
"""What players mean by failing to open their output."""

TELL_EVERY_S = 0.1
"""Of sound: a place that moved less is no news."""

_END_PATIENCE_S = 2.0

_log = logging.getLogger(__name__)


class Player:
    """One player process, started by the first ``play``; close it.

    ``command`` gets the descriptor of its socket in the place of ``{fd}``. ``listener`` hears how it stands, from a
    thread of its own, at every change; nothing is told after ``close``.
    """

    def __init__(self, command: Sequence[str], listener: Callable[[Playback], None]) -> None:
        self._command = list(command)
        self._listener = listener
        self._lock = threading.RLock()
        self._playback = Playback()
        self._told_position_s = 0.0
        self._is_paused = False
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    @property
    def playback(self) -> Playback:
        """How the player stands."""
        return self._playback

    def play(self, path: Path, *, start_s: float = 0.0) -> None:
        """Play a file from a place on, instead of what plays now.

        Raises:
            NoPlayer: the program cannot be started.
        """
        with self._lock:
            self._start()
            self._change(
                path=os.fspath(path), position_s=start_s, duration_s=0.0, has_ended=False, error="", no_device=False
            )
            self._set("start", str(max(0.0, start_s)))
            self._send("loadfile", os.fspath(path.absolute()), "replace")
            self._set("pause", False)

    def toggle(self) -> None:
        """Pause, or go on; from the start, if the end was reached."""
        with self._lock:
            playback = self._playback
            if playback.path and playback.has_ended:
                self.play(Path(playback.path))
            elif playback.path:
                self._set("pause", playback.is_playing)

    def pause(self) -> None:
        """Be silent, and stay at this place."""
        with self._lock:
            if self._playback.is_playing:
                self._set("pause", True)

    def seek(self, position_s: float) -> None:
        """Go to a place; beyond the end is the end."""
        with self._lock:
            playback = self._playback
            position_s = max(0.0, position_s)
            if not playback.path:
                return
            if playback.has_ended:
                if position_s < playback.duration_s:
                    self.play(Path(playback.path), start_s=position_s)
                return
            self._change(position_s=min(position_s, playback.duration_s) if playback.duration_s else position_s)
            self._send("seek", position_s, "absolute")

    def set_volume(self, volume: int) -> None:
        """0 to 100; what is beyond is cut."""
        with self._lock:
            self._change(volume=max(0, min(MAX_VOLUME, volume)))
            self._set("volume", self._playback.volume)

    def set_rate(self, rate: float) -> None:
        """0.5 to 2.0 times the recorded speed at the same pitch; what is beyond is cut."""
        with self._lock:
            self._change(rate=max(MIN_RATE, min(MAX_RATE, round(rate, 2))))
            self._set("speed", self._playback.rate)

    def stop(self) -> None:
        """Be silent, and forget the file."""
        with self._lock:
            self._send("stop")
            self._change(path="", position_s=0.0, duration_s=0.0, is_playing=False, has_ended=False)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            process, reader, self._process, self._reader = self._process, self._reader, None, None
            self._hang_up()
        if process is not None:
            try:
                process.wait(_END_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if reader is not None and reader is not threading.current_thread():
            reader.join()

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None and self._socket is not None:
            return
        if self._process is not None:
            self._process.wait()
        self._hang_up()
        ours, theirs = socket.socketpair()
        with theirs:
            descriptor = theirs.fileno()
            try:
                self._process = subprocess.Popen(
                    [part.replace("{fd}", str(descriptor)) for part in self._command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # sound libraries print there, where the screen is
                    pass_fds=[descriptor],
                    cwd=Path(__file__).parents[3],
                    start_new_session=True,  # Ctrl-C in the terminal is not meant for it
                )
            except OSError as error:
                ours.close()
                raise NoPlayer(
                    f"The player {self._command[0]} cannot be started: {error.strerror}.", "Check its installation."
                ) from error
        self._socket = ours
        self._reader = threading.Thread(target=self._read, args=(ours,), name="audiotui-player", daemon=True)
        self._reader.start()
        for number, name in enumerate(OBSERVED, 1):
            self._send("observe_property", number, name)
        self._set("volume", self._playback.volume)
        self._set("speed", self._playback.rate)

    def _hang_up(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket = None

    def _set(self, name: str, value: object) -> None:
        self._send("set_property", name, value)

    def _send(self, *command: object) -> None:
        if self._socket is None:
            return
        line = json.dumps({"command": command}, ensure_ascii=False) + "\n"
        # A player that died is noticed by the thread that reads. File names may be no valid text.
        with suppress(OSError):
            self._socket.sendall(line.encode("utf-8", "surrogateescape"))

    def _read(self, connection: socket.socket) -> None:
        """Hear what the player tells until it hangs up."""
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            for line in lines:
                try:
                    told = json.loads(line)
                except ValueError:
                    _log.warning("the player told what is no JSON: %r", line[:100])
                    continue
                with self._lock:
                    if connection is not self._socket:
                        return
                    self._heard(told)
        with self._lock:
            if connection is self._socket:
                self._socket = None
                if self._playback.path:
                    self._change(is_playing=False, has_ended=False, path="", error="the player ended unexpectedly")

    def _heard(self, told: dict[str, Any]) -> None:
        match told.get("event"):
            case "property-change":
                self._noticed(str(told.get("name")), told.get("data"))
            case "playback-restart":
                self._change(is_playing=not self._is_paused, has_ended=False)
            case "end-file":
                self._ended(str(told.get("reason")), str(told.get("file_error", "")))
            case _:
                pass

    def _noticed(self, name: str, value: Any) -> None:
        if name == "pause":
            self._is_paused = bool(value)
            if self._playback.path and not self._playback.has_ended:
                self._change(is_playing=not self._is_paused)
        elif isinstance(value, int | float) and self._playback.path:
            if name == "time-pos":
                self._change(position_s=max(0.0, float(value)))
            elif name == "duration":
                self._change(duration_s=max(0.0, float(value)))

    def _ended(self, reason: str, why: str) -> None:
        if reason == "eof":
            self._change(is_playing=False, has_ended=True, position_s=self._playback.duration_s)
        elif reason == "error":
            no_device = "audio output" in why
            error = NO_DEVICE if no_device else f"the player cannot play it: {safe_text(why, limit=100) or 'no reason'}"
            self._change(is_playing=False, has_ended=False, path="", error=error, no_device=no_device)

    def _change(self, **values: Any) -> None:
        changed = replace(self._playback, **values)
        moved_s = abs(changed.position_s - self._told_position_s)
        is_news = changed != replace(self._playback, position_s=changed.position_s) or moved_s >= TELL_EVERY_S
        self._playback = changed
        if is_news:
            self._told_position_s = changed.position_s
            self._listener(changed)
