"""OpenSSH's own server as an ordinary process: own configuration, host key, port and user key, loopback only."""

from __future__ import annotations

import getpass
import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.backends.options import ScpOptions
from tests.servers.process import answers, free_port, program, running
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALL = "apt-get install openssh-server openssh-client"

_FILE_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/sftp-server", "/usr/lib/ssh/sftp-server")


@dataclass
class OpenSsh:
    """A server that can be stopped and started again at its port; all that it needs lies in one folder."""

    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def identity(self) -> Path:
        """The private key that it lets in."""
        return self.folder / "identity"

    @property
    def known_hosts(self) -> Path:
        """A file that trusts its key."""
        return self.folder / "known_hosts"

    def prepare(self, *settings: str) -> None:
        """Write keys and configuration; ``settings`` are lines of it."""
        for name in ("host_key", "identity", "stranger"):
            make_key(self.folder / name)
        (self.folder / "authorized_keys").write_bytes((self.folder / "identity.pub").read_bytes())
        host_key = (self.folder / "host_key.pub").read_text().split()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {host_key[0]} {host_key[1]}\n")
        file_server = next((path for path in _FILE_SERVERS if Path(path).exists()), "internal-sftp")
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.folder / 'host_key'}",
            f"AuthorizedKeysFile {self.folder / 'authorized_keys'}",
            f"PidFile {self.folder / 'sshd.pid'}",
            f"Subsystem sftp {file_server}",
            "AuthenticationMethods publickey",
            "UsePAM no",
            "StrictModes no",
            "MaxStartups 100",
            "PrintMotd no",
            "SetEnv SHLVL=1",  # else bash runs the user's own .bashrc for each session, whatever that does and takes
            *settings,
        ]
        (self.folder / "sshd_config").write_text("\n".join(lines) + "\n")

    @contextmanager
    def running(self) -> Iterator[None]:
        """The server runs inside the block, with the sessions that it starts."""
        Path("/run/sshd").mkdir(exist_ok=True) if os.geteuid() == 0 else None
        command = [program("sshd", install=INSTALL), "-D", "-e", "-f", str(self.folder / "sshd_config")]
        with running(command, log=self.folder / "sshd.log", ready=lambda: answers(self.port)) as process:
            try:
                yield
            finally:
                self._end(process.pid)

    def options(self, remote_path: Path, **changes: object) -> ScpOptions:
        """A location below a folder of this machine, as the server shows it."""
        values: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "identity_file": self.identity,
            "known_hosts": self.known_hosts,
            "remote_path": str(remote_path),
        }
        return ScpOptions(**{**values, **changes})  # type: ignore[arg-type]  # tests name options

    def _end(self, listener: int) -> None:
        """End the sessions too: each has a session of its own, so ending the listener would leave them."""
        sessions = descendants(listener)
        for number in sessions:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(listener, signal.SIGKILL)
        eventually(lambda: not answers(self.port))


def descendants(parent: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError, ValueError, IndexError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [parent]
    for number in found:
        found += [child for child, above in parents.items() if above == number]
    return found[1:]


def make_key(path: Path, *, passphrase: str = "", kind: str = "ed25519") -> None:
    """A new pair of keys."""
    if not path.exists():
        keygen = program("ssh-keygen", install=INSTALL)
        subprocess.run([keygen, "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", str(path)], check=True)
