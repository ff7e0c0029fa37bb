"""The user's own ssh program: one login for all streams, unless the user's configuration shares it in its own way."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.sftp.failures import ConnectionLost
from audiotui.backends.sftp.files import Files
from audiotui.backends.sftp.names import Root
from audiotui.backends.sftp.session import greet
from audiotui.backends.ssh.failures import NoMeasure
from audiotui.backends.ssh.hashing import Hasher
from audiotui.backends.ssh.program import PipeStream, ProgramConnection
from audiotui.backends.ssh.running import RunningProgram
from tests.servers.openssh import OpenSsh, descendants
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.sftp.session import Session

pytestmark = pytest.mark.skipif(shutil.which("ssh") is None, reason="apt-get install openssh-client")


class Host(OpenSsh):
    """A server that tells how often somebody logged in."""

    @property
    def logins(self) -> int:
        """Since it was started."""
        return (self.folder / "sshd.log").read_text().count("Accepted publickey")

    def hang_up(self) -> None:
        """End the sessions, as a network does that breaks."""
        for number in descendants(int((self.folder / "sshd.pid").read_text())):
            os.kill(number, signal.SIGKILL)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A server that runs, and a folder with a file in it."""
    server = Host(tmp_path / "ssh")
    server.folder.mkdir()
    server.prepare()
    (tmp_path / "nas").mkdir()
    (tmp_path / "nas" / "file").write_bytes(b"bytes")
    with server.running():
        yield server


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files that nobody else uses, with a short name."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def test_further_streams_go_over_the_login_of_the_first(host: Host, sockets: Path) -> None:
    with closing(connect(host)) as connection:
        sessions = [opened(connection) for _ in range(3)]

        assert [size_of_file(session, host) for session in sessions] == [5, 5, 5]
        assert host.logins == 1
        (folder,) = sockets.iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        assert [path.is_socket() for path in folder.iterdir()] == [True]
        close_all(sessions)

    assert list(folder.iterdir()) == []


def test_a_stream_goes_on_when_the_one_that_logged_in_is_closed(host: Host) -> None:
    with closing(connect(host)) as connection:
        first, second = opened(connection), opened(connection)
        first.close()
        third = opened(connection)

        assert [size_of_file(session, host) for session in (second, third)] == [5, 5]
        assert connection.is_alive
        assert host.logins == 1
        close_all([second, third])


def test_a_connection_is_closed_at_once_though_a_stream_is_in_use(host: Host, sockets: Path) -> None:
    connection = connect(host)
    first, second = opened(connection), opened(connection)

    connection.close()

    assert [list(folder.iterdir()) for folder in sockets.iterdir()] == [[]]
    with pytest.raises(ConnectionLost):
        size_of_file(second, host)
    close_all([first, second])


def test_streams_of_a_login_that_was_lost_say_why(host: Host) -> None:
    with closing(connect(host)) as connection:
        sessions = [opened(connection), opened(connection)]
        host.hang_up()

        for session in sessions:
            with pytest.raises(ConnectionLost, match=r"remote host|disconnect"):
                size_of_file(session, host)

        assert not connection.is_alive
        close_all(sessions)


def test_the_users_own_way_to_share_connections_is_left_alone(host: Host, sockets: Path, tmp_path: Path) -> None:
    socket = sockets / "own"
    connection = connect(host, configured(tmp_path, f"ControlMaster=auto -o ControlPath={socket}"))
    first, second = opened(connection), opened(connection)

    connection.close()

    assert [size_of_file(session, host) for session in (first, second)] == [5, 5]
    assert list(sockets.iterdir()) == [socket]
    assert host.logins == 1
    close_all([second, first])


@pytest.mark.parametrize("trouble", ["too long", "of others", "not a folder"])
def test_a_place_where_no_private_socket_can_be_costs_a_login_for_each_stream(
    host: Host, sockets: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    place = sockets / f"audiotui-{os.getuid()}"
    if trouble == "too long":
        (sockets / ("x" * 60)).mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(sockets / ("x" * 60)))
    elif trouble == "of others":
        place.mkdir()
        place.chmod(0o777)
    else:
        place.touch()
    with closing(connect(host)) as connection:
        sessions = [opened(connection), opened(connection)]

        assert [size_of_file(session, host) for session in sessions] == [5, 5]
        assert host.logins == 2
        close_all(sessions)


def test_a_host_that_opens_one_session_on_a_login_gets_another_login(tmp_path: Path) -> None:
    server = Host(tmp_path / "ssh")
    server.folder.mkdir()
    server.prepare("MaxSessions 1")
    (tmp_path / "nas").mkdir()
    (tmp_path / "nas" / "file").write_bytes(b"bytes")
    with server.running(), closing(connect(server)) as connection:
        sessions = [opened(connection), opened(connection)]

        assert [size_of_file(session, server) for session in sessions] == [5, 5]
        assert server.logins == 2
        close_all(sessions)


def connect(host: Host, program: str = "ssh") -> ProgramConnection:
    """A connection to the folder beside the server's own."""
    return ProgramConnection(host.options(host.folder.parent / "nas"), program=program)


def configured(folder: Path, setting: str) -> str:
    """An ssh program whose user has a setting."""
    path = folder / "configured-ssh"
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(shutil.which("ssh") or "ssh")} -o {setting} "$@"\n')
    path.chmod(0o755)
    return str(path)


def opened(connection: ProgramConnection) -> Session:
    """A session with a file server."""
    return greet(connection.open_files(), patience_s=30)


def size_of_file(session: Session, host: Host) -> int | None:
    """What the session says of the file in the folder."""
    files = Files(session, Root.at(str(host.folder.parent / "nas")))
    return session.run(files.stat("file")).size_bytes


def close_all(sessions: list[Session]) -> None:
    """End the sessions, in the order in which they stand."""
    for session in sessions:
        session.close()


def test_a_command_that_ended_before_it_was_asked_is_still_heard() -> None:
    program = RunningProgram(["sh", "-c", "echo Welcome!"])
    hasher = Hasher(PipeStream(program, login=None))
    eventually(lambda: not program.is_running)

    with closing(hasher), pytest.raises(NoMeasure, match="Welcome!"):
        hasher.measure(b"/file", size_bytes=1)
