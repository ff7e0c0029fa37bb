"""New recordings, one or a million: rows, files, copies, tags, history and index of a batch in one transaction."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.core.catalog import fields
from audiotui.core.catalog.base import BATCH_ROWS, Edit
from audiotui.core.catalog.copies import copy_rows, upsert_copies
from audiotui.core.catalog.files import INSERT_FILE, FilesPart, copy_updates, file_columns
from audiotui.core.catalog.identities import find_identity
from audiotui.core.catalog.identity_kinds import AI, HUMAN
from audiotui.core.changes import FILES, RECORDINGS, added_together
from audiotui.core.database import sqlite3
from audiotui.core.encoding import original_text, to_ms
from audiotui.core.index import merge, write_rows
from audiotui.core.row_edits import chunks, next_id, tag_ids
from audiotui.errors import Duplicate, InvalidInput
from audiotui.model import AUDIO, CopyUpdate
from audiotui.text import text_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from audiotui.model import NewFile, NewRecording

_COLUMNS = (
    "id, ai_identity_id, user_identity_id, uid, title, text, text_hash, folder, verdict, language, model, "
    "ai_generated, session, rating, notes, generation, metadata, created_at, updated_at, format, duration_s, "
    "sample_rate_hz, channels, size_bytes"
)
_INSERT = f"INSERT INTO recordings ({_COLUMNS}) VALUES ({', '.join('?' * 24)})"


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

        Items are taken as they come. When one is refused, its batch of up to 1,000 is not added, and those before it
        stay. Without ``record_history`` the addition cannot be undone.

        Raises:
            As ``add_recording``.
        """
        uids: list[str] = []
        with self.action("add"):
            for chunk in chunks(items, BATCH_ROWS):
                now_ms = self._clock()
                batch = [_prepare(new, files, now_ms) for new, files in chunk]  # before the write lock is taken
                with self._edit("add") as edit:
                    first_id = self._add_batch(edit, batch)
                    if record_history:
                        edit.record(added_together(first_id, len(batch)))
                uids += [one.uid for one in batch]
        return uids

    def _add_batch(self, edit: Edit, batch: Sequence[_Prepared]) -> int:
        connection = edit.connection
        links = _links(connection, batch)
        first_id = next_id(connection, RECORDINGS)
        rows = [
            (row_id, links[one.ai_identity_uid], links[one.user_identity_uid], one.uid, *one.columns)
            for row_id, one in enumerate(batch, first_id)
        ]
        try:
            connection.executemany(_INSERT, rows)
        except sqlite3.IntegrityError as error:
            raise _duplicate(connection, batch, first_id) from error
        self._add_files(edit, batch, first_id)
        tags = tag_ids(connection, {tag for one in batch for tag in one.tags})
        pairs = [(row_id, tags[tag]) for row_id, one in enumerate(batch, first_id) for tag in one.tags]
        connection.executemany("INSERT INTO recording_tags (recording_id, tag_id) VALUES (?, ?)", pairs)
        write_rows(connection, range(first_id, first_id + len(batch)))
        merge(connection)
        return first_id

    def _add_files(self, edit: Edit, batch: Sequence[_Prepared], first_id: int) -> None:
        file_id = next_id(edit.connection, FILES)
        rows: list[tuple[Any, ...]] = []
        updates: list[CopyUpdate] = []
        for recording_id, one in enumerate(batch, first_id):
            left = Counter(kind for kind, *_ in one.file_columns)  # of each kind, how many are still to come
            versions: Counter[str] = Counter()
            for new, (kind, *columns) in zip(one.files, one.file_columns, strict=True):
                versions[kind] = new.version or versions[kind] + 1
                left[kind] -= 1
                rows.append((file_id, recording_id, kind, versions[kind], int(not left[kind]), *columns))
                updates += copy_updates(file_id, new)
                file_id += 1
        edit.connection.executemany(INSERT_FILE, rows)
        if updates:
            upsert_copies(edit.connection, copy_rows(updates, self.locations(), edit.now_ms))


class _Prepared(NamedTuple):
    """A new recording, checked, with the columns that need no row id."""

    uid: str
    ai_identity_uid: str | None
    user_identity_uid: str | None
    columns: tuple[Any, ...]
    tags: list[str]
    files: Sequence[NewFile]
    file_columns: list[tuple[Any, ...]]


def _prepare(new: NewRecording, files: Sequence[NewFile], now_ms: int) -> _Prepared:
    text = fields.text("text", new.text)
    if not files and not text.strip():
        raise InvalidInput("A recording needs a text or a file, and neither was given.", "Give at least one of them.")
    all_file_columns = [file_columns(file, now_ms) for file in files]
    audio: tuple[Any, ...] = ("", None, None, None, None)
    for kind, _name, size_bytes, _sha256, _parts, audio_format, _codec, *media, _created_at in all_file_columns:
        if kind == AUDIO:
            audio = (audio_format, *media, size_bytes)
    columns = (
        fields.text("title", new.title),
        text,
        text_hash(new.text),
        fields.folder("folder", new.folder),
        fields.verdict("verdict", new.verdict),
        fields.text("language", new.language),
        fields.text("model", new.model),
        fields.flag("ai_generated", new.ai_generated),
        fields.text("session", new.session),
        fields.rating("rating", new.rating),
        fields.text("notes", new.notes),
        fields.json_object("generation", new.generation),
        fields.json_object("metadata", new.metadata),
        now_ms if new.created_at is None else _time_ms(new.created_at),
        now_ms if new.updated_at is None else _time_ms(new.updated_at),
        *audio,
    )
    return _Prepared(
        uid=fields.recording_uid(new.uid),
        ai_identity_uid=new.ai_identity_uid,
        user_identity_uid=new.user_identity_uid,
        columns=columns,
        tags=fields.tags("tags", new.tags) if new.tags else [],
        files=files,
        file_columns=all_file_columns,
    )


def _time_ms(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise InvalidInput(f"Cannot take the time {moment}: it has no time zone.", "Give it in UTC.")
    return to_ms(moment)


def _links(connection: sqlite3.Connection, batch: Sequence[_Prepared]) -> dict[str | None, int | None]:
    links: dict[str | None, int | None] = {None: None}
    for kind, uids in (
        (AI, {one.ai_identity_uid for one in batch}),
        (HUMAN, {one.user_identity_uid for one in batch}),
    ):
        links.update({uid: find_identity(connection, uid, kind)[1] for uid in uids if uid is not None})
    return links


def _duplicate(connection: sqlite3.Connection, batch: Sequence[_Prepared], first_id: int) -> Duplicate:
    uids = Counter(one.uid for one in batch)
    twice = next((uid for uid, number in uids.items() if number > 1), "")
    for uid in uids:
        row = connection.execute("SELECT title FROM recordings WHERE uid = ? AND id < ?", (uid, first_id)).fetchone()
        if row is not None:
            what = f" ({original_text(row[0])!r:.80})" if row[0] else ""
            return Duplicate(
                f"There is a recording with the id {uid} already{what}.", "Leave the id out.", existing_uid=uid
            )
    return Duplicate(f"Two new recordings have the same id {twice}.", "Leave the ids out.", existing_uid=twice)
