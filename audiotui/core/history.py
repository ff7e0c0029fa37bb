"""The table ``changes``: one user action is a group of changes, so that ``undo.py`` can take it back whole.

``group_id`` is the id of the first change of a group. Groups are ordered by it, never by the clock. ``changes.py`` says
what a change holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiotui.core.changes import RowChange
from audiotui.core.encoding import from_ms, optional_time, original_text, stored_json, stored_text
from audiotui.core.row_edits import next_id
from audiotui.core.summaries import summary
from audiotui.model import Change

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from audiotui.core.database import sqlite3


@dataclass(frozen=True, slots=True)
class Action:
    """Who does something, what it is called, and when it happens."""

    actor: str
    verb: str
    at_ms: int


def write_changes(
    connection: sqlite3.Connection, action: Action, changes: Sequence[RowChange], group_id: int | None = None
) -> int | None:
    """Write changes into a group, None for a new one; returns its id, None if it is new and there are no changes."""
    if not changes:
        return group_id
    first = next_id(connection, "changes")
    group_id = first if group_id is None else group_id
    connection.executemany(
        "INSERT INTO changes (id, group_id, actor, verb, subject, subject_id, before, after, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                number,
                group_id,
                stored_text(action.actor),
                action.verb,
                change.subject,
                change.subject_id,
                None if change.before is None else stored_json(change.before),
                None if change.after is None else stored_json(change.after),
                action.at_ms,
            )
            for number, change in enumerate(changes, first)
        ],
    )
    return group_id


def list_groups(connection: sqlite3.Connection, limit: int | None, offset: int) -> list[Change]:
    """Actions, newest first."""
    rows = connection.execute(_GROUPS, (-1 if limit is None else limit, offset)).fetchall()
    return [_group(connection, row) for row in rows]


def one_group(connection: sqlite3.Connection, group_id: int) -> Change | None:
    """One action; None if there is no such group."""
    row = connection.execute(_ONE_GROUP, (group_id,)).fetchone()
    return None if row is None else _group(connection, row)


def newest_group(connection: sqlite3.Connection, actor: str | None) -> int | None:
    """The newest action, of this actor if one is given, that was not undone; None if there is none."""
    row = connection.execute(
        "SELECT max(group_id) FROM changes WHERE undone_at IS NULL AND (?1 IS NULL OR actor = ?1)",
        (None if actor is None else stored_text(actor),),
    ).fetchone()
    group_id: int | None = row[0]
    return group_id


def open_changes(connection: sqlite3.Connection, group_id: int) -> list[RowChange]:
    """The changes of an action that were not undone yet, last first."""
    rows = connection.execute(
        "SELECT subject, subject_id, before, after FROM changes "
        "WHERE group_id = ? AND undone_at IS NULL ORDER BY id DESC",
        (group_id,),
    )
    return [_change(*row) for row in rows]


def newest_undone(connection: sqlite3.Connection) -> int | None:
    """The action that was undone last, unless something else was done since; None if there is none."""
    undone = connection.execute(
        "SELECT group_id, undone_at FROM changes WHERE undone_at IS NOT NULL ORDER BY undone_at DESC, group_id LIMIT 1"
    ).fetchone()
    if undone is None:
        return None
    later = connection.execute(
        "SELECT 1 FROM changes WHERE group_id > ? AND at > ? AND undone_at IS NULL LIMIT 1", undone
    ).fetchone()
    return None if later else int(undone[0])


def undone_at_ms(connection: sqlite3.Connection, group_id: int) -> int:
    """When an undone action was undone."""
    row = connection.execute("SELECT max(undone_at) FROM changes WHERE group_id = ?", (group_id,)).fetchone()
    return int(row[0])


def undone_changes(connection: sqlite3.Connection, group_id: int) -> list[RowChange]:
    """The changes of an action that were undone, first one first."""
    rows = connection.execute(
        "SELECT subject, subject_id, before, after FROM changes "
        "WHERE group_id = ? AND undone_at IS NOT NULL ORDER BY id",
        (group_id,),
    )
    return [_change(*row) for row in rows]


def mark_redone(connection: sqlite3.Connection, group_id: int) -> None:
    """Note that an undone action was done again."""
    connection.execute("UPDATE changes SET undone_at = NULL WHERE group_id = ?", (group_id,))


def mark_undone(connection: sqlite3.Connection, group_id: int, now_ms: int) -> None:
    """Note that an action was undone."""
    connection.execute("UPDATE changes SET undone_at = ? WHERE group_id = ? AND undone_at IS NULL", (now_ms, group_id))


def erase(connection: sqlite3.Connection, recording_ids: Collection[int]) -> None:
    """Remove what the history holds of these recordings, while their rows are still there."""
    wanted = (json.dumps(list(recording_ids)),)
    connection.execute(
        "DELETE FROM changes WHERE subject = 'recording_files' AND subject_id IN ("
        "SELECT id FROM recording_files WHERE recording_id IN (SELECT value FROM json_each(?)))",
        wanted,
    )
    connection.execute(
        "DELETE FROM changes WHERE subject = 'recordings' AND subject_id IN (SELECT value FROM json_each(?))", wanted
    )


def erase_empty_ranges(connection: sqlite3.Connection, first_id: int, last_id: int) -> None:
    """Forget additions around these ids of which no recording is left."""
    connection.execute(
        "DELETE FROM changes WHERE subject = 'recording_ranges' AND subject_id <= ?2 "
        "AND json_extract(after, '$.through') >= ?1 AND NOT EXISTS ("
        "SELECT 1 FROM recordings WHERE recordings.id BETWEEN subject_id AND json_extract(changes.after, '$.through'))",
        (first_id, last_id),
    )


def _group(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Change:
    group_id, first_id, verb, actor, at, subjects, undone_at = row
    first = connection.execute(
        "SELECT subject, subject_id, before, after FROM changes WHERE id = ?", (first_id,)
    ).fetchone()
    return Change(
        group_id=group_id,
        verb=verb,
        actor=original_text(actor),
        at=from_ms(at),
        summary=summary(connection, verb, _change(*first), subjects),
        subjects=subjects,
        undone_at=optional_time(undone_at),
    )


def _change(subject: str, subject_id: int, before: str | None, after: str | None) -> RowChange:
    return RowChange(
        subject,
        subject_id,
        None if before is None else json.loads(before),
        None if after is None else json.loads(after),
    )


# Of a merge, the recordings count and not the identity that goes. A group that went on growing after it was undone is
# not undone.
_COLUMNS = """
SELECT group_id, min(id), verb, actor, at,
    sum(CASE
        WHEN subject IN ('recording_ranges', 'recording_links') THEN json_extract(after, '$.count')
        ELSE verb <> 'merge-identities'
    END),
    CASE WHEN count(undone_at) = count(*) THEN max(undone_at) END
FROM changes WHERE group_id"""
_GROUPS = f"""{_COLUMNS} IN (SELECT DISTINCT group_id FROM changes ORDER BY group_id DESC LIMIT ? OFFSET ?)
GROUP BY group_id ORDER BY group_id DESC"""
_ONE_GROUP = f"{_COLUMNS} = ? GROUP BY group_id"
