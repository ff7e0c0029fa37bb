"""What a configuration says of a folder of a host that is reached by SSH."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from audiotui.backends.options.checks import host_problems
from audiotui.backends.options.shapes import Shape, about

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.model import SecretStr

SSH_PORT = 22

PARAMIKO, OPENSSH = TRANSPORTS = ("paramiko", "openssh")
"""What carries the file protocol: an SSH client inside this program, or the ssh program of the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScpOptions:
    """A folder of a host that is reached by SSH."""

    kind: ClassVar[str] = "scp"

    host: str = field(metadata=about(Shape.TEXT, "the host's name, address, or alias of ~/.ssh/config"))
    remote_path: str = field(metadata=about(Shape.TEXT, "the folder on the host that holds the files"))
    user: str = field(default="", metadata=about(Shape.TEXT, "the user there; without one: as ssh does"))
    port: int | None = field(default=None, metadata=about(Shape.PORT, "the port; without one: as ssh does, mostly 22"))
    identity_file: Path | None = field(
        default=None, metadata=about(Shape.PATH, "the private key; without one: that of ~/.ssh/config, or the agent")
    )
    passphrase: SecretStr | None = field(
        default=None,
        metadata=about(Shape.SECRET, "the passphrase of the private key, if it has one and no agent holds the key"),
    )
    known_hosts: Path | None = field(
        default=None, metadata=about(Shape.PATH, "the file of trusted host keys; without one: ssh's own")
    )
    transport: str = field(
        default=PARAMIKO,
        metadata=about(Shape.TEXT, "paramiko, or openssh: your own ssh program with all that its configuration says"),
    )
    exec: bool = field(
        default=False, metadata=about(Shape.FLAG, "true lets the host measure SHA-256 itself, by running sha256sum")
    )
    connect_timeout: int = field(default=10, metadata=about(Shape.PORT, "seconds in which the host must answer"))
    allow_proxycommand: bool = field(
        default=False, metadata=about(Shape.FLAG, "true runs the ProxyCommand that ~/.ssh/config names for the host")
    )

    @property
    def address(self) -> str:
        """Where it is, for people."""
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port not in {None, SSH_PORT} else ""
        return f"{user}{self.host}{port}:{self.remote_path}"

    @property
    def fingerprint(self) -> str:
        """Which target it is; the same for two names of one target."""
        return f"scp:{self.user}@{self.host.lower()}:{self.port or SSH_PORT}:{_plain(self.remote_path)}"

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        yield from host_problems("host", self.host, port=False)
        if self.host.startswith("["):
            yield "host: write an IPv6 address without brackets."
        if not self.remote_path or "\0" in self.remote_path:
            yield "remote_path: it is empty." if not self.remote_path else "remote_path: it has a NUL character."
        if self.port is not None and not 1 <= self.port <= 65535:
            yield f"port: {self.port} is not between 1 and 65535."
        if self.user.startswith("-"):
            yield f"user: {self.user!r} begins with '-'."
        if self.transport not in TRANSPORTS:
            yield f"transport: {self.transport!r} is neither {PARAMIKO} nor {OPENSSH}."
        if self.passphrase and self.transport == OPENSSH:
            yield "passphrase: the ssh program takes none from here; add the key to the agent with ssh-add."
        if not 1 <= self.connect_timeout <= 3600:
            yield f"connect_timeout: {self.connect_timeout} is not between 1 and 3600."


def _plain(path: str) -> str:
    """A path without what leads nowhere else; what ``..`` leads to, links on the host decide."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/"):
        return "".join(f"/{part}" for part in parts)
    return "/".join(parts) or "."
