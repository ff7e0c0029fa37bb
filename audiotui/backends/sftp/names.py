"""Where keys lie on the host: between the keys of a location and the paths that its server knows."""

from __future__ import annotations

from typing import NamedTuple

from audiotui.backends.keys import key_problem


class Root(NamedTuple):
    """The folder of a location on its host; a relative one is taken from the user's home folder there."""

    path: bytes

    @classmethod
    def at(cls, remote_path: str) -> Root:
        """The root that a configuration names; ``~/`` is where a relative path begins anyway."""
        inside_home = remote_path.removeprefix("~/") if remote_path != "~" else "."
        return cls((inside_home.rstrip("/") or ("/" if remote_path.startswith("/") else ".")).encode())

    def of(self, key: str) -> bytes:
        """The path of a key, or of a folder of keys; '' is the root itself."""
        if not key:
            return self.path
        return self.path.rstrip(b"/") + b"/" + key.encode()

    def above(self) -> list[bytes]:
        """The folders from the outermost to the root itself, for making those that are missing."""
        parts = self.path.split(b"/")
        return [b"/".join(parts[: end + 1]) for end in range(len(parts)) if parts[end] not in {b"", b"."}]


def parent_of(key: str) -> str:
    """The folder part of a key; '' for the root."""
    return key.rpartition("/")[0]


def child(folder: str, name: bytes) -> str:
    """The key of something that a listing of a folder names; '' if no key can name it.

    A server may claim any name; one with a slash or of dots would lead elsewhere.
    """
    if b"/" in name or name in {b"", b".", b".."}:
        return ""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return ""
    return f"{folder}/{text}" if folder else text


def can_hold(folder: str, prefix: str) -> bool:
    """Whether keys that begin with the prefix may lie in a folder."""
    inside = f"{folder}/"
    return (inside.startswith(prefix) or prefix.startswith(inside)) and not key_problem(folder)
