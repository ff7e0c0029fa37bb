"""Keys in a location's trash: ``.trash/<library>-<time>-<random>/<the key that it had>``.

The name tells whose it is and since when, so that the trash can be emptied, and its files given back, by the names
alone, also where several libraries share a location.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import NamedTuple

from audiotui.backends.keys import MAX_KEY_BYTES

FOLDER = ".trash/"

_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"\.trash/([0-9a-f]{8})-(\d{8}T\d{6}Z)-[0-9a-f]{4}/(.+)", re.DOTALL)


class Trashed(NamedTuple):
    """What the name of a file in the trash says."""

    library: str
    """The first eight characters of the library's id."""
    since: datetime
    key: str
    """The key that it had."""

    def is_of(self, library_id: str) -> bool:
        """Whether this library put it there."""
        return library_id[:8] == self.library


def trash_key(key: str, library_id: str, now: datetime) -> str:
    """A new key in the trash for what has ``key``; a key too long for that keeps its end, which tells files apart."""
    folder = f"{FOLDER}{library_id[:8]}-{now.astimezone(UTC):{_TIME}}-{os.urandom(2).hex()}/"
    room = MAX_KEY_BYTES - len(folder)
    if len(key.encode()) <= room:
        return folder + key
    return folder + key.encode()[-room:].decode(errors="ignore").lstrip("/")


def parse(key: str) -> Trashed | None:
    """What a key in a trash says; None if it is no such key."""
    found = _NAME.fullmatch(key)
    if found is None:
        return None
    try:
        since = datetime.strptime(found[2], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Trashed(found[1], since, found[3])


def former_key(key: str) -> str:
    """The key that something had which may be in a trash now; the key itself if it is not."""
    trashed = parse(key)
    return key if trashed is None else trashed.key
