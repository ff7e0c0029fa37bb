"""What paramiko gets in place of its own buffers, which copy every byte twice and ask the system for each piece.

Both do what those do, no more; what they hold is bounded by the channel's window and by ``AHEAD_BYTES``.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from paramiko.buffered_pipe import PipeTimeout

if TYPE_CHECKING:
    from typing import Self

AHEAD_BYTES = 256 * 1024
"""What the system is asked for at a time: hosts send packets of 32 KiB, each in two pieces as paramiko reads them."""


class EagerSocket(socket.socket):
    """A connected socket that receives as much as has arrived, and hands it out as it is asked for."""

    def __init__(self, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self._buffer = memoryview(bytearray(AHEAD_BYTES))
        self._at = self._end = 0

    @classmethod
    def of(cls, sock: socket.socket) -> Self:
        """The same connection, which the other object loses."""
        timeout_s = sock.gettimeout()
        eager = cls(sock.detach())
        eager.settimeout(timeout_s)
        return eager

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Up to so many bytes; b'' at the end."""
        if self._at == self._end:
            if bufsize >= AHEAD_BYTES:
                return super().recv(bufsize, flags)
            self._at, self._end = 0, self.recv_into(self._buffer, 0, flags)
        end = min(self._end, self._at + bufsize)
        piece, self._at = bytes(self._buffer[self._at : end]), end
        return piece


class PacketBuffer:
    """What has arrived on a channel, as it arrived: one thread feeds it, one reads. It stands for a BufferedPipe."""

    def __init__(self) -> None:
        self._packets: deque[bytes] = deque()
        self._held_bytes = 0
        self._changed = threading.Condition()
        self._signal: Any = None
        self._is_closed = False

    def __len__(self) -> int:
        return self._held_bytes

    def set_event(self, event: Any) -> None:
        """Keep an event set while there is something to read, the end included."""
        with self._changed:
            self._signal = event
            self._tell()

    def feed(self, data: bytes) -> None:
        """Append what arrived."""
        with self._changed:
            self._packets.append(data)
            self._held_bytes += len(data)
            self._tell()

    def read_ready(self) -> bool:
        """Whether there is anything to read."""
        return self._held_bytes > 0

    def read(self, nbytes: int, timeout: float | None = None) -> bytes:
        """Up to so many bytes, once there are any; b'' at the end.

        Raises:
            PipeTimeout: nothing came in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._held_bytes or self._is_closed, timeout):
                raise PipeTimeout
            if self._held_bytes > nbytes:
                return self._split(nbytes)
            return self._take_all()

    def empty(self) -> bytes:
        """All that is there."""
        with self._changed:
            return self._take_all()

    def close(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._is_closed = True
            self._tell()

    def _take_all(self) -> bytes:
        data = self._packets[0] if len(self._packets) == 1 else b"".join(self._packets)
        self._packets.clear()
        self._held_bytes = 0
        if self._signal is not None and not self._is_closed:
            self._signal.clear()
        return data

    def _split(self, nbytes: int) -> bytes:
        data = b"".join(self._packets)
        self._packets = deque([data[nbytes:]])
        self._held_bytes = len(data) - nbytes
        return data[:nbytes]

    def _tell(self) -> None:
        self._changed.notify_all()
        if self._signal is None:
            return
        if self._held_bytes or self._is_closed:
            self._signal.set()
        else:
            self._signal.clear()
