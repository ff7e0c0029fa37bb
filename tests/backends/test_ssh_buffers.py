"""The buffers that paramiko gets in place of its own."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
from paramiko.buffered_pipe import PipeTimeout

from audiotui.backends.ssh.buffers import AHEAD_BYTES, EagerSocket, PacketBuffer
from tests.contracts.samples import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

Ends = tuple[EagerSocket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """The two ends of a connection."""
    ours, theirs = socket.socketpair()
    with EagerSocket.of(ours) as eager, theirs:
        yield eager, theirs


def test_an_eager_socket_gives_every_byte_in_pieces_of_any_size(ends: Ends) -> None:
    eager, theirs = ends
    data = sample(3 * AHEAD_BYTES + 77)

    def send() -> None:
        with theirs:
            theirs.sendall(data)

    sender = threading.Thread(target=send)
    sender.start()
    received, sizes = bytearray(), (1, 4, 70_000, AHEAD_BYTES, AHEAD_BYTES + 1)
    while piece := eager.recv(sizes[len(received) % len(sizes)]):
        received += piece
    sender.join()

    assert received == data
    assert eager.recv(10) == b""


def test_an_eager_socket_waits_no_longer_than_it_may(ends: Ends) -> None:
    eager, theirs = ends
    theirs.sendall(b"abc")
    eager.settimeout(0.001)

    assert (eager.recv(2), eager.recv(2)) == (b"ab", b"c")
    with pytest.raises(TimeoutError):
        eager.recv(2)


def test_an_eager_socket_keeps_the_timeout_of_the_one_that_it_replaces() -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(7.0)
    with EagerSocket.of(ours) as eager, theirs:
        assert eager.gettimeout() == 7.0


def test_a_packet_buffer_gives_what_came_in_its_order_and_no_more_than_was_asked_for() -> None:
    buffer = PacketBuffer()
    for packet in (b"one", b"two", b"three"):
        buffer.feed(packet)

    assert len(buffer) == 11
    assert [buffer.read(4), buffer.read(100)] == [b"onet", b"wothree"]
    assert not buffer.read_ready()


def test_the_event_of_a_packet_buffer_tells_of_bytes_and_of_the_end() -> None:
    buffer, event = PacketBuffer(), threading.Event()
    buffer.set_event(event)
    told = [event.is_set()]
    buffer.feed(b"bytes")
    told.append(event.is_set())
    buffer.read(2)
    told.append(event.is_set())
    buffer.empty()
    told.append(event.is_set())
    buffer.close()
    told.append(event.is_set())

    assert told == [False, True, True, False, True]


def test_an_event_that_is_set_for_nothing_is_cleared() -> None:
    buffer, event = PacketBuffer(), threading.Event()
    event.set()
    buffer.set_event(event)

    assert not event.is_set()


def test_who_waits_for_a_packet_buffer_is_woken_by_bytes_by_the_end_and_by_the_clock() -> None:
    buffer = PacketBuffer()
    with pytest.raises(PipeTimeout):
        buffer.read(1, 0.0)
    feeder = threading.Thread(target=lambda: buffer.feed(b"bytes"))
    feeder.start()

    assert buffer.read(100) == b"bytes"
    feeder.join()
    buffer.close()
    assert buffer.read(1) == b""
