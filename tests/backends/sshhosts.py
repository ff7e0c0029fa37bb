"""What tests of SSH hosts need: to open a location once, lines of known hosts, ssh's own configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.backends.scp import ScpBackend

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.backends.options.scp import ScpOptions
    from tests.servers.openssh import OpenSsh


def open_once(options: ScpOptions) -> None:
    with ScpBackend("nas", options):
        pass


def host_line(server: OpenSsh, *, key: str = "host_key", names: str = "") -> str:
    kind, blob, *_ = (server.folder / f"{key}.pub").read_text().split()
    return f"{names or f'[127.0.0.1]:{server.port}'} {kind} {blob}\n"


def changed(options: ScpOptions, **values: object) -> ScpOptions:
    from dataclasses import replace

    return replace(options, **values)  # type: ignore[arg-type]  # tests name options


def ssh_config(tmp_path: Path, text: str) -> None:
    """What stands in the home folder that tests have."""
    folder = tmp_path / "home" / ".ssh"
    folder.mkdir()
    (folder / "config").write_text(text)
