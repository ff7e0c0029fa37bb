"""Keys by which hosts prove who they are: files of known hosts, the verdict on a key, and trusting one.

A key is never accepted silently. The format of the files is that of OpenSSH's sshd(8), section SSH_KNOWN_HOSTS FILE
FORMAT: patterns, hashed names, and the markers ``@revoked`` and ``@cert-authority`` (which is skipped: certificates of
hosts are not understood here).
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import os
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from audiotui.errors import HostKeyChanged, LocationError, UnknownHostKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from audiotui.backends.options import ScpOptions

_REVOKED = "@revoked"


class KeyState(StrEnum):
    """What is known of the key that a host shows."""

    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    """Nobody has ever trusted a key of this host."""
    CHANGED = "changed"
    """Another key of this host was trusted."""
    REVOKED = "revoked"
    """Somebody declared that this key must never be trusted again."""


@dataclass(frozen=True, slots=True)
class HostKey:
    """The public key that a host shows, and what is known of it."""

    known_as: str
    """The host's name in files of known hosts, with its port unless that is 22."""
    kind: str
    """Such as ``ssh-ed25519``."""
    blob: bytes
    state: KeyState = KeyState.UNKNOWN
    trusted: tuple[str, ...] = ()
    """The fingerprints that are trusted for this host."""
    leads_to: str = ""
    """The host that is reached by way of this one (ProxyJump); '' if this is the location's own."""

    @property
    def fingerprint(self) -> str:
        """As ssh and ssh-keygen show it: ``SHA256:`` and 43 characters."""
        return fingerprint_of(self.blob)

    @property
    def host_file(self) -> str:
        """Where a host usually keeps this key of its own, for those who compare the two."""
        kind = self.kind.removeprefix("ssh-").partition("-")[0]
        return f"/etc/ssh/ssh_host_{kind}_key.pub"


class KnownKey(NamedTuple):
    """One line of a file of known hosts that concerns a host."""

    kind: str
    blob: bytes
    is_revoked: bool


def seen_key(options: ScpOptions, *, location: str) -> HostKey:
    """Connect, and look at the key that the host shows, which is sent no credential.

    Where it is reached by way of others, that of the first which is not trusted comes before: they have to let us
    through.

    Raises:
        Unreachable: the host does not answer.
    """
    from audiotui.backends.ssh.inside import look_at_key

    return look_at_key(options, location=location)


def trust(options: ScpOptions, key: HostKey, *, location: str) -> Path:
    """Trust a key of a host from now on, durably; the file that says so.

    Raises:
        HostKeyChanged: another key of this host is trusted, or this one was revoked; a person has to remove that first.
        LocationError: the file cannot be written.
    """
    from audiotui.backends.ssh.target import find_target

    target = find_target(options)
    while target.jump is not None and target.known_as != key.known_as:
        target = target.jump
    path = target.known_hosts[0]
    judged = judge(key, target.known_hosts)
    if judged.state in {KeyState.CHANGED, KeyState.REVOKED}:
        refuse(judged, host=target.host if key.leads_to else options.host, known_hosts=path, location=location)
    if judged.state is KeyState.UNKNOWN:
        try:
            _append(path, f"{key.known_as} {key.kind} {base64.b64encode(key.blob).decode()}\n")
        except OSError as error:
            raise LocationError(
                f"Cannot write the trusted host key of {location} to {path}: {error.strerror}.",
                f"It is a link to {path.resolve()}: make the folder of that, or remove the link."
                if path.is_symlink() and not path.exists()
                else "Check the path and its rights, or give the location another one as known_hosts.",
                location=location,
            ) from error
    return path


def judge(key: HostKey, files: Iterable[Path]) -> HostKey:
    """The same key with its state by some files of known hosts."""
    known = list(known_keys(key.known_as, files))
    trusted = tuple(fingerprint_of(one.blob) for one in known if not one.is_revoked)
    if any(one.is_revoked and one.blob == key.blob for one in known):
        state = KeyState.REVOKED
    elif key.fingerprint in trusted:
        state = KeyState.TRUSTED
    else:
        state = KeyState.CHANGED if trusted else KeyState.UNKNOWN
    return replace(key, state=state, trusted=trusted)


def refuse(key: HostKey, *, host: str, known_hosts: Path, location: str) -> None:
    """Raise what stands for a key that is not trusted; do nothing for one that is."""
    if key.state is KeyState.UNKNOWN:
        raise UnknownHostKey(
            f"The host {host} is not known: its {key.kind} key {key.fingerprint} was never trusted.",
            f"Compare the fingerprint with the host's own, then run: audiotui locations trust {location}",
            location=location,
        )
    if key.state is KeyState.REVOKED:
        raise HostKeyChanged(
            f"The host {host} shows a key that was revoked: {key.fingerprint}. Nothing was sent to it.",
            f"Somebody may be listening. Ask who runs the host; the line that revokes it is in {known_hosts}.",
            location=location,
        )
    if key.state is KeyState.CHANGED:
        raise HostKeyChanged(
            f"The host {host} shows another key than the one that was trusted: {key.kind} {key.fingerprint} "
            f"instead of {' or '.join(key.trusted)}. Nothing was sent to it.",
            f"Somebody may be listening. If the host was really set up anew: ssh-keygen -R '{key.known_as}' "
            f"-f {known_hosts}, then audiotui locations trust {location}",
            location=location,
        )


def known_keys(known_as: str, files: Iterable[Path]) -> Iterator[KnownKey]:
    """The lines about a host; a file that is not there has none, and lines that make no sense are skipped."""
    for path in files:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise LocationError(
                f"Cannot read the trusted host keys in {path}: {error.strerror}.", "Check the path and its rights."
            ) from error
        for line in text.splitlines():
            known = _parse(line, known_as)
            if known is not None:
                yield known


def fingerprint_of(blob: bytes) -> str:
    """The SHA-256 fingerprint of a public key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _parse(line: str, known_as: str) -> KnownKey | None:
    words = line.split()
    marker = words.pop(0) if words and words[0].startswith("@") else ""
    if len(words) < 3 or words[0].startswith("#") or marker not in {"", _REVOKED}:
        return None
    try:
        blob = base64.b64decode(words[2], validate=True)
    except ValueError:
        return None
    return KnownKey(words[1], blob, marker == _REVOKED) if _fits(words[0], known_as) else None


def _fits(names: str, known_as: str) -> bool:
    """Whether a list of patterns, or one hashed name, means the host."""
    if names.startswith("|1|"):
        return _is_hash_of(names, known_as)
    fits = False
    for name in names.lower().split(","):
        # Brackets are part of a name here, and of a pattern to fnmatch.
        pattern = name.removeprefix("!").replace("[", "[[]")
        if fnmatchcase(known_as.lower(), pattern):
            if name.startswith("!"):
                return False
            fits = True
    return fits


def _is_hash_of(hashed: str, known_as: str) -> bool:
    try:
        _, _, salt, digest = hashed.split("|")
        wanted = base64.b64decode(digest, validate=True)
        made = hmac.new(base64.b64decode(salt, validate=True), known_as.lower().encode(), hashlib.sha1).digest()
    except ValueError:
        return False
    return hmac.compare_digest(wanted, made)


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        begins_line = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
        os.write(descriptor, (line if begins_line else f"\n{line}").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
