"""Identities: registering, finding, changing, merging and deleting AI voices and people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from audiotui.core.catalog import fields
from audiotui.core.catalog.base import EDITED_AT_ONCE, CatalogPart, Edit
from audiotui.core.catalog.identity_kinds import AI, HUMAN, KINDS, Identity, IdentityKind
from audiotui.core.catalog.lookup import ambiguity, identities_with_prefix, not_found, uid_prefix
from audiotui.core.changes import RowChange, moved_together
from audiotui.core.encoding import original_text, to_ms
from audiotui.errors import AmbiguousId, Duplicate, IdentityInUse, IdentityNotFound, InvalidInput
from audiotui.model import AIIdentity
from audiotui.text import briefly, normalise_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.core.database import Database, sqlite3

_SORTS = ("name", "count", "newest")


class IdentitiesPart(CatalogPart):
    """What the catalog does with identities; ids are uids or unambiguous beginnings of them."""

    def add_ai_identity(
        self,
        model: str,
        voice: str = "",
        *,
        provider: str = "",
        name: str = "",
        version: str = "",
        language: str = "",
        settings: Mapping[str, Any] | None = None,
        notes: str = "",
    ) -> tuple[str, bool]:
        """Register a model and a voice; returns the uid, and whether it is new. Can be undone.

        Provider, model and voice (composed, without white space around them) that are registered already give that
        identity, as it is: the other arguments are for a new one only.

        Raises:
            InvalidInput: there is no model.
        """
        given = {"provider": provider, "model": model, "voice": voice, "name": name, "version": version}
        return self._register(AI, {**given, "language": language, "settings": settings or {}, "notes": notes})

    def add_user_identity(
        self,
        first_name: str = "",
        last_name: str = "",
        *,
        middle_name: str = "",
        username: str = "",
        affiliation: str = "",
        email: str = "",
        language: str = "",
        settings: Mapping[str, Any] | None = None,
        notes: str = "",
    ) -> tuple[str, bool]:
        """Register a person; returns the uid, and whether it is new. Can be undone.

        A username that is registered already, or without one a full name (however spaced or capitalised), gives that
        identity, as it is: the other arguments are for a new one only.

        Raises:
            InvalidInput: there is neither a name nor a username.
        """
        given = {"first_name": first_name, "middle_name": middle_name, "last_name": last_name, "username": username}
        extra = {"affiliation": affiliation, "email": email, "language": language, "notes": notes}
        return self._register(HUMAN, {**given, **extra, "settings": settings or {}})

    def adopt_identity(self, identity: Identity) -> str:
        """Register an identity of another library, with its uid and its times; returns the uid that it has here.

        One that the same things identify stays as it is here; a uid that another identity has is replaced by a new one.
        Can be undone.

        Raises:
            InvalidInput: it has a value that cannot be taken.
        """
        kind = AI if isinstance(identity, AIIdentity) else HUMAN
        return self._register(kind, {name: getattr(identity, name) for name in kind.fields}, like=identity)[0]

    def identity(self, uid_or_prefix: str) -> Identity:
        """One identity with its number of recordings, those in the trash not counted.

        Raises:
            IdentityNotFound, AmbiguousId: none, or several fit.
        """
        with self.database.read() as connection:
            kind, row_id = find_identity(connection, uid_or_prefix)
            return kind.load(connection, [row_id])[0]

    def list_identities(
        self,
        kind: Literal["ai", "human"] | None = None,
        text: str = "",
        limit: int | None = None,
        offset: int = 0,
        sort: str = "name",
    ) -> list[Identity]:
        """Identities whose names hold ``text`` somewhere; without ``kind`` both.

        ``sort`` is ``name``, ``count`` (most recordings first) or ``newest``; a leading ``-`` reverses it.

        Raises:
            InvalidInput: an unknown kind or sort.
        """
        kinds = [one for one in KINDS.values() if kind in {None, one.name}]
        if not kinds:
            raise InvalidInput(f"There are no identities of kind {kind!r}.", f"Kinds are {', '.join(KINDS)}.")
        if sort.removeprefix("-") not in _SORTS:
            raise InvalidInput(
                f"Identities cannot be sorted by {sort!r}.", f"Sort by {', '.join(_SORTS)}; -{_SORTS[0]} reverses."
            )
        with self.database.read() as connection:
            entries = [entry for one in kinds for entry in _entries(self.database, one, sort)]
            wanted = normalise_name(text)
            page = sorted((entry for entry in entries if wanted in entry[1]), reverse=sort.startswith("-"))[offset:]
            page = page[:limit]
            found = {
                (one.name, identity.id): identity
                for one in kinds
                for identity in one.load(connection, [row_id for _, _, name, row_id in page if name == one.name])
            }
        return [found[name, row_id] for _, _, name, row_id in page]

    def edit_identity(self, uid: str, changes: Mapping[str, Any]) -> None:
        """Change fields of an identity, named as in its value. Can be undone.

        Raises:
            InvalidInput: an unknown field, or a value that cannot be taken.
            Duplicate: another identity has the resulting name; merge the two instead.
        """
        with self._edit("edit-identity") as edit:
            kind, row_id = find_identity(edit.connection, uid)
            given = kind.clean(changes)
            row = kind.row(edit.connection, row_id)
            wanted = {**row, **given}
            wanted.update(kind.unique(wanted))
            changed = [name for name, value in wanted.items() if value != row[name]]
            if not changed:
                return
            other = kind.find(edit.connection, kind.unique(wanted))
            if other not in {None, row["uid"]}:
                raise Duplicate(
                    f"Cannot rename identity {row['uid']}: identity {other} is called so already.",
                    "Merge the two: audiotui merge-identities.",
                    existing_uid=str(other),
                )
            setters = ", ".join(f"{name} = ?" for name in changed)
            edit.connection.execute(
                f"UPDATE {kind.table} SET {setters}, updated_at = ? WHERE id = ?",
                (*(wanted[name] for name in changed), edit.now_ms, row_id),
            )
            before, after = ({name: values[name] for name in changed} for values in (row, wanted))
            edit.record(RowChange(kind.table, row_id, before, after))

    def merge_identities(self, source: str, target: str) -> int:
        """Move all recordings of one identity to another, and delete the first; returns how many moved. Can be undone.

        More than 2,000 recordings are moved in several transactions, and the identity goes with the last.

        Raises:
            InvalidInput: both are the same, or one is an AI voice and the other a person.
        """
        moved = 0
        with self.action("merge-identities"):
            while True:
                with self._edit("merge-identities") as edit:
                    kind, source_id, target_id = _two_of_a_kind(edit.connection, source, target)
                    ids = _move(edit, kind, source_id, target_id)
                    moved += len(ids)
                    if len(ids) < EDITED_AT_ONCE:
                        edit.record(_delete(edit.connection, kind, source_id))
                        return moved

    def delete_identity(self, uid: str) -> None:
        """Delete an identity that no recording uses, not even one in the trash. Can be undone.

        Raises:
            IdentityInUse: recordings use it.
        """
        with self._edit("delete-identity") as edit:
            kind, row_id = find_identity(edit.connection, uid)
            total, trashed = edit.connection.execute(
                f"SELECT count(*), count(deleted_at) FROM recordings WHERE {kind.link} = ?", (row_id,)
            ).fetchone()
            if total:
                in_trash = f", {trashed:,} of them in the trash" if trashed else ""
                raise IdentityInUse(
                    f"Cannot delete identity {kind.row(edit.connection, row_id)['uid']}: {total:,} "
                    f"{'recording uses' if total == 1 else 'recordings use'} it{in_trash}.",
                    "Merge it into another identity, or purge the recordings first.",
                    recording_count=total,
                )
            edit.record(_delete(edit.connection, kind, row_id))

    def _register(
        self, kind: IdentityKind, given: Mapping[str, Any], *, like: Identity | None = None
    ) -> tuple[str, bool]:
        columns = kind.clean(given)
        columns.update(kind.unique(columns))
        with self.database.read() as connection:
            uid = kind.find(connection, kind.unique(columns))
        if uid is not None:
            return uid, False
        with self._edit("add-identity") as edit:
            uid = kind.find(edit.connection, kind.unique(columns))  # another process may have been quicker
            if uid is not None:
                return uid, False
            row = {"uid": fields.new_uid(), **columns, "created_at": edit.now_ms, "updated_at": edit.now_ms}
            if like is not None:
                row |= _origin(edit.connection, like)
            row_id = kind.model.insert(**row).execute(self.database.peewee)
            edit.record(RowChange(kind.table, row_id, None, {"id": row_id, **row}))
            return row["uid"], True


def find_identity(
    connection: sqlite3.Connection, typed: str, kind: IdentityKind | None = None
) -> tuple[IdentityKind, int]:
    """The kind and row id of the identity whose uid is, or begins with, what was typed.

    Raises:
        IdentityNotFound, AmbiguousId: none, or several fit.
    """
    prefix = uid_prefix(typed)
    kinds = KINDS.values() if kind is None else [kind]
    found = [
        (one, row_id, uid)
        for one in kinds
        if prefix
        for row_id, uid in identities_with_prefix(connection, one.table, prefix)
    ]
    if not found:
        raise not_found(IdentityNotFound, "identity" if kind is None else kind.title, typed)
    if len(found) > 1:
        raise AmbiguousId(*ambiguity("identities", typed, [uid for *_, uid in found]))
    return found[0][:2]


def _origin(connection: sqlite3.Connection, identity: Identity) -> dict[str, Any]:
    # What an identity brings along from another library.
    times = {"created_at": identity.created_at, "updated_at": identity.updated_at}
    origin: dict[str, Any] = {name: to_ms(moment) for name, moment in times.items() if moment is not None}
    uid = fields.recording_uid(identity.uid)
    taken = any(
        connection.execute(f"SELECT 1 FROM {one.table} WHERE uid = ?", (uid,)).fetchone() for one in KINDS.values()
    )
    return origin if taken else {"uid": uid, **origin}


def _entries(database: Database, kind: IdentityKind, sort: str) -> list[tuple[int | str, str, str, int]]:
    # Sort key, searchable names, kind and row id of all identities. Names are compared here, not in SQL, because
    # SQLite knows upper and lower case of ASCII alone.
    table = kind.model
    columns = (table.id, table.created_at, *(getattr(table, label) for label in kind.labels))
    rows = table.select(*columns).tuples().execute(database.peewee)
    counts = kind.counts(database.connection()) if sort.endswith("count") else {}
    entries = []
    for row_id, created_at, *labels in rows:
        names = normalise_name(" ".join(map(original_text, labels)))
        keys: dict[str, int | str] = {"name": names, "count": -counts.get(row_id, 0), "newest": -created_at}
        entries.append((keys[sort.removeprefix("-")], names, kind.name, row_id))
    return entries


def _two_of_a_kind(connection: sqlite3.Connection, source: str, target: str) -> tuple[IdentityKind, int, int]:
    kind, source_id = find_identity(connection, source)
    other_kind, target_id = find_identity(connection, target)
    if kind is not other_kind or source_id == target_id:
        reason = "they are the same" if kind is other_kind else "one is an AI voice, the other a person"
        raise InvalidInput(f"Cannot merge {briefly(source)} into {briefly(target)}: {reason}.", "Name two of a kind.")
    return kind, source_id, target_id


def _move(edit: Edit, kind: IdentityKind, source_id: int, target_id: int) -> list[int]:
    # Moves as many recordings from one identity to another as one transaction may.
    rows = edit.connection.execute(
        f"SELECT id FROM recordings WHERE {kind.link} = ? ORDER BY id LIMIT {EDITED_AT_ONCE}", (source_id,)
    )
    ids = [row_id for (row_id,) in rows]
    edit.connection.execute(
        f"UPDATE recordings SET {kind.link} = ?, updated_at = ? WHERE id IN (SELECT value FROM json_each(?))",
        (target_id, edit.now_ms, json.dumps(ids)),
    )
    edit.record(moved_together(kind.link, source_id, target_id, ids))
    edit.touch(ids)
    return ids


def _delete(connection: sqlite3.Connection, kind: IdentityKind, row_id: int) -> RowChange:
    row = kind.row(connection, row_id)
    connection.execute(f"DELETE FROM {kind.table} WHERE id = ?", (row_id,))
    return RowChange(kind.table, row_id, row, None)
