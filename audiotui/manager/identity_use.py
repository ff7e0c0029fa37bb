"""The manager's part for forms and lists of identities: what one is used for, what a merge moves, what is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from audiotui.errors import InvalidInput
from audiotui.manager.base import Library
from audiotui.text import briefly, format_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.core.catalog.identity_use import IdentityUse
    from audiotui.model import AIIdentity, RecordingRow, UserIdentity

SETTINGS = "settings"

SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What ``merge_identities`` would do."""

    source: AIIdentity | UserIdentity
    """Gone afterwards."""
    target: AIIdentity | UserIdentity
    recordings: int
    """That move."""
    trashed: int
    """That move too, and lie in the trash."""
    first: tuple[RecordingRow, ...]
    """The newest of those that move."""


class IdentityUses(Library):
    """Looking at identities before something is done to them."""

    def identity_use(self, identity_id: str) -> IdentityUse:
        """What an identity is used for, and the query that finds its recordings.

        Raises:
            IdentityNotFound, AmbiguousId: none, or several fit.
        """
        from audiotui.core.catalog.identity_use import identity_use

        return identity_use(self.catalog.database, identity_id)

    def preview_merge(self, source_id: str, target_id: str) -> MergePreview:
        """What a merge would move; changes nothing.

        Raises:
            InvalidInput: both are the same, or one is a voice and the other a person.
        """
        source, target = self.catalog.identity(source_id), self.catalog.identity(target_id)
        if type(source) is not type(target) or source.uid == target.uid:
            raise InvalidInput(
                f"Cannot merge {briefly(source.label)} into {briefly(target.label)}.",
                "Choose another one of the same kind.",
            )
        use = self.identity_use(source.uid)
        with self._searching() as searcher:
            first = tuple(searcher.head(use.query, limit=SHOWN_ROWS).rows)
        return MergePreview(source, target, use.recordings, use.trashed, first)

    def identity_problems(
        self, kind: Literal["ai", "human"], fields: Mapping[str, str], *, identity_id: str | None = None
    ) -> dict[str, str]:
        """What is wrong with the fields of a form, a sentence by field; empty if they can be saved.

        ``settings`` is a JSON object as text. ``identity_id`` is the identity that is edited, None for a new one.
        """
        from audiotui.core.catalog.identity_use import same_identity

        problems: dict[str, str] = {}
        try:
            identity_fields(fields)
        except InvalidInput as error:
            problems[SETTINGS] = error.message
        if missing := _missing(kind, fields):
            return problems | missing
        plain = {name: value for name, value in fields.items() if name != SETTINGS}
        same = same_identity(self.catalog.database, kind, plain)
        if same is not None and (identity_id is None or same != self.catalog.identity(identity_id).uid):
            other = self.catalog.identity(same)
            first = "voice" if kind == "ai" else "username" if fields.get("username", "").strip() else "last_name"
            count = format_count(other.recording_count)
            problems[first] = f"“{other.label}” ({count} recordings) is the same already; merge the two instead."
        return problems


def identity_fields(fields: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a form as ``edit_identity`` and ``register_..._identity`` take them.

    Raises:
        InvalidInput: the settings are no JSON object.
    """
    values: dict[str, Any] = dict(fields)
    text = fields.get(SETTINGS, "").strip()
    try:
        values[SETTINGS] = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidInput(f"This is no JSON{where}.", 'Write it as {"speed": 1.0}.') from error
    if not isinstance(values[SETTINGS], dict):
        raise InvalidInput('Settings are a JSON object, such as {"speed": 1.0}.')
    return values


def _missing(kind: str, fields: Mapping[str, str]) -> dict[str, str]:
    if kind == "ai":
        return {} if fields.get("model", "").strip() else {"model": "A voice needs a model."}
    named = ("first_name", "middle_name", "last_name", "username")
    is_named = any(fields.get(name, "").strip() for name in named)
    return {} if is_named else {"first_name": "A person needs a name or a username."}
