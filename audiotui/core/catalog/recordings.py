"""Recordings: finding one by its id or its text, reading it whole, and editing many at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from audiotui.core.catalog import fields
from audiotui.core.catalog.base import BATCH_ROWS, EDITED_AT_ONCE, CatalogPart, Edit
from audiotui.core.catalog.identities import find_identity
from audiotui.core.catalog.identity_kinds import AI, HUMAN
from audiotui.core.catalog.lookup import ambiguity, not_found, recordings_with_prefix, uid_prefix
from audiotui.core.catalog.values import load_recordings
from audiotui.core.changes import RECORDINGS, RowChange
from audiotui.core.encoding import original_json, original_text
from audiotui.core.exact import SAME_HASH
from audiotui.core.row_edits import TAGS, chunks, first_without_file, read_columns, write_recordings
from audiotui.errors import AmbiguousId, InvalidInput, RecordingNotFound
from audiotui.text import briefly, normalise_text, text_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from audiotui.core.database import sqlite3
    from audiotui.model import Recording

_LINKS = {"ai_identity_uid": AI, "user_identity_uid": HUMAN}


class RecordingsPart(CatalogPart):
    """Reading and editing recordings. Inside the program they go by row id, which ``resolve_recording`` gives."""

    def resolve_recording(self, id_or_prefix: str, *, trashed: bool = False) -> int:
        """The row id of the recording whose uid is, or begins with, this; with ``trashed``, the trash is looked at too.

        Raises:
            RecordingNotFound, AmbiguousId: none, or several fit.
        """
        prefix = uid_prefix(id_or_prefix)
        condition = "TRUE" if trashed else "deleted_at IS NULL"
        with self.database.read() as connection:
            found = recordings_with_prefix(connection, prefix, condition) if prefix else []
            if not found:
                in_trash = prefix is not None and recordings_with_prefix(connection, prefix)
                hint = f"It is in the trash: audiotui restore-recording {id_or_prefix.strip()}" if in_trash else ""
                raise not_found(RecordingNotFound, "recording", id_or_prefix, hint)
        if len(found) > 1:
            raise AmbiguousId(*ambiguity("recordings", id_or_prefix, [uid for _, uid in found]))
        return found[0][0]

    def recording(self, uid_or_prefix: str, *, trashed: bool = True) -> Recording:
        """A whole recording. Its identities come without their numbers of recordings.

        Raises:
            RecordingNotFound, AmbiguousId: none, or several fit.
        """
        with self.database.read() as connection:
            return load_recordings(connection, [self.resolve_recording(uid_or_prefix, trashed=trashed)])[0]

    def recordings_by_ids(self, ids: Sequence[int]) -> list[Recording]:
        """Whole recordings in the order of their row ids; those that do not exist any more are left out.

        ``files`` holds former versions and removed files too: audio first, then by kind, the newest version first.
        """
        with self.database.read() as connection:
            return load_recordings(connection, ids)

    def find_exact_text(self, text: str) -> int | None:
        """The newest recording outside the trash whose text is the same, as ``text.normalise_text`` sees it."""
        fields.text("text", text)
        wanted = text_hash(text)
        if wanted is None:
            return None
        normalised = normalise_text(text)
        with self.database.read() as connection:
            rows = connection.execute(SAME_HASH, (wanted, -1))
            same = (row_id for row_id, stored in rows if normalise_text(original_text(stored)) == normalised)
            return next(same, None)

    def edit_recordings(
        self,
        ids: Sequence[int],
        changes: Mapping[str, Any],
        *,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
        update_metadata: Mapping[str, Any] | None = None,
        remove_metadata: Collection[str] = (),
    ) -> int:
        """Change the same fields of recordings, as one action that can be undone; returns how many were different.

        Besides the plain fields: ``tags`` replaces all tags, ``ai_identity_uid`` and ``user_identity_uid`` take a uid,
        a prefix or None. ``update_metadata`` sets single values of the metadata and ``remove_metadata`` drops some;
        like adding tags, that loses nothing that another process changes at the same time.

        More than 2,000 recordings are changed in several transactions.

        Raises:
            InvalidInput: an unknown field, a value that cannot be taken, or no text for a recording without files;
                nothing is changed.
            RecordingNotFound: none of the recordings exists any more.
            IdentityNotFound, AmbiguousId: no identity, or several, have the id.
        """
        wanted = _Wanted(
            columns=fields.clean(
                fields.RECORDING_FIELDS, {name: changes[name] for name in changes if name not in {*_LINKS, TAGS}}
            ),
            tags=fields.tags("tags", changes[TAGS]) if TAGS in changes else None,
            add_tags=fields.tags("tags", add_tags),
            remove_tags=frozenset(fields.tags("tags", remove_tags)),
            update_metadata=original_json(fields.json_object("metadata", update_metadata or {})),
            remove_metadata=frozenset(remove_metadata),
        )
        found = changed = 0
        batches = list(chunks(dict.fromkeys(ids), EDITED_AT_ONCE))
        if len(batches) > 1:
            for batch in batches:  # first of all, so that one of the last does not leave the edit half done
                with self.database.read() as connection:
                    wanted.refuse_empty(connection, batch)
        with self.action("edit"):
            for batch in batches:
                with self._edit("edit") as edit:
                    wanted.refuse_empty(edit.connection, batch)
                    linked = wanted.with_columns(_link_columns(edit.connection, changes))
                    for chunk in chunks(batch, BATCH_ROWS):
                        numbers = _edit_chunk(edit, chunk, linked)
                        found, changed = found + numbers[0], changed + numbers[1]
        if ids and not found:
            raise RecordingNotFound(
                "Nothing was changed, because what was to be changed was purged meanwhile.",
                "List the recordings to see what is there.",
            )
        return changed


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What an edit makes of each recording; every value is checked already."""

    columns: dict[str, Any]
    tags: list[str] | None
    add_tags: list[str]
    remove_tags: frozenset[str]
    update_metadata: dict[str, Any]
    remove_metadata: frozenset[str]

    def refuse_empty(self, connection: sqlite3.Connection, ids: Collection[int]) -> None:
        """Raise InvalidInput if the edit would leave one of these recordings with neither a text nor a file."""
        clears_text = "text" in self.columns and not original_text(self.columns["text"]).strip()
        uid = first_without_file(connection, ids) if clears_text else None
        if uid is not None:
            raise fields.empty_recording(uid)

    def with_columns(self, columns: Mapping[str, Any]) -> _Wanted:
        """The same with further columns."""
        return replace(self, columns={**self.columns, **columns})

    @property
    def touched(self) -> list[str]:
        """The columns, ``tags`` among them, that may change."""
        names = dict.fromkeys(self.columns)
        if self.update_metadata or self.remove_metadata:
            names["metadata"] = None
        if self.tags is not None or self.add_tags or self.remove_tags:
            names[TAGS] = None
        return list(names)

    def after(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The values of ``touched`` after the edit, from those before it."""
        after = {**before, **self.columns}
        if self.update_metadata or self.remove_metadata:
            metadata = {**original_json(after["metadata"]), **self.update_metadata}
            kept = {name: value for name, value in metadata.items() if name not in self.remove_metadata}
            after["metadata"] = fields.json_object("metadata", kept)
        if TAGS in after:
            tags = {*(after[TAGS] if self.tags is None else self.tags), *self.add_tags}
            after[TAGS] = sorted(tags - self.remove_tags)
        return after


def _edit_chunk(edit: Edit, ids: Sequence[int], wanted: _Wanted) -> tuple[int, int]:
    present = read_columns(edit.connection, RECORDINGS, ids, wanted.touched)
    changed: dict[int, dict[str, Any]] = {}
    for row_id, before in present.items():
        after = wanted.after(before)
        names = [name for name, value in after.items() if value != before[name]]
        if names:
            changed[row_id] = {name: after[name] for name in names}
            edit.record(RowChange(RECORDINGS, row_id, {name: before[name] for name in names}, changed[row_id]))
    write_recordings(edit.connection, changed, edit.now_ms)
    edit.touch(changed)
    return len(present), len(changed)


def _link_columns(connection: sqlite3.Connection, changes: Mapping[str, Any]) -> dict[str, int | None]:
    columns: dict[str, int | None] = {}
    for name, kind in _LINKS.items():
        if name in changes:
            uid = changes[name]
            if uid is not None and not isinstance(uid, str):
                raise InvalidInput(f"Cannot take {name} {briefly(uid)}: it is no id.", "Give the identity's id.")
            columns[kind.link] = None if uid is None else find_identity(connection, uid, kind)[1]
    return columns
