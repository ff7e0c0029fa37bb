"""``locations trust``: nothing is trusted without a fingerprint that a person has seen, and no changed key ever."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.openssh import OpenSsh

    from .conftest import InTerminal, Run

QUESTION = b"Is SHA256:"


@pytest.fixture
def trusted(ssh: OpenSsh, config: Path, tmp_path: Path) -> Path:
    """The file of trusted keys of a location ``nas``, not there yet."""
    options = ssh.options(tmp_path / "far", known_hosts=tmp_path / "trusted")
    with config.open("a") as file:
        file.write(
            f"    nas: {{type: scp, host: {options.host}, port: {options.port}, user: {options.user}, "
            f"remote_path: '{options.remote_path}', identity_file: '{options.identity_file}', "
            f"known_hosts: '{options.known_hosts}'}}\n"
        )
    return tmp_path / "trusted"


def fingerprint(run: Run) -> str:
    """What the host shows."""
    return str(json.loads(run("locations", "trust", "nas", "--json").out)["fingerprint"])


def test_an_unknown_key_is_asked_about(in_terminal: InTerminal, trusted: Path) -> None:
    declined = in_terminal("locations", "trust", "nas", prompt=QUESTION, typed=b"n\n")
    assert declined.code == 130
    assert not trusted.exists()

    agreed = in_terminal("locations", "trust", "nas", prompt=QUESTION, typed=b"y\n")
    assert agreed.code == 0
    assert trusted.read_text().startswith("[127.0.0.1]:")


def test_without_a_terminal_the_fingerprint_has_to_be_given(run: Run, trusted: Path) -> None:
    refused = run("locations", "trust", "nas")
    assert refused.code == 2
    assert f"--fingerprint {fingerprint(run)}" in refused.err
    assert not trusted.exists()

    assert run("locations", "trust", "nas", "--fingerprint", fingerprint(run)).code == 0
    assert "trusted already" in run("locations", "trust", "nas").err


def test_a_changed_key_is_refused_without_a_question(
    in_terminal: InTerminal, run: Run, ssh: OpenSsh, trusted: Path
) -> None:
    kind, blob, *_ = (ssh.folder / "stranger.pub").read_text().split()
    trusted.write_text(f"[127.0.0.1]:{ssh.port} {kind} {blob}\n")

    screen = in_terminal("locations", "trust", "nas", columns=200)
    assert QUESTION not in screen.raw
    assert screen.code == run("locations", "trust", "nas", "--fingerprint", "").code == 5
    assert f"ssh-keygen -R '[127.0.0.1]:{ssh.port}' -f {trusted}" in run("locations", "trust", "nas").err
    assert trusted.read_text().split() == [f"[127.0.0.1]:{ssh.port}", kind, blob]


def test_the_hosts_on_the_way_come_first(in_terminal: InTerminal, ssh: OpenSsh, config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".ssh"
    folder.mkdir(parents=True, exist_ok=True)
    host = f"  HostName 127.0.0.1\n  Port {ssh.port}\n  IdentityFile {ssh.identity}\n"
    (folder / "config").write_text(
        f"Host gate\n{host}  HostKeyAlias the-gate\nHost inner\n{host}  HostKeyAlias the-inner\n  ProxyJump gate\n"
    )
    with config.open("a") as file:
        file.write(f"    nas: {{type: scp, host: inner, remote_path: '{tmp_path / 'far'}'}}\n")

    screen = in_terminal("locations", "trust", "nas", prompt=QUESTION, typed=b"y\ny\n", columns=200)

    assert screen.code == 0
    assert b"key of the-gate, on the way to nas?" in screen.raw
    assert b"key of nas (the-inner)?" in screen.raw
    assert [line.split()[0] for line in (folder / "known_hosts").read_text().splitlines()] == ["the-gate", "the-inner"]
