"""Which copies a verification looks at, in its order, with the bytes that they should have."""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.base import Content
from audiotui.core.catalog.looks import Belief
from audiotui.core.encoding import original_text, stored_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from audiotui.core.catalog import Catalog

_CHUNK_COPIES = 500


class CopyToVerify(NamedTuple):
    """One copy and what it should be."""

    copy_id: int
    location: str
    key: str
    managed: bool
    file_id: int
    recording_uid: str
    name: str
    size_bytes: int
    sha256: bytes
    part_sha256: bytes
    before: Belief
    """What the catalog believed before the look."""
    known_missing: bool
    """Whether it is known to be missing while its file is somewhere else: then it is no news."""

    def content(self) -> Content:
        """The bytes that it should have."""
        parts = self.part_sha256
        digests = tuple(parts[at : at + 32].hex() for at in range(0, len(parts), 32))
        return Content(self.size_bytes, self.sha256.hex(), digests)


def ids_to_verify(
    catalog: Catalog,
    locations: Collection[str],
    recording_ids: Collection[int] | None = None,
    *,
    after: int | None = None,
) -> Sequence[int]:
    """The ids of copies that should be there: those never looked at first, then those with the oldest look.

    A proof counts as a look; so does a look that failed or found damage, or bad copies would be in the way of others.

    With ``after`` by id instead: first those beyond this one, then the others.

    Missing copies are among them: their files may be back.
    Eight bytes each, so that a library of a million recordings can be looked at as a whole.
    """
    names = json.dumps([stored_text(name) for name in locations])
    with catalog.database.read() as connection:
        if recording_ids is None:
            rows = connection.execute(_ALL_IDS, (names, None, after))
        else:
            rows = connection.execute(_SOME_IDS, (names, json.dumps(list(recording_ids)), after))
        return array("q", (row[0] for row in rows))


def copies_by_id(catalog: Catalog, copy_ids: Sequence[int]) -> Iterator[CopyToVerify]:
    """Copies in the order of their ids' list; those that are gone by now are left out."""
    for start in range(0, len(copy_ids), _CHUNK_COPIES):
        chunk = list(copy_ids[start : start + _CHUNK_COPIES])
        with catalog.database.read() as connection:
            rows = connection.execute(_COPIES, (json.dumps(chunk),)).fetchall()
        for (
            copy_id,
            location,
            key,
            managed,
            file_id,
            uid,
            name,
            size_bytes,
            sha256,
            parts,
            state,
            proven_ms,
            etag,
            known_missing,
        ) in rows:
            key_text = original_text(key)
            yield CopyToVerify(
                copy_id=copy_id,
                location=original_text(location),
                key=key_text,
                managed=bool(managed),
                file_id=file_id,
                recording_uid=uid,
                name=original_text(name) or key_text.rpartition("/")[2],
                size_bytes=size_bytes,
                sha256=sha256,
                part_sha256=parts or b"",
                before=Belief(file_id, key_text, state, proven_ms, original_text(etag)),
                known_missing=bool(known_missing),
            )


_HERE = "c.state IN ('present', 'damaged', 'missing') AND l.name IN (SELECT value FROM json_each(?1))"
_LAST_LOOK = "max(coalesce(c.looked_at, 0), coalesce(c.verified_at, 0))"
_ORDER = f"ORDER BY ?3 IS NOT NULL AND c.id <= ?3, iif(?3 IS NULL, {_LAST_LOOK}, 0), c.id"

_ALL_IDS = f"SELECT c.id FROM copies AS c JOIN locations AS l ON l.id = c.location_id WHERE {_HERE} {_ORDER}"

_SOME_IDS = f"""
SELECT c.id FROM copies AS c
JOIN locations AS l ON l.id = c.location_id
JOIN recording_files AS f ON f.id = c.file_id
WHERE {_HERE} AND f.recording_id IN (SELECT value FROM json_each(?2)) {_ORDER}
"""

_COPIES = """
SELECT c.id, l.name, c.key, c.managed, f.id, r.uid, f.original_name, f.size_bytes, f.sha256, f.part_sha256,
    c.state, c.verified_at, c.etag, c.state = 'missing' AND EXISTS (
        SELECT 1 FROM copies AS other WHERE other.file_id = c.file_id AND other.state = 'present')
FROM json_each(?) AS wanted
JOIN copies AS c ON c.id = wanted.value
JOIN locations AS l ON l.id = c.location_id
JOIN recording_files AS f ON f.id = c.file_id
JOIN recordings AS r ON r.id = f.recording_id
ORDER BY wanted.key
"""
