"""What several tests of backends share: a folder, and an SSH server that is started once for all tests of a process."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.servers.openssh import OpenSsh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder, for a location."""
    root = tmp_path / "archive"
    root.mkdir()
    return root


@pytest.fixture(scope="session")
def openssh(tmp_path_factory: pytest.TempPathFactory) -> OpenSsh:
    """An SSH server with its keys and configuration, not started."""
    server = OpenSsh(tmp_path_factory.mktemp("openssh"))
    server.prepare()
    return server


@pytest.fixture(scope="session")
def sshd(openssh: OpenSsh) -> Iterator[ExitStack]:
    """The SSH server, started; close the stack to stop it, and put ``openssh.running()`` into it to start it again."""
    with ExitStack() as running:
        running.enter_context(openssh.running())
        yield running
