"""What looks at copies showed, written down only where the catalog still believes what it did before the look.

A look takes time. Meanwhile a transfer may have stored the copy anew, a drop may have moved it to the trash, or a purge
may have forgotten it; then what was seen says nothing any more.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from audiotui.core.catalog.base import BATCH_ROWS, CatalogPart
from audiotui.core.catalog.copies import mark_files_dirty
from audiotui.core.catalog.values import load_copies, load_files
from audiotui.core.encoding import original_text, stored_text, to_ms
from audiotui.core.exact import WITH_UIDS
from audiotui.core.row_edits import chunks
from audiotui.errors import CatalogNotDurable
from audiotui.model import CopyState, VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from audiotui.core.database import sqlite3
    from audiotui.model import Copy, RecordingFile


class Belief(NamedTuple):
    """What the catalog holds of a copy, as far as it tells one that was stored, proven or moved since."""

    file_id: int
    key: str
    state: str
    verified_at_ms: int | None
    etag: str

    @classmethod
    def of(cls, copy: Copy) -> Belief:
        """The belief in a copy that was read from the catalog."""
        verified_at_ms = None if copy.verified_at is None else to_ms(copy.verified_at)
        return cls(copy.file_id, copy.key, copy.state.value, verified_at_ms, copy.etag)


class Look(NamedTuple):
    """What a look at one copy showed, and what the catalog believed before."""

    copy_id: int
    before: Belief
    state: CopyState
    level: VerifyLevel | None = None
    """How far it was proven just now; None says nothing about that, and NONE that earlier proofs no longer hold."""
    etag: str = ""
    version_id: str = ""
    tried: VerifyLevel | None = None
    """How far it was to be proven, whatever came of it; None if the look was for something else than a proof."""
    is_stored_anew: bool = False
    """Whether its bytes were put there just now, so that what was found before says nothing of them."""

    @property
    def is_outweighed(self) -> bool:
        """Whether the copy was found damaged, and this look sees less than the one that found it.

        A size that is right never clears damage. A sum that the storage keeps may be as old as the file, and the damage
        younger: it tells something of another version than the proven one alone.
        """
        if self.state is not CopyState.PRESENT or self.before.state != CopyState.DAMAGED or self.is_stored_anew:
            return False
        is_other = bool(self.etag and self.before.etag) and self.etag != self.before.etag
        needed = VerifyLevel.STORAGE_SUM if is_other else VerifyLevel.READ_BACK
        return self.level is None or self.level < needed


class Holder(NamedTuple):
    """The recording that a file belongs to."""

    uid: str
    is_trashed: bool


class CopyToMove(NamedTuple):
    """A copy that is to get another key and state, provided that other copies of its file stay."""

    copy_id: int
    before: Belief
    new_key: str
    new_state: CopyState
    kept: tuple[tuple[int, Belief], ...] = ()
    """Copies, by id, of which at least ``least_kept`` must be as they are believed to be."""
    least_kept: int = 0


class LooksPart(CatalogPart):
    """Writing down looks and moves of copies, each on condition."""

    def note_looks(self, looks: Iterable[Look]) -> list[bool]:
        """Write down what looks showed; for each, whether it still held and is not outweighed.

        A proof is only replaced by one as strong, unless the copy was not present. A look that was to prove as much as
        the catalog knows proven counts as the last one, also if it showed something else. What is damaged has no proof
        any more, wherever it is moved.
        """
        done: list[bool] = []
        for chunk in chunks(looks, BATCH_ROWS):
            with self.database.write() as connection:
                done += [_note(connection, look, self._clock()) for look in chunk]
                mark_files_dirty(connection, [look.before.file_id for look in chunk])
        return done

    def move_copies(self, moves: Sequence[CopyToMove]) -> list[bool]:
        """Give copies other keys and states; for each, whether that was done.

        It is not where the copy, or too many of those to be kept, are not as believed, or where the key is taken. All
        of it is one transaction, so of two processes that each rely on the copy which the other one moves, the second
        is refused. What was written survives a power cut once this returns: effects may follow.

        Raises:
            CatalogNotDurable: it would not; nothing was changed.
        """
        if not moves:
            return []
        done = self._write_moves(moves)
        try:
            self.database.make_durable()
        except CatalogNotDurable:  # whoever asked for it does not go on: then it has to be as it was
            self._write_moves([_undone(move) for move, is_done in zip(moves, done, strict=True) if is_done])
            raise
        return done

    def forget_copy(
        self, copy_id: int, before: Belief, *, kept: Sequence[tuple[int, Belief]] = (), least_kept: int = 0
    ) -> bool:
        """Forget a copy that has no bytes, or is about to lose them; whether that was done.

        It is not where the copy, or too many of those to be kept, are not as believed. What was forgotten survives a
        power cut once this returns.
        """
        values = {"id": copy_id, **_belief_values(before)}
        with self.database.write() as connection:
            if _count_kept(connection, kept) < least_kept:
                return False
            is_done = connection.execute(f"DELETE FROM copies WHERE {_AS_BELIEVED}", values).rowcount == 1
            mark_files_dirty(connection, [before.file_id])
        self.database.make_durable()
        return is_done

    def _write_moves(self, moves: Sequence[CopyToMove]) -> list[bool]:
        with self.database.write() as connection:
            done = [_move(connection, move) for move in moves]
            mark_files_dirty(connection, [move.before.file_id for move in moves])
        return done

    def remembered(self, name: str) -> str | None:
        """What ``remember`` was told under a name; None if nothing."""
        with self.database.read() as connection:
            row = connection.execute("SELECT value FROM library WHERE key = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Keep a fact about the work on the library, such as where it goes on; no edit, and nothing to undo."""
        with self.database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO library (key, value) VALUES (?, ?)", (name, value))

    def copies_by_ids(self, copy_ids: Collection[int]) -> dict[int, Copy]:
        """Copies by id; those that were forgotten are left out."""
        with self.database.read() as connection:
            found = load_copies(connection, "id", copy_ids)
        return {copy.id: copy for several in found.values() for copy in several}

    def trashed_copies(self, location: str) -> list[tuple[str, RecordingFile, Copy]]:
        """What drops put into a location's trash: the recording's uid, the file with all its copies, the copy."""
        with self.database.read() as connection:
            rows = connection.execute(_TRASHED, (stored_text(location),)).fetchall()
            files = load_files(connection, "id", [file_id for _, file_id, _ in rows])
        by_id = {file.id: file for several in files.values() for file in several}
        return [
            (str(uid), by_id[file_id], copy)
            for uid, file_id, copy_id in rows
            for copy in by_id[file_id].copies
            if copy.id == copy_id
        ]

    def files_by_uids(self, uids: Collection[str]) -> dict[str, list[RecordingFile]]:
        """All files, former versions too, of recordings by uid; recordings in the trash are left out."""
        with self.database.read() as connection:
            rows = connection.execute(f"{WITH_UIDS} AND deleted_at IS NULL", (json.dumps(list(uids)),))
            names = {row_id: str(uid) for row_id, uid in rows}
            files = load_files(connection, "recording_id", names.keys())
        return {names[row_id]: several for row_id, several in files.items()}

    def recordings_at(self, location: str, keys: Collection[str]) -> dict[str, Holder]:
        """The recordings whose files lie under keys of a location, as far as the catalog knows any."""
        wanted = json.dumps([stored_text(key) for key in keys])
        with self.database.read() as connection:
            return {
                original_text(key): Holder(str(uid), bool(is_trashed))
                for key, uid, is_trashed in connection.execute(_RECORDINGS_AT, (stored_text(location), wanted))
            }


