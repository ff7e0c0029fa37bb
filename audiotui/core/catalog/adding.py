"""New recordings, one or a million: rows, files, copies, tags, history and index of a batch in one transaction."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from audiotui.cleanup import on_failure
from audiotui.core.catalog.batches import ADDED_AT_ONCE, Batches
from audiotui.core.catalog.copies import insert_copies, new_copy_rows
from audiotui.core.catalog.files import INSERT_FILE, FilesPart
from audiotui.core.catalog.identities import find_identity
from audiotui.core.catalog.identity_kinds import AI, HUMAN
from audiotui.core.catalog.prepared import INSERT_RECORDING, Prepared, RowIds, index_row
from audiotui.core.changes import FILES, RECORDINGS, added_together
from audiotui.core.encoding import original_text
from audiotui.core.exact import WITH_UIDS
from audiotui.core.garbage import SeldomCollected
from audiotui.core.index import BULK_SEGMENTS, insert_rows, merge
from audiotui.core.row_edits import next_id, tag_ids
from audiotui.errors import Duplicate
from audiotui.text import briefly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from audiotui.core.catalog.base import Edit
    from audiotui.core.database import sqlite3
    from audiotui.model import NewFile, NewRecording


class AddingPart(FilesPart):
    """Adding recordings, whose files are hashed, probed and safe in a location already."""

    def add_recording(self, new: NewRecording, files: Sequence[NewFile] = ()) -> str:
        """Add a recording with its files; returns its uid. Can be undone: it goes to the trash then.

        Raises:
            InvalidInput: neither text nor file, or a field with a value that cannot be taken.
            IdentityNotFound: an identity does not exist (any more).
            Duplicate: another recording has this uid.
            AlreadyExists: one of its copies lies where a copy of another file is.
        """
        return self.add_recordings([(new, files)])[0]

    def add_recordings(
        self, items: Iterable[tuple[NewRecording, Sequence[NewFile]]], *, record_history: bool = True
    ) -> list[str]:
        """Add any number of recordings in batches; returns their uids in order. Can be undone as one action.

        Items are taken as they come. When one is refused, its batch of up to 4,000 rows is not added, and those before
        it stay. Without ``record_history`` the addition cannot be undone.

        Raises:
            As ``add_recording``.
        """
        uids: list[str] = []
        with ExitStack() as bulk:
            batches = bulk.enter_context(Batches(items, self._clock))
            seldom = None
            if batches.is_bulk:
                bulk.enter_context(self.database.bulk_of_writes())
                seldom = bulk.enter_context(SeldomCollected())
            bulk.enter_context(self.action("add"))
            while batch := batches.take():
                with on_failure(partial(self._add_batch, batch, record_history=record_history)):  # it stays
                    batches.look_ahead()
                self._add_batch(batch, record_history=record_history, meanwhile=batches.prepare_ahead)
                uids += [new.uid for new in batch]
                if seldom is not None:
                    seldom.collect()
        return uids

    def _add_batch(
        self, batch: Sequence[Prepared], *, record_history: bool, meanwhile: Callable[[], object] | None = None
    ) -> None:
        """Add a batch in a transaction; ``meanwhile`` is called before the part of it that is SQLite's alone."""
        with self._edit("add") as edit:
            first_id = self._insert(edit, batch)
            if record_history:
                edit.record(added_together(first_id, len(batch)))
            if meanwhile is not None:
                meanwhile()
            is_bulk = self._action.indexed or _rows_of(batch) >= ADDED_AT_ONCE
            merge(edit.connection, tolerated_segments=BULK_SEGMENTS if is_bulk else 0)
            self._action.indexed += len(batch)

    def _insert(self, edit: Edit, batch: Sequence[Prepared]) -> int:
        connection = edit.connection
        _refuse_known(connection, [new.uid for new in batch if not new.uid_is_new])
        ids = RowIds(
            identities=_identity_ids(connection, batch),
            tags=tag_ids(connection, {tag for new in batch for tag in new.tags}),
            locations=self.locations(),
        )
        first_id = next_id(connection, RECORDINGS)
        numbered = list(enumerate(batch, first_id))
        rows = [
            (row_id, ids.identities[new.ai_identity_uid], ids.identities[new.user_identity_uid], new.uid, *new.columns)
            for row_id, new in numbered
        ]
        connection.executemany(INSERT_RECORDING, rows)
        _add_files(edit, [(row_id, new) for row_id, new in numbered if new.files], ids.locations)
        tagged = [(row_id, ids.tags[tag]) for row_id, new in numbered if new.tags for tag in new.tags]
        connection.executemany("INSERT INTO recording_tags (recording_id, tag_id) VALUES (?, ?)", tagged)
        insert_rows(connection, [index_row(row_id, new, ids) for row_id, new in numbered])
        return first_id


def _rows_of(batch: Sequence[Prepared]) -> int:
    return len(batch) + sum([len(new.files) for new in batch])


def _add_files(edit: Edit, numbered: Sequence[tuple[int, Prepared]], location_ids: Mapping[str, int]) -> None:
    if not numbered:
        return
    file_id = next_id(edit.connection, FILES)
    rows: list[tuple[Any, ...]] = []
    copies: list[tuple[Any, ...]] = []
    for recording_id, new in numbered:
        for file, columns in zip(new.files, new.file_columns, strict=True):
            rows.append((file_id, recording_id, *columns))
            copies += new_copy_rows(file_id, file, location_ids, edit.now_ms)
            file_id += 1
    edit.connection.executemany(INSERT_FILE, rows)
    insert_copies(edit.connection, copies)


def _identity_ids(connection: sqlite3.Connection, batch: Sequence[Prepared]) -> dict[str | None, int | None]:
    ids: dict[str | None, int | None] = {None: None}
    for kind, uids in (
        (AI, {new.ai_identity_uid for new in batch}),
        (HUMAN, {new.user_identity_uid for new in batch}),
    ):
        wanted = json.dumps(list(uids))
        found = f"SELECT uid, id FROM {kind.table} WHERE uid IN (SELECT value FROM json_each(?))"
        ids.update(connection.execute(found, (wanted,)).fetchall())
        ids.update({uid: find_identity(connection, uid, kind)[1] for uid in uids if uid is not None and uid not in ids})
    return ids


def _refuse_known(connection: sqlite3.Connection, uids: Sequence[str]) -> None:
    """Raises Duplicate if a recording has one of these uids, or if one is there twice.

    The index would see it among recordings of about the same age alone. The write lock is held, so no other process can
    add one of them between this look and the insert.
    """
    if not uids:
        return
    known = connection.execute(f"{WITH_UIDS} LIMIT 1", (json.dumps(uids),)).fetchone()
    if known is not None:
        row_id, uid = known
        (title,) = connection.execute("SELECT title FROM recordings WHERE id = ?", (row_id,)).fetchone()
        called = f" ({briefly(original_text(title))})" if title else ""
        raise Duplicate(
            f"There is a recording with the id {uid} already{called}.", "Leave the id out.", existing_uid=uid
        )
    twice, times = Counter(uids).most_common(1)[0]
    if times > 1:
        raise Duplicate(f"Two new recordings have the same id {twice}.", "Leave the ids out.", existing_uid=twice)
