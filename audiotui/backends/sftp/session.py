"""One greeted server: what it can do, how big its packets may be, and the wire to it."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Any, TypeVar

from audiotui.backends.sftp import packets
from audiotui.backends.sftp.failures import ConnectionLost, ProtocolBroken
from audiotui.backends.sftp.wire import MAX_PACKET_BYTES, Wire
from audiotui.cleanup import on_failure

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from audiotui.backends.sftp.packets import Request
    from audiotui.backends.sftp.tasks import Waiting
    from audiotui.backends.sftp.wire import Stream

T = TypeVar("T")

MOST_BLOCK_BYTES = 255 * 1024
"""What OpenSSH takes and gives at most; bigger blocks would gain nothing."""

SAFE_BLOCK_BYTES = 32 * 1024
"""What every server must take."""


class Session:
    """A wire whose server has answered the greeting. One thread uses it at a time; close it."""

    def __init__(self, wire: Wire, extensions: dict[bytes, bytes]) -> None:
        self.wire = wire
        self.block_bytes = SAFE_BLOCK_BYTES
        """How much is read or written by one request."""
        if extensions.get(b"limits@openssh.com") == b"1":
            wire.tell(packets.limits(self._learn))  # it goes with the first request, which need not wait for it
        self.can_sync = extensions.get(b"fsync@openssh.com") == b"1"
        self.can_link = extensions.get(b"hardlink@openssh.com") == b"1"
        self.can_tell_room = extensions.get(b"statvfs@openssh.com") == b"2"

    @property
    def is_broken(self) -> bool:
        """True once its stream failed by itself."""
        return self.wire.is_broken

    @property
    def is_usable(self) -> bool:
        """True if another caller may have it: alive, and nothing under way."""
        return self.wire.is_usable

    def ask(self, request: Request[T]) -> Waiting[T]:
        """Send a request; await the reply."""
        return self.wire.ask(request)

    def run(self, steps: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine that asks this server to its end."""
        return self.wire.run(steps)

    def close(self) -> None:
        """End the connection."""
        self.wire.close()

    def _learn(self, limits: packets.Limits) -> None:
        """Take bigger blocks from now on, if the server bears them."""
        told = [size for size in (limits.read_bytes, limits.write_bytes) if size]
        self.block_bytes = max(1024, min(MOST_BLOCK_BYTES, *told))


def greet(stream: Stream, *, patience_s: float) -> Session:
    """Greet the server and learn what it can do; closes the stream if it does not answer as it should.

    Raises:
        ConnectionLost: no answer within ``patience_s``, or not one of the protocol.
    """
    with on_failure(stream.close):
        extensions = _exchange_greetings(stream, patience_s)
        wire = Wire(stream)
    return Session(wire, extensions)


def _exchange_greetings(stream: Stream, patience_s: float) -> dict[bytes, bytes]:
    deadline_s = time.monotonic() + patience_s
    poll = select.poll()
    poll.register(stream.fileno(), select.POLLIN)
    stream.send([packets.greeting()], patience_s)
    received = b""
    while len(received) < 4 or len(received) < 4 + int.from_bytes(received[:4], "big"):
        if len(received) >= 4 and int.from_bytes(received[:4], "big") > MAX_PACKET_BYTES:
            raise ProtocolBroken(f"it answered with {received[:40]!r}: is that an SFTP server?")
        left_s = deadline_s - time.monotonic()
        if left_s <= 0 or not poll.poll(left_s * 1000):
            raise ConnectionLost(f"its file server has not answered within {patience_s:g} s")
        received += stream.receive()
    if received[4] != packets.VERSION_KIND or len(received) != 4 + int.from_bytes(received[:4], "big"):
        raise ProtocolBroken(f"it answered with {received[:40]!r}: is that an SFTP server?")
    return packets.extensions(memoryview(received)[5:])
