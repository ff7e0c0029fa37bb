"""What the process of a job and one at its side say to each other, and the line on which they do.

Both run this very version of the program, and nobody else is on the line, so what is said is pickled.
"""

from __future__ import annotations

import pickle
import select
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from datetime import datetime

    from audiotui.backends.loan import Loan

TAKES_S = 10.0
"""A process that does not read what it is told for so long is given up."""

_LENGTH = struct.Struct("!I")
_READ_BYTES = 64 * 1024


class Begin(NamedTuple):
    """The first word of a job: from where it moves files, and to where."""

    source: Loan
    destination: Loan
    terms: Terms


class Terms(NamedTuple):
    """How much it may have under way."""

    requests: int
    bytes_in_flight: int


class Errand(NamedTuple):
    """One file to be moved, as ``GetItem`` describes it."""

    number: int
    key: str
    etag: str
    new_key: str
    temp: str
    size_bytes: int
    sha256: str


class Errands(NamedTuple):
    """Some more files."""

    errands: Sequence[Errand]


class NoMore(NamedTuple):
    """No more files will come: it ends with those that it has."""


class Done(NamedTuple):
    """One file has its name, every byte compared and read back."""

    number: int
    etag: str
    modified_at: datetime | None


class News(NamedTuple):
    """What has become of files; without any it says that the process is alive.

    What was given back was not moved, for whatever reason: the process of the job finds that out for itself.
    """

    done: Sequence[Done] = ()
    given_back: Sequence[int] = ()


class Ready(NamedTuple):
    """All that was begun is told: another ``Begin`` may follow."""


class Hung(Exception):
    """The other process takes no words."""


class Channel:
    """One end of the line. One thread sends and one receives."""

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(TAKES_S)
        self._socket = end
        self._came = bytearray()
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)

    def send(self, message: Any) -> None:
        """Say something.

        Raises:
            Hung: the other end reads nothing.
            OSError: it has ended.
        """
        words = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            self._socket.sendall(_LENGTH.pack(len(words)) + words)
        except TimeoutError as error:
            raise Hung from error

    def receive(self, wait_s: float | None = None) -> Any:
        """What the other end says next; None if it says nothing for so long (None: wait for ever).

        Raises:
            EOFError: it has ended.
        """
        while True:
            if (message := self._next()) is not None:
                return message
            if not self._poll.poll(None if wait_s is None else wait_s * 1000):
                return None
            try:
                words = self._socket.recv(_READ_BYTES)
            except ConnectionError as error:
                raise EOFError from error
            if not words:
                raise EOFError
            self._came += words

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _next(self) -> Any:
        came = self._came
        if len(came) < _LENGTH.size:
            return None
        end = _LENGTH.size + _LENGTH.unpack_from(came)[0]
        if len(came) < end:
            return None
        message = pickle.loads(came[_LENGTH.size : end])  # noqa: S301 - of our own process, on a line of its own
        del came[:end]
        return message
