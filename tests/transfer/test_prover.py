"""The proof of fresh copies beside the transfer that makes them: every item that is submitted gets its answer."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any, ClassVar

from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.errors import IntegrityError, LocationError
from audiotui.model import VerifyLevel
from audiotui.transfer.prover import Proven, Prover
from tests.contracts.samples import content_of, put

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.backends.base import Entry


def answer(backend: LocalBackend, data: bytes) -> Proven:
    """What the proof of the file ``key`` finds, if it should have these bytes."""
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    prover = Prover(backend, inbox)
    prover.submit(7, backend.stat("key"), content_of(data))
    proven: Proven = inbox.get(timeout=30)
    prover.close()
    return proven


def test_a_fresh_copy_is_proven_and_a_wrong_one_removed(tmp_path: Path) -> None:
    with LocalBackend("archive", LocalOptions(path=tmp_path)) as backend:
        put(backend, "key", b"right")
        right = answer(backend, b"right")
        wrong = answer(backend, b"wrong")

        assert right.entry is not None
        assert right.entry.level >= VerifyLevel.STORAGE_SUM
        assert isinstance(wrong.error, IntegrityError)
        assert not backend.exists("key")


class OutOfMemory(LocalBackend):
    """A backend with a fault that nobody translated."""

    def stat(self, key: str) -> Entry:
        """Break off at the second look, which is the prover's."""
        if key in self.seen:
            raise MemoryError("no room")
        self.seen.add(key)
        return super().stat(key)

    seen: ClassVar[set[str]] = set()


def test_a_proof_that_breaks_off_is_an_answer_too(tmp_path: Path) -> None:
    with OutOfMemory("archive", LocalOptions(path=tmp_path)) as backend:
        put(backend, "key", b"right")
        proven = answer(backend, b"right")

    assert proven.number == 7
    assert isinstance(proven.error, LocationError)
    assert "MemoryError" in proven.error.message
