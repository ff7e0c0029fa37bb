"""Sessions of a host that opens one on each connection, while a further connection takes long to be made."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.backends.ssh.failures import CannotConnect
from audiotui.backends.ssh.inside import InsideConnection
from audiotui.backends.ssh.pool import SessionPool
from audiotui.backends.ssh.target import find_target
from audiotui.errors import Unreachable
from tests.servers.openssh import OpenSsh
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class SlowHost:
    """Connects at once the first time; each further time only when it is let."""

    def __init__(self, server: OpenSsh, folder: Path) -> None:
        self._target = find_target(server.options(folder))
        self.made: list[InsideConnection] = []
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()

    def connect(self) -> InsideConnection:
        """A connection."""
        if self.made:
            self.is_asked.set()
            assert self.may_answer.wait(PATIENCE_S)
        self.made.append(InsideConnection(self._target, location="nas"))
        return self.made[-1]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SlowHost]:
    """A host that opens one session on a connection."""
    server = OpenSsh(tmp_path / "ssh")
    server.folder.mkdir()
    server.prepare("MaxSessions 1")
    with server.running():
        host = SlowHost(server, tmp_path)
        yield host
        host.may_answer.set()


@pytest.fixture
def pool(host: SlowHost) -> Iterator[SessionPool]:
    """Its sessions."""
    with closing(SessionPool(host.connect, patience_s=10)) as pool:
        yield pool


@pytest.fixture
def another(host: SlowHost) -> Iterator[ThreadPoolExecutor]:
    """Another thread."""
    with ThreadPoolExecutor(1) as threads:
        yield threads
        host.may_answer.set()


def ask_for_a_session(pool: SessionPool) -> None:
    with pool.session():
        pass


def waiting_for_a_session(pool: SessionPool, host: SlowHost, another: ThreadPoolExecutor) -> Future[None]:
    """Another thread waits for a further connection."""
    waiting = another.submit(ask_for_a_session, pool)
    assert host.is_asked.wait(PATIENCE_S)
    return waiting


def test_a_session_is_given_back_while_a_further_connection_is_made(
    pool: SessionPool, host: SlowHost, another: ThreadPoolExecutor
) -> None:
    given_back = threading.Event()

    def use(waiting_for: threading.Event) -> None:
        with pool.session():
            has_session.set()
            assert waiting_for.wait(PATIENCE_S)
        given_back.set()

    has_session = threading.Event()
    user = threading.Thread(target=use, args=(host.is_asked,))
    user.start()
    assert has_session.wait(PATIENCE_S)
    waiting = waiting_for_a_session(pool, host, another)

    assert given_back.wait(PATIENCE_S)
    assert not waiting.done()
    host.may_answer.set()
    waiting.result(PATIENCE_S)
    user.join()


def test_closing_ends_all_connections_while_a_further_one_is_made(
    pool: SessionPool, host: SlowHost, another: ThreadPoolExecutor
) -> None:
    with pool.session():
        waiting = waiting_for_a_session(pool, host, another)
        pool.close()

        assert not host.made[0].is_alive
        host.may_answer.set()
        with pytest.raises(CannotConnect, match="was closed"):
            waiting.result(PATIENCE_S)
    assert not any(connection.is_alive for connection in host.made)


class SlowToOpen(LocalBackend):
    """A folder that takes long to be found."""

    is_opening = threading.Event()
    may_open = threading.Event()

    def _open(self) -> None:
        self.is_opening.set()
        assert self.may_open.wait(PATIENCE_S)
        super()._open()


def test_who_opens_a_location_that_is_closed_meanwhile_hears_of_that(root: Path) -> None:
    backend = SlowToOpen("archive", LocalOptions(path=root))
    with ExitStack() as ending, ThreadPoolExecutor(1) as threads:
        ending.callback(backend.may_open.set)
        opening = threads.submit(backend.exists, "file")
        assert backend.is_opening.wait(PATIENCE_S)

        backend.close()

        backend.may_open.set()
        with pytest.raises(Unreachable, match="was closed"):
            opening.result(PATIENCE_S)
        assert not backend.exists("file")
