"""One line for people about an action in the history, such as ``changed rating of "Good morning"``.

It may hold text from outside: show it through ``text.safe_text``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audiotui.core.changes import AI_IDENTITIES, FILES, LINKS, RANGES, RECORDINGS, SAVED_SEARCHES, USER_IDENTITIES
from audiotui.core.encoding import original_text

if TYPE_CHECKING:
    from audiotui.core.changes import RowChange
    from audiotui.core.database import sqlite3

_LABEL_LENGTH = 60

_PHRASES = {
    "add": "added {what}",
    "import": "imported {what}",
    "edit": "changed {columns} of {what}",
    "trash": "moved {what} to the trash",
    "restore": "took {what} out of the trash",
    "add-file": "added the {kind} file of {what}",
    "remove-file": "removed the {kind} file of {what}",
    "add-identity": "registered the identity {what}",
    "edit-identity": "changed {columns} of the identity {what}",
    "delete-identity": "deleted the identity {what}",
    "merge-identities": "merged an identity with {what} into {target}",
    "save-search": "saved the search {what}",
    "delete-search": "forgot the search {what}",
}

_LABEL_COLUMNS = {
    RECORDINGS: "coalesce(nullif(title, ''), text)",
    AI_IDENTITIES: "coalesce(nullif(name, ''), nullif(voice, ''), model)",
    USER_IDENTITIES: "coalesce(nullif(trim(first_name || ' ' || middle_name || ' ' || last_name), ''), username)",
}

_COLUMN_NAMES = {"ai_identity_id": "AI identity", "user_identity_id": "user identity", "ai_generated": "AI generated"}
_UNMENTIONED = {"unique_name", "updated_at"}


def summary(connection: sqlite3.Connection, verb: str, change: RowChange, subjects: int) -> str:
    """What an action did, told from its first change and the number of its subjects."""
    phrase = _PHRASES.get(verb, f"{verb}: {{what}}")
    after = change.after or {}
    columns = [_COLUMN_NAMES.get(name, name) for name in {**(change.before or {}), **after} if name not in _UNMENTIONED]
    return phrase.format(
        what=_what(connection, change, subjects),
        columns=", ".join(columns) or "nothing",
        kind=after.get("kind", ""),
        target=_target(connection, after),
    )


def _what(connection: sqlite3.Connection, change: RowChange, subjects: int) -> str:
    values = {**(change.before or {}), **(change.after or {})}
    if change.subject == LINKS or (change.subject in {RANGES, RECORDINGS, FILES} and subjects > 1):
        return f"{subjects:,} recording{'s'[: subjects != 1]}"
    if change.subject == SAVED_SEARCHES:
        return _quoted(values["name"])
    if change.subject == FILES:
        row = connection.execute(
            "SELECT recording_id FROM recording_files WHERE id = ?", (change.subject_id,)
        ).fetchone()
        return _label(connection, RECORDINGS, 0 if row is None else row[0], values)
    table = RECORDINGS if change.subject == RANGES else change.subject
    return _label(connection, table, change.subject_id, values)


def _target(connection: sqlite3.Connection, after: dict[str, Any]) -> str:
    if "target" not in after:
        return ""
    table = AI_IDENTITIES if after["column"] == "ai_identity_id" else USER_IDENTITIES
    return _label(connection, table, after["target"], {})


def _label(connection: sqlite3.Connection, table: str, row_id: int, values: dict[str, Any]) -> str:
    row = connection.execute(f"SELECT {_LABEL_COLUMNS[table]}, uid FROM {table} WHERE id = ?", (row_id,)).fetchone()
    if row is None:  # the row is gone: the history has what it was called
        full_name = " ".join(values[part] for part in ("first_name", "middle_name", "last_name") if values.get(part))
        names = (values.get(name) for name in ("name", "voice", "model", "username"))
        row = (full_name or next(filter(None, names), ""), str(values.get("uid", "")))
    return _quoted(row[0]) if row[0].strip() else row[1][:8]


def _quoted(stored: str) -> str:
    line = " ".join(original_text(stored[: 4 * _LABEL_LENGTH]).split())
    return f'"{line[: _LABEL_LENGTH - 1]}…"' if len(line) > _LABEL_LENGTH else f'"{line}"'
