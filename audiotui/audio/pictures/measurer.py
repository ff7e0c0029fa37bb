"""The library's side of the measuring process: asks for a picture, hears when it is there; the newest wish goes first.

One request is under way at a time. While a cursor runs down a table only the row where it stops is measured: a wish
that was not begun is forgotten when a newer one of the same kind comes.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.audio.pictures.cache import PictureCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.audio.pictures.shapes import Picture

PATIENCE_S = 60.0
"""A day of sound takes less to measure; a decoder that takes longer hangs."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Measured:
    """The answer to a wish: a picture, or why there is none."""

    kind: str
    sha256: str
    picture: Picture | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A picture that is wanted of a file."""

    kind: str
    path: str
    sha256: str


class Measurer:
    """Pictures from the cache, or measured by a process that starts with the first wish. Close it.

    ``listener`` is called from a thread of its own, once for each wish that was not overtaken.
    """

    def __init__(self, cache_folder: Path, listener: Callable[[Measured], None]) -> None:
        self._cache = PictureCache(cache_folder)
        self._listener = listener
        self._changed = threading.Condition()
        self._wishes: dict[str, _Wish] = {}
        self._closed = False
        self._thread: threading.Thread | None = None

    def kept(self, kind: str, sha256: str) -> Picture | None:
        """The picture if it was measured before; a file of a few kilobytes is read."""
        return self._cache.get(kind, sha256)

    def wish(self, kind: str, path: Path, sha256: str) -> None:
        """Measure a picture of the file with this content; returns at once."""
        with self._changed:
            if self._closed:
                return
            self._wishes[kind] = _Wish(kind, os.fspath(path), sha256)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="audiotui-pictures", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """End the process; wishes that were not fulfilled are forgotten."""
        with self._changed:
            self._closed = True
            self._wishes.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        process: _Process | None = None
        try:
            while (wish := self._next_wish()) is not None:
                if process is None:
                    process = _Process(self._cache.folder)
                error = process.measure(wish, lambda: self._closed)
                if not process.is_alive:
                    process.close()
                    process = None
                if not self._closed:
                    picture = None if error else self._cache.get(wish.kind, wish.sha256)
                    self._listener(Measured(wish.kind, wish.sha256, picture, error))
        finally:
            if process is not None:
                process.close()

    def _next_wish(self) -> _Wish | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._wishes))
            if self._closed:
                return None
            # a waveform is wanted at every row, and is measured in no time: it goes before a spectrogram
            return self._wishes.pop(max(self._wishes))


class _Process:
    """The running program of ``process``."""

    def __init__(self, cache_folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "audiotui.audio.pictures.process", os.fspath(cache_folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders print there what is wrong with a file
            cwd=Path(__file__).parents[3],
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        )
        assert self._process.stdin is not None  # noqa: S101 - said for the type checker: both are pipes
        assert self._process.stdout is not None  # noqa: S101 - ditto
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._number = 0

    @property
    def is_alive(self) -> bool:
        """False if it has to be started anew."""
        return self._process.poll() is None

    def measure(self, wish: _Wish, is_cancelled: Callable[[], bool]) -> str:
        """Have a picture made and kept; what is wrong with the file, '' if nothing is."""
        self._number += 1
        request = {"id": self._number, "kind": wish.kind, "path": wish.path, "sha256": wish.sha256}
        try:
            answer = self._answer(json.dumps(request).encode() + b"\n", is_cancelled)
        except (OSError, ValueError):
            answer = None
        if answer is None:
            self._process.kill()
            self._process.wait()
            if not is_cancelled():
                _log.warning("measuring %s of %s ended without an answer", wish.kind, wish.sha256)
            return "its decoder stopped without an answer"
        return str(answer.get("error", ""))

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._stdin.close()
        self._process.kill()
        self._process.wait()
        self._stdout.close()

    def _answer(self, request: bytes, is_cancelled: Callable[[], bool]) -> dict[str, object] | None:
        self._stdin.write(request)
        self._stdin.flush()
        deadline = time.monotonic() + PATIENCE_S
        received = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            while not received.endswith(b"\n"):
                if is_cancelled() or time.monotonic() > deadline:
                    return None
                if selector.select(timeout=0.1):
                    piece = os.read(self._stdout.fileno(), 65_536)
                    if not piece:
                        return None
                    received += piece
        answer = json.loads(received)
        return answer if isinstance(answer, dict) else None
