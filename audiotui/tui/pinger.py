"""Asking locations whether they answer, each in a thread of its own: one that hangs keeps nobody waiting.

The threads are daemons, so that a host that never answers does not keep the app from ending either.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from audiotui.cleanup import caught
from audiotui.errors import AudiotuiError
from audiotui.tui.background import Broken, Post

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.manager import AudioManager, Ping


@dataclass
class Pinged(Message):
    """A location answered, or did not; None if it is not in the configuration any more."""

    location: str
    ping: Ping | None


class Pinger:
    """Asks; each answer comes as a message. A location that has not answered yet is not asked again."""

    def __init__(self, manager: Callable[[], AudioManager], post: Post) -> None:
        self._manager = manager
        self._post = post
        self._asking: set[str] = set()
        self._lock = threading.Lock()

    def is_asking(self, location: str) -> bool:
        """Whether an answer is still to come."""
        return location in self._asking

    def ask(self, location: str) -> None:
        """Ask, unless the last question is open."""
        with self._lock:
            if location in self._asking:
                return
            self._asking.add(location)
        threading.Thread(target=self._run, args=(location,), name=f"ping {location}", daemon=True).start()

    def _run(self, location: str) -> None:
        ping: Ping | None = None
        with caught() as trouble, suppress(AudiotuiError):  # it was removed while the thread started
            ping = self._manager().ping_location(location)
        if trouble.error is not None:
            self._post(Broken(trouble.error))
        with self._lock:
            self._asking.discard(location)
        self._post(Pinged(location, ping))