def _note(connection: sqlite3.Connection, look: Look, now_ms: int) -> bool:
    if look.is_outweighed:
        return False
    before, level = look.before, look.level
    if look.state is CopyState.DAMAGED:
        level = VerifyLevel.NONE
    values = {
        "id": look.copy_id,
        **_belief_values(before),
        "new_state": look.state.value,
        "level": None if level is None else int(level),
        "tried": None if look.tried is None else int(look.tried),
        "now": now_ms,
        "proven_at": now_ms if level else None,
        "new_etag": stored_text(look.etag) or None,
        "new_version": stored_text(look.version_id) or None,
    }
    return connection.execute(_NOTE, values).rowcount == 1


def _move(connection: sqlite3.Connection, move: CopyToMove) -> bool:
    if _count_kept(connection, move.kept) < move.least_kept:
        return False
    values = {
        "id": move.copy_id,
        **_belief_values(move.before),
        "new_key": stored_text(move.new_key),
        "new_state": move.new_state.value,
    }
    sql = f"UPDATE OR IGNORE copies SET key = :new_key, state = :new_state WHERE {_AS_BELIEVED}"
    return connection.execute(sql, values).rowcount == 1


def _undone(move: CopyToMove) -> CopyToMove:
    after = move.before._replace(key=move.new_key, state=move.new_state.value)
    return CopyToMove(move.copy_id, after, move.before.key, CopyState(move.before.state))


def _count_kept(connection: sqlite3.Connection, kept: Sequence[tuple[int, Belief]]) -> int:
    """How many copies are as they are believed to be."""
    sql = f"SELECT count(*) FROM copies WHERE {_AS_BELIEVED}"
    return sum(
        int(connection.execute(sql, {"id": copy_id, **_belief_values(before)}).fetchone()[0])
        for copy_id, before in kept
    )


def _belief_values(before: Belief) -> dict[str, object]:
    return {
        "file_id": before.file_id,
        "key": stored_text(before.key),
        "state": before.state,
        "verified_at": before.verified_at_ms,
        "etag": stored_text(before.etag),
    }


_AS_BELIEVED = """id = :id AND file_id = :file_id AND key = :key AND state = :state
    AND verified_at IS :verified_at AND etag = :etag"""

_IS_WEAKER = "(state = 'present' AND :new_state = 'present' AND verify_level > :level)"

_NOTE = f"""
UPDATE copies SET state = :new_state,
    verify_level = CASE WHEN :level IS NULL OR {_IS_WEAKER} THEN verify_level ELSE :level END,
    verified_at = CASE WHEN :level IS NULL OR {_IS_WEAKER} THEN verified_at ELSE :proven_at END,
    looked_at = CASE WHEN :tried >= verify_level THEN :now ELSE looked_at END,
    etag = coalesce(:new_etag, etag), version_id = coalesce(:new_version, version_id)
WHERE {_AS_BELIEVED}
"""

_TRASHED = """
SELECT r.uid, f.id, c.id FROM copies AS c
JOIN locations AS l ON l.id = c.location_id
JOIN recording_files AS f ON f.id = c.file_id
JOIN recordings AS r ON r.id = f.recording_id
WHERE l.name = ? AND c.state = 'trashed' ORDER BY c.id
"""

_RECORDINGS_AT = """
SELECT c.key, r.uid, r.deleted_at IS NOT NULL FROM copies AS c
JOIN locations AS l ON l.id = c.location_id
JOIN recording_files AS f ON f.id = c.file_id
JOIN recordings AS r ON r.id = f.recording_id
WHERE l.name = ? AND c.key IN (SELECT value FROM json_each(?))
"""
