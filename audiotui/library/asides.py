"""What repairs take out of the storage: it lies in the location's trash, and comes back where a document needs it.

The names there are those of drops (``transfer.trashkeys``). Nothing here empties the trash: of what no recording is
known, ``sweep`` tells, and a person decides.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from audiotui.backends.proof import prove
from audiotui.errors import IntegrityError, KeyNotFound
from audiotui.library.shelf import content_of
from audiotui.model import VerifyLevel
from audiotui.transfer import trashkeys

if TYPE_CHECKING:
    from audiotui.backends.items import Entry
    from audiotui.documents.asset import StoredFile
    from audiotui.library.parts import Parts


class Asides:
    """The storage's trash, for one repair: it is listed once, and only if something is missed."""

    def __init__(self, parts: Parts) -> None:
        self._shelf = parts.shelf
        self._library_id = parts.manager.catalog.library_id
        self._clock = parts.clock
        self._listed: dict[str, list[str]] | None = None

    def put(self, entry: Entry) -> str:
        """Set aside what was listed or looked at, unless it is another file by now; its key there.

        Raises:
            LocationError, SourceChanged: that is not possible.
        """
        key = trashkeys.trash_key(entry.key, self._library_id, self._clock())
        self._shelf.backend.move(entry.key, key, if_etag=entry.etag)
        return key

    def put_back(self, key: str) -> None:
        """Give what was set aside the key that it had.

        Raises:
            AlreadyExists: that is taken.
        """
        self._shelf.backend.move(key, trashkeys.former_key(key))

    def give_back(self, file: StoredFile) -> bool:
        """Whether a file that is lost was found here, whoever set it aside, and is under its key again.

        Raises:
            LocationError: the storage does not answer.
        """
        for key in self._by_former_key().get(self._shelf.location_key(file), []):
            try:
                prove(self._shelf.backend, key, content_of(file), level=VerifyLevel.STORAGE_SUM)
            except (KeyNotFound, IntegrityError):
                continue
            self.put_back(key)
            return True
        return False

    def _by_former_key(self) -> dict[str, list[str]]:
        if self._listed is None:
            self._listed = defaultdict(list)
            for entry in self._shelf.backend.list(trashkeys.FOLDER):
                self._listed[trashkeys.former_key(entry.key)].append(entry.key)
        return self._listed
