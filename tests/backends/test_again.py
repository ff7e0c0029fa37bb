"""What changes nothing is asked again, a few times and for reasons that may pass; nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.backends.again import PAUSES_S, asked_again
from audiotui.backends.base import Capability
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.backends.proof import prove
from audiotui.errors import AccessDenied, Throttled, Unreachable
from audiotui.model import VerifyLevel
from tests.contracts.samples import content_of, put
from tests.faults import Fail, FaultyBackend, Meanwhile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ASKED_MOST = 1 + len(PAUSES_S)
QUESTIONS: dict[str, tuple[str, Callable[[FaultyBackend], object]]] = {
    "what lies there": ("stat", lambda backend: backend.stat("file").size_bytes == 5),
    "whether it lies there": ("stat", lambda backend: backend.exists("file")),
    "a listing": ("list", lambda backend: [entry.key for entry in backend.list()] == ["file"]),
    "bytes": ("read", lambda backend: b"".join(backend.read("file")) == b"bytes"),
    "a proof": ("read", lambda backend: prove(backend, "file", content_of(b"bytes"), level=VerifyLevel.READ_BACK)),
}


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[FaultyBackend]:
    """A location that is not of this machine, with one file."""
    (tmp_path / "archive").mkdir()
    with FaultyBackend(LocalBackend("archive", LocalOptions(path=tmp_path / "archive"))) as backend:
        put(backend, "file", b"bytes")
        backend.capabilities = frozenset()
        backend.calls.clear()
        yield backend


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("error", [Throttled("Slow down."), Unreachable("It broke off.")])
def test_a_question_survives_troubles_that_pass(backend: FaultyBackend, question: str, error: Exception) -> None:
    verb, ask = QUESTIONS[question]
    backend.add(Fail(verb=verb, error=error, times=len(PAUSES_S)))

    assert ask(backend)
    assert backend.calls[verb] == ASKED_MOST


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_trouble_that_lasts_is_told_after_a_few_tries(backend: FaultyBackend, question: str) -> None:
    verb, ask = QUESTIONS[question]
    backend.add(Fail(verb=verb, error=Unreachable("It broke off."), times=99))

    with pytest.raises(Unreachable):
        ask(backend)
    assert backend.calls[verb] == ASKED_MOST


@pytest.mark.parametrize(
    "error",
    [AccessDenied("No."), Throttled("Come tomorrow.", retry_after=86_400), RuntimeError("Nobody foresaw this.")],
    ids=["refused", "a long pause is wanted", "unforeseen"],
)
def test_what_does_not_pass_soon_is_told_at_once(error: Exception) -> None:
    asked: list[str] = []

    def ask() -> None:
        asked.append("once")
        raise error

    with pytest.raises(type(error)):
        asked_again(ask, sleep=lambda _: None)
    assert asked == ["once"]


def test_a_host_that_is_silent_for_long_is_not_asked_again() -> None:
    asked: list[str] = []

    def ask() -> None:
        asked.append("once")
        raise Unreachable("It does not answer.")

    with pytest.raises(Unreachable):
        asked_again(ask, patience_s=-1.0)
    assert asked == ["once"]


def test_what_stores_or_removes_is_not_repeated_here(backend: FaultyBackend) -> None:
    backend.add(Fail(verb="delete", error=Throttled("Slow down."), times=1))

    with pytest.raises(Throttled):
        backend.delete("file")
    assert backend.calls["delete"] == 1


def test_a_folder_of_this_machine_is_asked_once(backend: FaultyBackend) -> None:
    backend.capabilities = frozenset({Capability.DIRECT})
    backend.add(Fail(verb="stat", error=Unreachable("Its disk is gone."), times=1))

    with pytest.raises(Unreachable):
        backend.stat("file")
    assert backend.calls["stat"] == 1


def test_a_location_that_does_not_open_at_once_is_tried_again(backend: FaultyBackend) -> None:
    backend.close()
    backend.add(Fail(verb="open", error=Unreachable("It broke off."), times=len(PAUSES_S)))

    assert backend.exists("file")
    assert backend.calls["open"] == ASKED_MOST


def test_who_asks_for_more_does_not_multiply_the_tries_of_opening(backend: FaultyBackend) -> None:
    def fail() -> None:
        raise Unreachable("It broke off.")

    backend.close()
    backend.add(Meanwhile(verb="open", act=fail, times=99))

    with pytest.raises(Unreachable):
        backend.exists("file")
    with pytest.raises(Unreachable):
        list(backend.list())
    assert backend.calls["open"] == 2 * ASKED_MOST
