"""The manager's part for identities: AI voices and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from audiotui.manager.base import Library
from audiotui.manager.paging import check_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.model import AIIdentity, UserIdentity


class Identities(Library):
    """Registering, finding, changing and merging identities."""

    def register_ai_identity(
        self,
        ai_model: str,
        ai_voice: str = "",
        *,
        provider: str = "",
        name: str = "",
        version: str = "",
        language: str = "",
        settings: Mapping[str, Any] | None = None,
        notes: str = "",
    ) -> str:
        """Register a model and a voice; returns the identity's uid.

        The same provider, model and voice a second time returns the first identity, unchanged.

        Raises:
            InvalidInput: no model is given, or ``settings`` is no JSON object.
        """
        uid, _created = self.catalog.add_ai_identity(
            ai_model,
            ai_voice,
            provider=provider,
            name=name,
            version=version,
            language=language,
            settings=settings,
            notes=notes,
        )
        return uid

    def register_user_identity(
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
    ) -> str:
        """Register a person; returns the identity's uid.

        The same username a second time (without one: the same full name, however it is spaced or capitalised) returns
        the first identity, unchanged.

        Raises:
            InvalidInput: neither a name nor a username is given.
        """
        uid, _created = self.catalog.add_user_identity(
            first_name,
            last_name,
            middle_name=middle_name,
            username=username,
            affiliation=affiliation,
            email=email,
            language=language,
            settings=settings,
            notes=notes,
        )
        return uid

    def get_identity(self, identity_id: str) -> AIIdentity | UserIdentity:
        """The identity with this uid or unambiguous prefix.

        Raises:
            IdentityNotFound, AmbiguousId: none, or several fit.
        """
        return self.catalog.identity(identity_id)

    def list_identities(
        self,
        kind: Literal["ai", "human"] | None = None,
        text: str = "",
        *,
        limit: int | None = None,
        offset: int = 0,
        sort: str = "name",
    ) -> list[AIIdentity | UserIdentity]:
        """Identities with their numbers of recordings.

        ``text`` keeps those whose names, model, voice or provider hold it. ``sort`` is ``name``, ``count`` or
        ``newest``; a leading ``-`` reverses it.
        """
        check_page(limit, offset)
        return self.catalog.list_identities(kind=kind, text=text, limit=limit, offset=offset, sort=sort)

    def edit_identity(self, identity_id: str, **fields: Any) -> AIIdentity | UserIdentity:
        """Change fields of an identity, named as in its value; can be undone.

        Raises:
            InvalidInput: an unknown field, or a value that would leave the identity without a name.
            CatalogError: another identity is already called so; merge the two instead.
        """
        uid = self.catalog.identity(identity_id).uid
        self.catalog.edit_identity(uid, fields)
        return self.catalog.identity(uid)

    def merge_identities(self, source_id: str, target_id: str) -> int:
        """Move all recordings of one identity to another of the same kind and remove the first; can be undone.

        Returns the number of recordings that moved.

        Raises:
            InvalidInput: both are the same, or one is a voice and the other a person.
        """
        return self.catalog.merge_identities(source_id, target_id)

    def delete_identity(self, identity_id: str) -> None:
        """Remove an identity that no recording uses; can be undone.

        Raises:
            IdentityInUse: recordings use it (those in the trash count).
        """
        self.catalog.delete_identity(identity_id)
