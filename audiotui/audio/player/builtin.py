"""Our own player program: ``python -m audiotui.audio.player.builtin FD [--silent]``, for machines without mpv.

It answers over the inherited socket ``FD`` the commands that ``client`` lists and tells the same events as mpv. Sound
goes out by miniaudio, whose thread asks for frames; ``--silent`` sends it to its null device.
"""

from __future__ import annotations

import json
import queue
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import miniaudio
import numpy as np

from audiotui.audio.player.sound import CHANNELS, RATE_HZ, Sound
from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from collections.abc import Generator

_BUFFER_MS = 100
_TELL_EVERY_S = 0.1


class Program:
    """The player: one sound at a time, and whoever asked for it on the other end of the socket."""

    def __init__(self, connection: socket.socket, *, is_silent: bool) -> None:
        self._connection = connection
        self._is_silent = is_silent
        self._commands: queue.Queue[list[Any] | None] = queue.Queue()
        self._device: miniaudio.PlaybackDevice | None = None
        self._sound: Sound | None = None
        self._observed: dict[str, int] = {}
        self._told: dict[str, object] = {}
        self._is_paused = False
        self._volume = 100.0
        self._rate = 1.0
        self._start_s = 0.0

    def run(self) -> None:
        """Do as asked until the other end hangs up."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        while True:
            with suppress(queue.Empty):
                command = self._commands.get(timeout=_TELL_EVERY_S)
                if command is None:
                    break
                self._obey(command)
            self._look()
        self._drop()
        if self._device is not None:
            self._device.close()

    def _listen(self) -> None:
        with suppress(OSError), self._connection.makefile("r", encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                with suppress(ValueError, KeyError, TypeError):
                    self._commands.put(list(json.loads(line)["command"]))
        self._commands.put(None)

    def _obey(self, command: list[Any]) -> None:
        match command:
            case ["loadfile", str(path), *_]:
                self._load(path, self._start_s)
            case ["seek", float() | int() as position_s, *_] if self._sound is not None:
                self._load(self._sound.path, min(float(position_s), self._sound.duration_s))
            case ["stop"]:
                self._drop()
            case ["set_property", str(name), value]:
                self._set(name, value)
            case ["observe_property", int(number), str(name)]:
                self._observed[name] = number
            case _:
                pass

    def _set(self, name: str, value: Any) -> None:
        if name == "pause":
            self._is_paused = bool(value)
        elif name == "start":
            self._start_s = max(0.0, float(value))
        elif name == "volume":
            self._volume = max(0.0, min(100.0, float(value)))
        elif name == "speed":
            self._rate = float(value)
            if self._sound is not None:
                self._load(self._sound.path, self._sound.position_s)

    def _load(self, path: str, start_s: float) -> None:
        self._drop()
        try:
            self._open_device()
            self._sound = Sound(path, start_s, self._rate)
        except miniaudio.MiniaudioError:
            self._tell("end-file", reason="error", file_error="audio output initialization failed")
            return
        except AudiotuiError as error:
            self._tell("end-file", reason="error", file_error=error.message)
            return
        self._tell("file-loaded")
        self._tell("playback-restart")

    def _drop(self) -> None:
        sound, self._sound = self._sound, None
        self._told = {"pause": self._told.get("pause")}  # of another sound all is news
        if sound is not None:
            sound.close()

    def _open_device(self) -> None:
        if self._device is None:
            backends = [miniaudio.Backend.NULL] if self._is_silent else []
            device = miniaudio.PlaybackDevice(
                miniaudio.SampleFormat.FLOAT32, CHANNELS, RATE_HZ, buffersize_msec=_BUFFER_MS, backends=backends
            )
            frames = self._frames()
            next(frames)
            device.start(frames)
            self._device = device

    def _frames(self) -> Generator[bytes, int, None]:
        """What miniaudio's thread asks for; silence where there is nothing."""
        wanted = yield b""
        while True:
            sound = self._sound
            out = np.zeros((wanted, CHANNELS), np.float32)
            if sound is not None and not self._is_paused:
                taken = sound.take(wanted)
                # Loudness as people hear it is nearer to the cube, as mpv has it.
                out[: len(taken)] = taken * (self._volume / 100) ** 3
            wanted = yield out.tobytes()

    def _look(self) -> None:
        """Tell what changed since the last look."""
        sound = self._sound
        self._notice("pause", self._is_paused)
        if sound is None:
            return
        self._notice("duration", sound.duration_s)
        self._notice("time-pos", sound.position_s)
        if sound.has_ended:
            self._drop()
            if sound.error:
                self._tell("end-file", reason="error", file_error=sound.error)
            else:
                self._tell("end-file", reason="eof")

    def _notice(self, name: str, value: object) -> None:
        if name in self._observed and self._told.get(name) != value:
            self._told[name] = value
            self._tell("property-change", id=self._observed[name], name=name, data=value)

    def _tell(self, event: str, **values: object) -> None:
        with suppress(OSError):
            self._connection.sendall(json.dumps({"event": event, **values}).encode() + b"\n")


def main() -> None:
    """Play for whoever started this."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    Program(connection, is_silent="--silent" in sys.argv[2:]).run()


if __name__ == "__main__":
    main()
