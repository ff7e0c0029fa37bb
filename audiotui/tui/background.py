"""What the app's own threads share: they answer with messages, and a fault in one ends the app in order."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message

from audiotui.cleanup import caught

Post = Callable[[Message], object]
"""Takes a message from any thread, as ``post_message`` of widgets and apps does."""

JOIN_S = 5.0
"""How long the app waits for a thread when it ends; both are interrupted within milliseconds."""


@dataclass
class Broken(Message):
    """A thread met an error that the app cannot go on with, most likely a fault of the program."""

    error: Exception


class Background(ABC):
    """One daemon thread that runs until it is closed."""

    def __init__(self, name: str, post: Post) -> None:
        self._post = post
        self._thread = threading.Thread(target=self._guarded, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def close(self) -> None:
        """Stop working and wait for the thread."""
        self._wake_to_stop()
        if self._thread.is_alive():
            self._thread.join(timeout=JOIN_S)

    @abstractmethod
    def _work(self) -> None:
        """What the thread does until it is told to stop."""

    @abstractmethod
    def _wake_to_stop(self) -> None:
        """Make ``_work`` return soon; called from another thread."""

    def _guarded(self) -> None:
        with caught() as trouble:
            self._work()
        if trouble.error is not None:  # the app ends with one line
            self._post(Broken(trouble.error))
