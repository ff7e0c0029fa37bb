"""The manager's part for recordings: registering, reading, changing, the trash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from audiotui.errors import InvalidInput
from audiotui.manager.base import Library, Selection
from audiotui.manager.paging import check_page
from audiotui.model import NewRecording
from audiotui.text import briefly

if TYPE_CHECKING:
    from audiotui.model import Recording, RecordingRow


class Recordings(Library):
    """Registering, reading and changing recordings."""

    def register_recording(
        self,
        text: str = "",
        *,
        model: str = "",
        ai_generated: bool = False,
        ai_identity_id: str | None = None,
        user_identity_id: str | None = None,
        file_paths: Mapping[str, str | PathLike[str]] | None = None,
        title: str = "",
        folder: str = "",
        language: str = "",
        session: str = "",
        verdict: str = "",
        rating: int | None = None,
        notes: str = "",
        generation: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        in_place: bool = False,
        move: bool = False,
        allow_duplicate: bool = False,
    ) -> str:
        """Register a recording with its files; returns its uid.

        Args:
            text: what is said; may be '' if there is a file.
            model: the model's name, for a search by it; an AI identity brings its own.
            ai_generated: True for generated speech; an AI identity makes it True.
            ai_identity_id: uid or prefix of a registered AI identity.
            user_identity_id: uid or prefix of a registered person.
            file_paths: path by kind, such as ``{"audio": "a.wav", "transcript": "a.txt"}``. The files are copied into
                ``local``, hashed and, for ``audio``, probed.
            title: a short name; lists show the text where there is none.
            folder: a place in the catalog, such as ``greetings/short``; it has no meaning on disk.
            language: a language tag, such as ``en-GB``.
            session: the name of a recording session or a batch.
            verdict: the outcome of a review, such as ``keep`` or ``reject``.
            rating: 0 to 5.
            notes: anything for people.
            generation: the parameters that made it, a JSON object.
            metadata: anything else, a JSON object.
            tags: any number of short texts.
            in_place: keep files where they are, if they lie under ``local`` already.
            move: remove the source files once the library has them.
            allow_duplicate: register bytes that another recording has already.

        Raises:
            InvalidInput: neither text nor file, or a file that is none.
            NotAudio, UnreadableAudio: the audio file cannot be used.
            Duplicate: the audio's bytes are in the library already; if their file was lost, it was given back.
            IdentityNotFound, AmbiguousId: an identity's id fits none or several.
        """
        new = NewRecording(
            text=text, title=title, folder=folder, verdict=verdict, language=language, model=model, session=session,
            ai_generated=ai_generated, rating=rating, notes=notes, tags=_texts("tags", tags),
            generation={} if generation is None else generation, metadata={} if metadata is None else metadata,
        )  # fmt: skip
        new = self._with_identities(new, ai_identity_id, user_identity_id)
        return self._add(new, file_paths, in_place=in_place, move=move, allow_duplicate=allow_duplicate)

    def get_recording(self, recording_id: str) -> Recording:
        """The whole recording with this uid or unambiguous prefix, also if it is in the trash.

        Raises:
            RecordingNotFound, AmbiguousId: none, or several fit.
        """
        return self.catalog.recording(recording_id)

    def get_recordings(self, selection: Selection) -> list[Recording]:
        """The whole recordings of a selection, in its order; what was purged meanwhile is left out.

        Each takes some kilobytes of memory: for a list of very many use ``find``.
        """
        return self.catalog.recordings_by_ids(self._recording_ids(selection))

    def edit_recording(self, recording_id: str, **changes: Any) -> Recording:
        """Change a recording as ``edit_recordings`` does, and return it as it is then."""
        self.edit_recordings([recording_id], **changes)
        return self.get_recording(recording_id)

    def edit_recordings(
        self,
        selection: Selection,
        *,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
        update_metadata: Mapping[str, Any] | None = None,
        remove_metadata: Iterable[str] = (),
        **fields: Any,
    ) -> int:
        """Change the same fields of all recordings of a selection, as one action to undo; returns how many were other.

        Fields are named as in ``Recording``; ``tags``, ``metadata`` and ``generation`` replace the whole value,
        ``ai_identity_id`` and ``user_identity_id`` take a uid, a prefix or None. Single tags and single values of the
        metadata are changed by the named arguments, which lose nothing that others change at the same time.

        Raises:
            InvalidInput: an unknown field, a value it cannot take, or no text for a recording without files; nothing
                is changed.
        """
        ids = self._recording_ids(selection)
        for link in ("ai_identity", "user_identity"):
            if f"{link}_id" in fields:
                given = fields.pop(f"{link}_id")
                fields[f"{link}_uid"] = None if given is None else self.catalog.identity(given).uid
        return self.catalog.edit_recordings(
            ids,
            fields,
            add_tags=_texts("tags", add_tags),
            remove_tags=_texts("tags", remove_tags),
            update_metadata=update_metadata,
            remove_metadata=_texts("names of metadata", remove_metadata),
        )

    def edit_each(self, edits: Mapping[str, Mapping[str, Any]]) -> int:
        """Change several recordings, each in its own way, as one action to undo; returns how many are other now.

        ``edits`` maps uids or prefixes to fields as ``edit_recordings`` takes them.

        Raises:
            InvalidInput, CatalogError: one of them cannot be done; those before it are done, and can be undone.
        """
        _check_edits(edits)
        with self.catalog.action("edit"):
            return sum(self.edit_recordings([uid], **fields) for uid, fields in edits.items())

    def list_trash(self, limit: int | None = None, offset: int = 0) -> list[RecordingRow]:
        """What is in the trash, last trashed first."""
        check_page(limit, offset)
        return self.catalog.trashed(limit=limit, offset=offset)

    def restore_recording(self, recording_id: str) -> Recording:
        """Take a recording out of the trash; one that is not there stays as it is.

        Raises:
            RecordingNotFound, AmbiguousId: none, or several fit.
        """
        row = self.catalog.resolve_recording(recording_id, trashed=True)
        self.catalog.restore_recordings([row])
        return self.catalog.recordings_by_ids([row])[0]

    def _add(
        self,
        new: NewRecording,
        file_paths: Mapping[str, str | PathLike[str]] | None,
        *,
        in_place: bool,
        move: bool,
        allow_duplicate: bool,
    ) -> str:
        if file_paths is None or not _checked_paths(file_paths):
            return self.catalog.add_recording(new)
        from audiotui.transfer.ingest import IngestOptions

        options = IngestOptions(in_place=in_place, move=move, allow_duplicate=allow_duplicate)
        return self._ingest().add(new, file_paths, options)

    def _with_identities(self, new: NewRecording, ai_id: str | None, user_id: str | None) -> NewRecording:
        from audiotui.model import AIIdentity, UserIdentity

        if ai_id is not None:
            voice = self.catalog.identity(ai_id)
            if not isinstance(voice, AIIdentity):
                raise InvalidInput(f"Identity {voice.uid} is a person, not an AI voice.", "Give it as user identity.")
            new = replace(new, ai_identity_uid=voice.uid, ai_generated=True, model=new.model or voice.model)
        if user_id is not None:
            person = self.catalog.identity(user_id)
            if not isinstance(person, UserIdentity):
                raise InvalidInput(f"Identity {person.uid} is an AI voice, not a person.", "Give it as AI identity.")
            new = replace(new, user_identity_uid=person.uid)
        return new


def _texts(name: str, given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        raise InvalidInput(
            f"Cannot take {name} {briefly(given)}: it is one text, not a list.", f"Give [{briefly(given)}]."
        )
    if not isinstance(given, Iterable):
        raise InvalidInput(f"Cannot take {name} {briefly(given)}: it is no list.", "Give a list of texts.")
    return tuple(given)


def _check_edits(edits: object) -> None:
    if not isinstance(edits, Mapping) or not all(isinstance(one, Mapping) for one in edits.values()):
        raise InvalidInput(
            f"Cannot take edits {briefly(edits)}: they are no fields by id.", 'Give {id: {"title": ...}}.'
        )


def _checked_paths(file_paths: Mapping[str, str | PathLike[str]]) -> Mapping[str, str | PathLike[str]]:
    if not isinstance(file_paths, Mapping):
        raise InvalidInput(
            f"Cannot take file_paths {briefly(file_paths)}: they have no kinds.", 'Give them as {"audio": "take.wav"}.'
        )
    for kind, path in file_paths.items():
        if not isinstance(path, str | PathLike):
            raise InvalidInput(
                f"Cannot take {briefly(path)} as the {kind} file: it is no path.", "Give a path, or leave it out."
            )
    return file_paths
