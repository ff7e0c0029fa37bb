"""What several tests of backends share: a folder, a line, and an SSH server that each process starts once for all."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from audiotui.backends import again
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from tests.backends.lines import line_to
from tests.servers.certificates import certificates
from tests.servers.minio import minio_server
from tests.servers.openssh import OpenSsh
from tests.servers.playing import PlayingServer, playing_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.objectstore.objectline import ObjectLine
    from tests.servers.buckets import BucketServer


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked again is asked at once; ``test_again`` is about how often."""
    monkeypatch.setattr(again, "PAUSES_S", (0.0,) * len(again.PAUSES_S))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder, for a location."""
    root = tmp_path / "archive"
    root.mkdir()
    return root


@pytest.fixture
def near(tmp_path: Path) -> Iterator[LocalBackend]:
    """The folder on this side: files are fetched into it, and sent from it."""
    with LocalBackend("local", LocalOptions(path=tmp_path / "near")) as near:
        yield near


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


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """A MinIO that speaks TLS alone."""
    with minio_server(shows=certificates(tmp_path_factory.mktemp("tls") / "certificates")) as server:
        yield server


@pytest.fixture
def player() -> Iterator[PlayingServer]:
    """What plays answers."""
    with playing_server() as player:
        yield player


@pytest.fixture
def line(player: PlayingServer) -> Iterator[ObjectLine]:
    """A line to it."""
    with closing(line_to(player.port)) as line:
        yield line
