"""The check of a user's own storage: it finds what does not work, touches nothing, and leaves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Entry
from audiotui.backends.check import CheckStep, check
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.errors import AccessDenied, LocationFull, Unreachable
from tests.faults import Fail, FaultyBackend, Flip, Lie, Say, read_only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults import Fault


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[LocalBackend]:
    """A folder with somebody's file in it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "theirs.txt").write_text("theirs")
    with LocalBackend("archive", LocalOptions(path=disk)) as backend:
        yield backend


def left(folder: Path) -> list[str]:
    """What lies in the folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_an_interrupt_of_the_first_step_is_told_as_that(backend: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backend, "open", interrupted)
    monkeypatch.setattr(backend, "boundary", interrupted)

    with pytest.raises(KeyboardInterrupt):
        check(backend)


def test_a_good_folder_passes_and_is_as_it_was(backend: LocalBackend, tmp_path: Path) -> None:
    heard: list[CheckStep] = []

    report = check(backend, listener=heard.append)

    assert report.ok
    assert report.failure is None
    assert heard == list(report.steps)
    assert len(heard) >= 10
    assert report.capabilities["checksum"] == "yes"
    assert left(tmp_path / "disk") == ["theirs.txt"]


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        (Fail(verb="put_small", error=LocationFull("It is full."), times=99), "store a file"),
        (Lie(verb="put_small", on=2), "read it back, whole and in part"),
        (Flip(verb="put_small", on=2), "read it back, whole and in part"),
        (Say(verb="stat", on=2, times=1, result=Entry("x", 1)), "say what is not there"),
        (Lie(verb="list"), "list files completely"),
        (Fail(verb="start_upload", error=AccessDenied("No uploads.")), "keep an unfinished upload out of sight"),
        (Fail(verb="move", error=AccessDenied("No renaming.")), "give a file another name"),
    ],
)
def test_a_fault_is_told_by_the_step_that_meets_it(
    backend: LocalBackend, tmp_path: Path, fault: Fault, step: str
) -> None:
    report = check(FaultyBackend(backend, fault))

    assert report.failure is not None
    assert report.failure.name == step
    assert left(tmp_path / "disk") == ["theirs.txt"]


def test_a_folder_that_is_away_fails_to_connect_and_nothing_else_is_tried(tmp_path: Path) -> None:
    backend = LocalBackend("archive", LocalOptions(path=tmp_path / "unmounted"), used_before=True)

    report = check(backend)

    assert [step.name for step in report.steps] == ["connect"]
    assert isinstance(report.steps[0].error, Unreachable)
    assert not (tmp_path / "unmounted").exists()


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with read_only(tmp_path / "disk"), LocalBackend("archive", LocalOptions(path=tmp_path / "disk")) as backend:
        report = check(backend)

    assert report.failure is not None
    assert report.failure.name == "store a file"
