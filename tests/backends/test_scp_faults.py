"""Whatever the wire between us and an SSH host does: no file is ever silently wrong, and another try heals it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import GetItem, Limits
from audiotui.backends.check import check
from audiotui.backends.options.scp import OPENSSH, PARAMIKO
from audiotui.backends.scp import ScpBackend
from audiotui.backends.sftp import wire
from audiotui.backends.ssh import pool
from audiotui.errors import Unreachable
from tests.backends.bad_line import push_and_pull
from tests.contracts.samples import BIG, content_of, get_all, part_of, put_all, put_item, sample
from tests.servers.openssh import OpenSsh
from tests.servers.relay import Relay, WireFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from audiotui.backends.local import LocalBackend

FEW, MANY = 15, 500
"""Pushes, and as many pulls, by each transport in the default run and in the long one."""

SILENCE_S = 0.5
"""A host that lost a part of a packet waits for the rest; so long do we."""

CONNECT_TIMEOUT_S = 1
"""Less than what is remembered for those who come next: they are to try for themselves, at once."""


class Line:
    """A folder of a host behind a relay."""

    def __init__(self, relay: Relay, server: OpenSsh, path: Path, transport: str) -> None:
        self.relay = relay
        self.path = path
        known = path.parent / "known_hosts"
        known.write_text(server.known_hosts.read_text().replace(f":{server.port} ", f":{relay.port} "))
        self.options = server.options(
            path, port=relay.port, known_hosts=known, transport=transport, connect_timeout=CONNECT_TIMEOUT_S
        )

    def connect(self) -> ScpBackend:
        """A backend that reaches the folder over the line."""
        return ScpBackend("nas", self.options, library_id="library-1")


@pytest.fixture(params=[PARAMIKO, pytest.param(OPENSSH, marks=pytest.mark.matrix)])
def line(
    request: pytest.FixtureRequest,
    openssh: OpenSsh,
    sshd: ExitStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Line]:
    """An empty folder, over a line that can be disturbed."""
    monkeypatch.setattr(wire, "ANSWER_S", SILENCE_S)
    with Relay(openssh.port) as relay:
        yield Line(relay, openssh, tmp_path / "nas", request.param)


@pytest.fixture
def backend(line: Line) -> Iterator[ScpBackend]:
    """The folder as a location."""
    with line.connect() as backend:
        backend.claim()
        yield backend


def check_pushes_and_pulls(line: Line, backend: ScpBackend, near: LocalBackend, count: int) -> None:
    """Of two faults in each round, those count that lay within what was said."""
    seen = push_and_pull(line.relay, backend, near, lambda key: (line.path / key).read_bytes(), count)

    assert line.relay.faults_done > count // 2, seen
    assert seen.keys() <= {"NoneType", "Unreachable"}


def test_pushes_and_pulls_over_a_bad_line_end_with_the_right_bytes(
    line: Line, backend: ScpBackend, near: LocalBackend
) -> None:
    check_pushes_and_pulls(line, backend, near, FEW)


@pytest.mark.long
def test_a_thousand_pushes_and_pulls_over_a_bad_line_end_with_the_right_bytes(
    line: Line, backend: ScpBackend, near: LocalBackend
) -> None:
    check_pushes_and_pulls(line, backend, near, MANY)


def test_a_big_file_goes_on_where_the_line_broke(line: Line, backend: ScpBackend) -> None:
    data, tokens = sample(BIG), [""]
    line.relay.order(WireFault(do="reset", at=20_000_000))

    (broken,) = put_all(backend, [replace(put_item("big", data), on_token=tokens.append)])
    (healed,) = put_all(backend, [replace(put_item("big", data), resume_token=tokens[-1])])

    assert isinstance(broken.error, Unreachable)
    assert healed.error is None
    assert healed.resumed_bytes > 0
    assert (line.path / "big").read_bytes() == data


def test_an_unfinished_file_that_was_damaged_meanwhile_is_sent_again(line: Line, backend: ScpBackend) -> None:
    data = sample(BIG)
    upload = backend.start_upload("big", content_of(data))
    upload.write_part(0, part_of(data, 0))
    upload.write_part(1, part_of(data, 1))
    upload.close()
    with (line.path / upload.token).open("r+b") as file:
        file.seek(20_000_000)
        file.write(b"damage")

    (outcome,) = put_all(backend, [replace(put_item("big", data), resume_token=upload.token)])

    assert outcome.error is None
    assert outcome.resumed_bytes == len(part_of(data, 0))
    assert (line.path / "big").read_bytes() == data


def test_a_host_that_opens_no_further_session_is_good_for_a_push(tmp_path: Path) -> None:
    server = OpenSsh(tmp_path / "ssh")
    server.folder.mkdir()
    server.prepare("MaxSessions 1")
    items = [put_item(f"file{number}", b"x", number) for number in range(100)]

    with server.running(), ScpBackend("nas", server.options(tmp_path / "nas")) as backend:
        outcomes = put_all(backend, items, Limits(requests=6))

    assert {type(outcome.error) for outcome in outcomes} == {type(None)}


@pytest.mark.parametrize("transport", [PARAMIKO, OPENSSH])
def test_a_host_whose_shell_says_something_else_than_sums_is_not_fit_for_exec(tmp_path: Path, transport: str) -> None:
    server = OpenSsh(tmp_path / "ssh")
    server.folder.mkdir()
    shell = tmp_path / "shell"
    shell.write_text(
        '#!/bin/sh\ncase "$SSH_ORIGINAL_COMMAND" in *sftp*) exec $SSH_ORIGINAL_COMMAND;; esac\necho Welcome!\n'
    )
    shell.chmod(0o755)
    server.prepare(f"ForceCommand {shell}")
    with server.running():
        options = server.options(tmp_path / "nas", exec=True, transport=transport)
        with ScpBackend("nas", options, library_id="library-1") as backend:
            report = check(backend)

    assert report.failure is not None
    assert report.failure.name == "measure a file where it lies"
    assert "its shell says 'Welcome!'" in str(report.failure.error)
    assert "exec: false" in str(report.failure.error)


@pytest.mark.parametrize("most", [2, 10])
def test_many_files_that_are_there_already_are_proven_within_the_sessions_that_a_host_opens(
    tmp_path: Path, most: int
) -> None:
    server = OpenSsh(tmp_path / "ssh")
    server.folder.mkdir()
    server.prepare(f"MaxSessions {most}", "LogLevel VERBOSE")
    items = [put_item(f"file{number}", b"x", number) for number in range(60)]

    with server.running(), ScpBackend("nas", server.options(tmp_path / "nas", exec=True)) as backend:
        put_all(backend, items, Limits(requests=32))
        outcomes = put_all(backend, items, Limits(requests=32))

    assert {(type(outcome.error), outcome.existed) for outcome in outcomes} == {(type(None), True)}
    opened = Counter(re.findall(r"Starting session: (subsystem|command)", (server.folder / "sshd.log").read_text()))
    assert 1 <= opened["subsystem"] <= pool.MOST_SESSIONS
    assert 1 <= opened["command"] <= pool.MOST_HASHERS


@pytest.mark.parametrize(("transport", "sessions"), [(OPENSSH, 2), (PARAMIKO, 1)])
def test_many_files_of_a_far_host_come_over_two_sessions_where_one_is_narrow(
    tmp_path: Path, near: LocalBackend, transport: str, sessions: int
) -> None:
    server = OpenSsh(tmp_path / "ssh")
    server.folder.mkdir()
    server.prepare("LogLevel VERBOSE")
    names = [f"file{number}" for number in range(120)]
    (tmp_path / "nas").mkdir()
    for name in names:
        (tmp_path / "nas" / name).write_bytes(b"x")
    items = [GetItem(name, content_of(b"x"), near, name, id=number) for number, name in enumerate(names)]

    with server.running(), Relay(server.port, delay_s=0.01) as relay:
        with Line(relay, server, tmp_path / "nas", transport).connect() as nas:
            nas.open()
            outcomes = get_all(nas, items, Limits(requests=16))

        assert {type(outcome.error) for outcome in outcomes} == {type(None)}
        assert relay.connections == 1
        assert (server.folder / "sshd.log").read_text().count("Starting session: subsystem") == sessions
