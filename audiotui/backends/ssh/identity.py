"""The private keys that may be offered to a host, in order: the location's, those of ssh's own, the agent's."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from audiotui.backends.ssh.failures import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from paramiko import PKey

    from audiotui.backends.ssh.target import Target

MOST_KEYS = 5
"""Servers end the connection after six failed attempts by default."""


def keys_for(target: Target) -> Iterator[PKey]:
    """The keys to be offered, each loaded when its turn has come.

    Raises:
        Refused: the key that the location names cannot be used.
    """
    if target.identity_is_chosen:
        yield _chosen_key(target.identity_files[0], target)
        return
    yield from _keys_of_ssh(target)
    yield from _agent_keys()


def _chosen_key(path: Path, target: Target) -> PKey:
    from paramiko import PasswordRequiredException, SSHException

    try:
        return _load(path, target)
    except PasswordRequiredException as error:
        held = _held_by_agent(path)
        if held is not None:
            return held
        raise Refused(
            f"the key {path} has a passphrase, and no agent holds the key",
            "Run ssh-add with that file, or give the passphrase as passphrase: ${NAME}.",
        ) from error
    except FileNotFoundError as error:
        raise Refused(f"there is no key {path}", "Correct identity_file.") from error
    except (SSHException, ValueError, OSError) as error:
        why = "the passphrase does not open it, or it is damaged" if target.passphrase else "it is no private key"
        raise Refused(f"the key {path} cannot be read: {why}", "Correct identity_file and passphrase.") from error


def _load(path: Path, target: Target) -> PKey:
    """Read a private key, whichever kind it is of, with its certificate if there is one beside it."""
    from paramiko import ECDSAKey, Ed25519Key, PasswordRequiredException, RSAKey, SSHException

    _check_file(path)
    passphrase = target.passphrase.reveal() if target.passphrase else None
    failure: Exception = SSHException("no private key")
    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        try:
            key = kind.from_private_key_file(str(path), passphrase)
        except PasswordRequiredException:
            raise
        except (SSHException, ValueError) as error:
            failure = error
            continue
        certificate = path.with_name(f"{path.name}-cert.pub")
        if certificate.exists():
            key.load_certificate(str(certificate))
        return key
    raise failure


def _check_file(path: Path) -> None:
    """Refuse what cannot be a private key, before its rights are looked at: those of a folder are none of ours."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"the key {path} is no file", "Name the private key as identity_file: a file inside it, perhaps.")
    if path.suffix == ".pub":
        raise Refused(
            f"the key {path} is the public half of one",
            f"Name the private one as identity_file, usually {path.with_suffix('')}.",
        )
    if status.st_mode & 0o077 or status.st_uid not in {os.getuid(), 0}:
        raise Refused(f"others can read the key {path}, or it is not yours", f"Run: chmod 600 {path}")


def _keys_of_ssh(target: Target) -> Iterator[PKey]:
    """Keys that ~/.ssh/config names; those that cannot be loaded without help are left to the agent."""
    from paramiko import SSHException

    for path in target.identity_files:
        try:
            yield _load(path, target)
        except (Refused, SSHException, ValueError, OSError):
            continue


def _agent_keys() -> Iterator[PKey]:
    from paramiko import Agent, SSHException

    try:
        yield from Agent().get_keys()
    except (SSHException, OSError):
        return


def _held_by_agent(path: Path) -> PKey | None:
    """The agent's key that belongs to a key file, by the public half beside it."""
    import base64
    import binascii

    try:
        words = path.with_name(f"{path.name}.pub").read_text(encoding="ascii", errors="replace").split()
        blob = base64.b64decode(words[1])
    except (OSError, IndexError, binascii.Error):
        return None
    return next((key for key in _agent_keys() if key.asbytes() == blob), None)
