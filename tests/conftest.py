"""What all tests share: an environment without the developer's own settings, and small libraries."""

from __future__ import annotations

import gc
import os
import signal
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

hypothesis.settings.register_profile("patient", deadline=None)  # on a busy machine any example may take a while
hypothesis.settings.load_profile("patient")

pytest_plugins = ["tests.servers.shared"]


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start: a shell that runs the tests in the background switches it off."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Leave the tests themselves out of every search for garbage: thousands of them are there until the end.

    The collector is on as usual while tests run, and what they leave behind is found.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the developer's configuration, credentials, colours or home folder."""
    for name in list(os.environ):
        if name.startswith(("AUDIOTUI_", "AWS_", "MINIO_", "XDG_")) or name in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


def pytest_xdist_auto_num_workers() -> int:
    """Two workers a core with ``-n auto``: much of the time tests wait for servers, disks and other processes."""
    return 2 * len(os.sched_getaffinity(0))
