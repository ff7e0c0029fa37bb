"""The ways to a host that ssh's own configuration knows: aliases, hosts in between, and no commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.backends.hostkeys import KeyState, seen_key, trust
from audiotui.backends.options.scp import ScpOptions
from audiotui.backends.ssh.target import find_target
from audiotui.errors import HostKeyChanged, LocationError, UnknownHostKey, Unreachable
from tests.backends.sshhosts import changed, host_line, open_once, ssh_config
from tests.servers.process import free_port
from tests.servers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from tests.servers.openssh import OpenSsh


def test_an_alias_stands_for_what_ssh_says_of_it(openssh: OpenSsh, sshd: ExitStack, tmp_path: Path) -> None:
    ssh_config(
        tmp_path,
        f"Host studio\n  HostName 127.0.0.1\n  Port {openssh.port}\n  User {openssh.options(tmp_path).user}\n"
        f"  IdentityFile {openssh.identity}\n  UserKnownHostsFile {openssh.known_hosts}\n",
    )

    open_once(ScpOptions(host="studio", remote_path=str(tmp_path / "nas")))


def test_an_alias_may_stand_in_an_included_file(tmp_path: Path) -> None:
    ssh_config(tmp_path, 'Include "hosts.d/*"\nInclude config\nHost other\n  Port 1\n')
    included = tmp_path / "home" / ".ssh" / "hosts.d"
    included.mkdir()
    (included / "studio").write_text("Host studio\n\tPort=2222\n  Compression yes")

    assert find_target(ScpOptions(host="studio", remote_path="x")).port == 2222


def test_a_host_is_reached_by_way_of_another(openssh: OpenSsh, sshd: ExitStack, tmp_path: Path) -> None:
    user = openssh.options(tmp_path).user
    with Relay(openssh.port) as gate:
        trusted = openssh.known_hosts.read_text()
        (tmp_path / "trusted").write_text(trusted + trusted.replace(f":{openssh.port} ", f":{gate.port} "))
        common = f"  User {user}\n  IdentityFile {openssh.identity}\n  UserKnownHostsFile {tmp_path / 'trusted'}\n"
        ssh_config(
            tmp_path,
            f"Host gate\n  HostName 127.0.0.1\n  Port {gate.port}\n{common}"
            f"Host inner\n  HostName 127.0.0.1\n  Port {openssh.port}\n  ProxyJump gate\n{common}",
        )

        open_once(ScpOptions(host="inner", remote_path=str(tmp_path / "nas")))

        assert gate.connections == 1


@pytest.fixture
def gated(openssh: OpenSsh, sshd: ExitStack, tmp_path: Path) -> Iterator[ScpOptions]:
    """A host that is reached by way of another; neither is trusted yet."""
    with Relay(openssh.port) as gate:
        common = f"  User {openssh.options(tmp_path).user}\n  IdentityFile {openssh.identity}\n"
        ssh_config(
            tmp_path,
            f"Host gate\n  HostName 127.0.0.1\n  Port {gate.port}\n  HostKeyAlias the-gate\n{common}"
            f"  UserKnownHostsFile {tmp_path / 'of-gate'}\n"
            f"Host inner\n  HostName 127.0.0.1\n  Port {openssh.port}\n  HostKeyAlias the-inner\n  ProxyJump gate\n"
            f"{common}  UserKnownHostsFile {tmp_path / 'of-inner'}\n",
        )
        yield ScpOptions(host="inner", remote_path=str(tmp_path / "nas"))


def test_hosts_on_the_way_are_trusted_before_the_one_that_they_lead_to(gated: ScpOptions, tmp_path: Path) -> None:
    with pytest.raises(UnknownHostKey, match="is not known: its ssh-ed25519 key"):
        open_once(gated)
    first = seen_key(gated, location="nas")
    assert (first.known_as, first.leads_to, first.state) == ("the-gate", "the-inner", KeyState.UNKNOWN)
    assert trust(gated, first, location="nas") == tmp_path / "of-gate"

    second = seen_key(gated, location="nas")
    assert (second.known_as, second.leads_to, second.state) == ("the-inner", "", KeyState.UNKNOWN)
    assert trust(gated, second, location="nas") == tmp_path / "of-inner"

    open_once(gated)


def test_a_changed_key_on_the_way_is_shown_and_never_trusted(
    gated: ScpOptions, openssh: OpenSsh, tmp_path: Path
) -> None:
    (tmp_path / "of-gate").write_text(host_line(openssh, key="stranger", names="the-gate"))

    key = seen_key(gated, location="nas")
    assert (key.known_as, key.state) == ("the-gate", KeyState.CHANGED)
    with pytest.raises(HostKeyChanged, match="shows another key") as caught:
        trust(gated, key, location="nas")
    assert f"ssh-keygen -R 'the-gate' -f {tmp_path / 'of-gate'}" in caught.value.hint


@pytest.mark.parametrize("host", ["no-such-host.invalid", "127.0.0.1"], ids=["unknown name", "nobody listens"])
def test_a_jump_host_that_cannot_be_reached_is_named(tmp_path: Path, host: str) -> None:
    ssh_config(
        tmp_path, f"Host gate\n  HostName {host}\n  Port {free_port()}\nHost inner\n  ProxyJump gate\n  User nobody\n"
    )
    options = ScpOptions(host="inner", remote_path="x")

    with pytest.raises(Unreachable, match=f"its jump host {host} cannot be reached: "):
        open_once(options)
    with pytest.raises(Unreachable, match=f"its jump host {host} cannot be reached: "):
        seen_key(options, location="nas")


def test_no_command_of_sshs_configuration_is_run_unless_it_is_allowed(openssh: OpenSsh, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    ssh_config(
        tmp_path,
        f'Match exec "touch {trace}"\n  User nobody\nHost studio\n  HostName 127.0.0.1\n  Port {openssh.port}\n'
        f"  ProxyCommand sh -c 'touch {trace}; false'\n  UserKnownHostsFile {openssh.known_hosts}\n",
    )
    options = ScpOptions(host="studio", remote_path="x")

    assert find_target(options).proxy_command == ""
    assert not trace.exists()
    assert "touch" in find_target(changed(options, allow_proxycommand=True)).proxy_command
    with pytest.raises(LocationError):
        open_once(changed(options, allow_proxycommand=True))
    assert trace.exists()


def test_jumps_in_circles_are_refused(tmp_path: Path) -> None:
    ssh_config(tmp_path, "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n")

    with pytest.raises(LocationError, match="circles"):
        find_target(ScpOptions(host="a", remote_path="x"))
