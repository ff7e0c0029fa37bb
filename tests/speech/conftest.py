"""A speech server for each test, a client of it that never really waits, and sound to serve."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from audiotui.speech.client import SpeechClient
from audiotui.speech.client import SpeechServer as Settings
from tests.servers.speech import SpeechServer, speech

if TYPE_CHECKING:
    from collections.abc import Iterator


class Memory:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.data = b""
        self.restarts = 0

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def write(self, data: bytes | memoryview) -> None:
        self.data += data

    def restart(self) -> None:
        self.data = b""
        self.restarts += 1


class Clock:
    """Time that passes only in sleeps, and by ``step_s`` whenever somebody looks."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.now_s = 0.0
        self.step_s = step_s
        self.slept: list[float] = []

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    with speech() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(server: SpeechServer, clock: Clock) -> Iterator[SpeechClient]:
    speaker = SpeechClient(Settings(url=server.url), clock=clock, sleep=clock.sleep)
    yield speaker
    speaker.close()


@pytest.fixture
def sink() -> Memory:
    return Memory()


@pytest.fixture
def data() -> bytes:
    """More than a socket takes at once."""
    return random.Random(7).randbytes(600_000)
