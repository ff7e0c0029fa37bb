"""Which host a location means: its options, completed by what ``~/.ssh/config`` says of the host's alias.

Nothing of that file is ever run: ``Match exec`` blocks are skipped, and a ProxyCommand counts only if the location
allows it.
"""

from __future__ import annotations

import io
import logging
import os
import pwd
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotui.backends.options.scp import SSH_PORT
from audiotui.errors import LocationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audiotui.backends.options import ScpOptions
    from audiotui.model import SecretStr

log = logging.getLogger(__name__)

_MOST_JUMPS = 4
_MOST_INCLUDES = 8

SYSTEM_KNOWN_HOSTS = Path("/etc/ssh/ssh_known_hosts")


@dataclass(frozen=True, slots=True)
class Target:
    """A host with all that is needed to connect to it."""

    host: str
    port: int
    user: str
    known_as: str
    """The name under which its key is looked up."""
    known_hosts: tuple[Path, ...]
    """Files of trusted keys; the first is the one that new keys are written to."""
    identity_files: tuple[Path, ...] = ()
    identity_is_chosen: bool = False
    """True if the location itself names the key: then no other one is tried."""
    passphrase: SecretStr | None = None
    proxy_command: str = ""
    jump: Target | None = None
    connect_timeout_s: float = 10.0


def find_target(options: ScpOptions, *, home: Path | None = None) -> Target:
    """The host that a location means; ``home`` is where ``.ssh`` lies.

    Raises:
        LocationError: ssh's configuration cannot be used, or jumps in circles.
    """
    home = home or Path.home()
    return _Finder(options, home).find(options.host, options.port, options.user, jumps=0)


class _Finder:
    """Reads the options of a location and of the user's own configuration of ssh together."""

    def __init__(self, options: ScpOptions, home: Path) -> None:
        self._options = options
        self._home = home
        self._config = _read_config(home / ".ssh" / "config")

    def find(self, alias: str, port: int | None, user: str, *, jumps: int) -> Target:
        """The target that a name stands for, ``jumps`` hosts away from the one that was asked for."""
        options, said = self._options, self._config.lookup(alias)
        host = said.get("hostname", alias)
        port = port or int(said.get("port", SSH_PORT))
        is_end = jumps == 0
        chosen = options.identity_file if is_end else None
        return Target(
            host=host,
            port=port,
            user=user or said.get("user") or pwd.getpwuid(os.getuid()).pw_name,
            known_as=said.get("hostkeyalias") or name_of(host, port),
            known_hosts=self._known_hosts(said),
            identity_files=(chosen,) if chosen else tuple(map(Path, said.get("identityfile", ()))),
            identity_is_chosen=chosen is not None,
            passphrase=options.passphrase if is_end else None,
            proxy_command=self._proxy_command(alias, said),
            jump=self._jump(said.get("proxyjump", ""), jumps),
            connect_timeout_s=options.connect_timeout,
        )

    def _known_hosts(self, said: dict[str, Any]) -> tuple[Path, ...]:
        if self._options.known_hosts is not None:
            return (self._options.known_hosts,)
        named = said.get("userknownhostsfile", "").split()
        files = [Path(name).expanduser() for name in named] or [self._home / ".ssh" / "known_hosts"]
        return (*files, SYSTEM_KNOWN_HOSTS)

    def _proxy_command(self, alias: str, said: dict[str, Any]) -> str:
        command = str(said.get("proxycommand", ""))
        if not command or command.lower() == "none" or said.get("proxyjump"):
            return ""
        if self._options.allow_proxycommand:
            return command
        log.warning("The ProxyCommand that ~/.ssh/config has for %s is not run: allow_proxycommand is not set.", alias)
        return ""

    def _jump(self, said: str, jumps: int) -> Target | None:
        """The last host of ProxyJump; those before it are the ones that it is reached by."""
        if not said or said.lower() == "none":
            return None
        if jumps >= _MOST_JUMPS or "," in said:
            raise LocationError(
                f"Cannot use the ProxyJump {said!r} of ~/.ssh/config: it names several hosts, or jumps in circles.",
                "Use transport: openssh, or give each host its own ProxyJump.",
            )
        user, _, place = said.rpartition("@")
        host, _, port = place.rpartition(":") if place.rpartition(":")[2].isdecimal() else (place, "", "")
        return self.find(host.strip("[]"), int(port) if port else None, user, jumps=jumps + 1)


def name_of(host: str, port: int) -> str:
    """How a host is called in files of known hosts."""
    return host.lower() if port == SSH_PORT else f"[{host.lower()}]:{port}"


def _read_config(path: Path) -> Any:
    """What a person has configured for ssh, without the parts that run commands."""
    from paramiko import SSHConfig
    from paramiko.ssh_exception import ConfigParseError

    config = SSHConfig()
    try:
        config.parse(io.StringIO("".join(_without_commands(_lines(path, path.parent)))))
    except (OSError, ConfigParseError) as error:
        raise LocationError(f"Cannot read {path}: {error}.", "Correct the file; ssh itself reads it too.") from error
    return config


def _lines(path: Path, folder: Path, depth: int = 0) -> Iterator[str]:
    """The lines of a file, with those of the files that it includes; none of a file that is not there.

    Relative names of included files begin at ``folder``, wherever they are included from.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines(keepends=True):
        keyword, rest = _words(line)
        if keyword != "include":
            yield line
        elif depth < _MOST_INCLUDES:
            for pattern in rest.split():
                place = folder / Path(pattern.strip('"')).expanduser()
                for name in sorted(glob(str(place))):  # noqa: PTH207 - a Path globs no absolute pattern
                    yield from _lines(Path(name), folder, depth + 1)


def _without_commands(lines: Iterable[str]) -> Iterator[str]:
    """The lines outside ``Match`` blocks that would run a command to learn whether they apply."""
    skipped = False
    for line in lines:
        keyword, rest = _words(line)
        if keyword in {"host", "match"}:
            skipped = keyword == "match" and "exec" in rest.lower().split()
            if skipped:
                log.warning("A 'Match exec' block of ~/.ssh/config is not used: no command is run to read it.")
        if not skipped:
            yield line if line.endswith("\n") else f"{line}\n"


def _words(line: str) -> tuple[str, str]:
    """The keyword of a line of the configuration, in lower case, and what follows."""
    keyword, _, rest = line.strip().replace("=", " ", 1).replace("\t", " ").partition(" ")
    return keyword.lower(), rest
