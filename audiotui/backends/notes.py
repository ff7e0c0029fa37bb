"""Notes at a location: names that stay there beside the files, that no key can have, and so no listing shows.

Several libraries may leave notes, each its own; none takes one away.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from audiotui.backends.items import NO_ATTRIBUTES
from audiotui.backends.keys import RESERVED_PREFIX, key_problem
from audiotui.backends.openable import Openable
from audiotui.errors import AlreadyExists, KeyNotFound

FOLDER = f"{RESERVED_PREFIX}-notes/"

_TEXT = b"Left by audiotui; the name of this file says all.\n"


class Notes(Openable):
    """The part of ``Backend`` that keeps notes: small files whose names pass the key gate nowhere but here."""

    def leave_note(self, name: str) -> None:
        """Leave a note, durably; does nothing if it is there."""
        key = note_key(name)
        try:
            with self.boundary(key):
                self._stat(key)
        except KeyNotFound:
            sha256 = hashlib.sha256(_TEXT).hexdigest()
            with suppress(AlreadyExists), self.boundary(key):
                self._put_small(key, _TEXT, sha256=sha256, temp="", attributes=NO_ATTRIBUTES, pace=None)

    def notes(self, prefix: str = "") -> frozenset[str]:
        """The notes whose names begin so, whoever left them."""
        with self.boundary(""):
            names = (entry.key.removeprefix(FOLDER) for entry in self._list(note_key(prefix)))
            return frozenset(name for name in names if not key_problem(name))  # unfinished ones are none yet


def note_key(name: str) -> str:
    """What a note is called at its location, for people who want to take it away."""
    return f"{FOLDER}{name}"
