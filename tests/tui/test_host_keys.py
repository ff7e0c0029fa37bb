"""A host that nobody trusts yet: the app says so, shows its key, and uses it once a person trusts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from audiotui.config.drafts import LocationDraft
from tests.servers.openssh import OpenSsh
from tests.tui.driving import LARGE, SIZES, driven
from tests.tui.small_library import make_small_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OpenSsh]:
    folder = tmp_path / "sshd"
    folder.mkdir()
    server = OpenSsh(folder)
    server.prepare()
    with server.running():
        yield server


@pytest.fixture
def manager(tmp_path: Path, server: OpenSsh) -> Iterator[AudioManager]:
    options = server.options(tmp_path / "remote")
    values = {
        "host": options.host,
        "port": str(options.port),
        "user": options.user,
        "identity_file": str(options.identity_file),
        "known_hosts": str(tmp_path / "known_hosts"),
        "remote_path": options.remote_path,
    }
    with AudioManager(make_small_library(tmp_path), actor="app") as manager:
        manager.save_location(LocationDraft("nas", "scp", values), is_new=True)
        yield manager


@SIZES
async def test_an_unknown_host_is_looked_at_and_trusted(
    manager: AudioManager, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with driven(manager, size=size) as driver:
        await driver.press("4", "G")
        await driver.until_text("▸   nas", "✗ untrusted")
        await driver.press("t")
        await driver.until_text("Host key of nas", "SHA256:", "Nobody has trusted a key", "Trust it")
        assert not (tmp_path / "known_hosts").exists()
        await driver.press("y")
        await driver.until_text("is trusted now")

        await driver.until_text("ok  ")
        assert "ssh-ed25519" in (tmp_path / "known_hosts").read_text()


async def test_a_changed_key_cannot_be_trusted_here(manager: AudioManager, tmp_path: Path, server: OpenSsh) -> None:
    other = (server.folder / "stranger.pub").read_text().split()
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {other[0]} {other[1]}\n")
    async with driven(manager, size=LARGE) as driver:
        await driver.press("4", "G")
        await driver.until_text("▸   nas", "✗ untrusted")
        await driver.press("t")
        await driver.until_text("Another key is trusted for this host", "ssh-keygen -R")

        assert "Trust it" not in driver.text


async def test_a_host_on_the_way_is_trusted_first_and_then_the_one_behind_it(
    manager: AudioManager, tmp_path: Path, server: OpenSsh
) -> None:
    folder = tmp_path / "home" / ".ssh"
    folder.mkdir(parents=True, exist_ok=True)
    host = f"  HostName 127.0.0.1\n  Port {server.port}\n  IdentityFile {server.identity}\n"
    (folder / "config").write_text(
        f"Host gate\n{host}  HostKeyAlias the-gate\nHost inner\n{host}  HostKeyAlias the-inner\n  ProxyJump gate\n"
    )
    values = {"host": "inner", "remote_path": str(tmp_path / "remote"), "known_hosts": str(tmp_path / "known_hosts")}
    manager.save_location(LocationDraft("nas", "scp", values), is_new=False)
    async with driven(manager, size=LARGE) as driver:
        await driver.press("4", "G")
        await driver.until_text("▸   nas", "✗ untrusted")
        await driver.press("t")
        await driver.until_text("the-gate, on the way to the-inner, shows this key")
        await driver.press("y")
        await driver.until_text("the-inner shows this key", "Trust it")
        await driver.press("y")

        await driver.until_text("ok  ")
        known = (tmp_path / "known_hosts").read_text().splitlines()
        assert [line.split()[0] for line in known] == ["the-gate", "the-inner"]
