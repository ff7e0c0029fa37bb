"""What a configuration says of a folder of a host that is reached by SSH."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from audiotui.backends.options.checks import host_problems
from audiotui.backends.options.shapes import Shape, about

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SSH_PORT = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class ScpOptions:
    """A folder of a host that is reached by SSH."""

    kind: ClassVar[str] = "scp"

    host: str = field(metadata=about(Shape.TEXT, "the host's name, address, or alias of ~/.ssh/config"))
    remote_path: str = field(metadata=about(Shape.TEXT, "the folder on the host that holds the files"))
    user: str = field(default="", metadata=about(Shape.TEXT, "the user there; without one: as ssh does"))
    port: int = field(default=SSH_PORT, metadata=about(Shape.PORT, "the port of the SSH server"))
    identity_file: Path | None = field(
        default=None, metadata=about(Shape.PATH, "the private key; without one: the agent")
    )
    known_hosts: Path | None = field(
        default=None, metadata=about(Shape.PATH, "the file of trusted host keys; without one: ssh's own")
    )

    @property
    def address(self) -> str:
        """Where it is, for people."""
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port != SSH_PORT else ""
        return f"{user}{self.host}{port}:{self.remote_path}"

    @property
    def fingerprint(self) -> str:
        """Which target it is; the same for two names of one target."""
        return f"scp:{self.user}@{self.host.lower()}:{self.port}:{self.remote_path.rstrip('/')}"

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        yield from host_problems("host", self.host, port=False)
        if not self.remote_path or "\0" in self.remote_path:
            yield "remote_path: it is empty." if not self.remote_path else "remote_path: it has a NUL character."
        if not 1 <= self.port <= 65535:
            yield f"port: {self.port} is not between 1 and 65535."
        if self.user.startswith("-"):
            yield f"user: {self.user!r} begins with '-'."
