"""Where keys lie on the host: between the keys of a location and the paths that its server knows."""

from __future__ import annotations

from typing import NamedTuple

from audiotui.backends.keys import RESERVED_PREFIX

LONGEST_PATH = 4_096
"""Of any system's; a server that names longer ones would have folders within folders without end."""


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
        return self.path.rstrip(b"/") + b"/" + key.encode(errors="surrogateescape")

    def above(self) -> list[bytes]:
        """The folders from the outermost to the root itself, for making those that are missing."""
        parts = self.path.split(b"/")
        return [b"/".join(parts[: end + 1]) for end in range(len(parts)) if parts[end] not in {b"", b"."}]


def parent_of(key: str) -> str:
    """The folder part of a key; '' for the root."""
    return key.rpartition("/")[0]


def child(folder: str, name: bytes) -> str:
    """What a listing of a folder names, as a key, though perhaps one that nothing can have; '' if it has no path.

    A server may claim any name; one with a slash or of dots would lead elsewhere.
    """
    if b"/" in name or name in {b"", b".", b".."}:
        return ""
    text = name.decode(errors="surrogateescape")
    return f"{folder}/{text}" if folder else text


def can_hold(folder: str, prefix: str) -> bool:
    """Whether files whose names begin with the prefix may lie in a folder that is not audiotui's own."""
    inside = f"{folder}/"
    is_wanted = inside.startswith(prefix) or prefix.startswith(inside)
    return is_wanted and not folder.startswith(RESERVED_PREFIX) and len(folder) < LONGEST_PATH
