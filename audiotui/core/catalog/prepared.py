"""A new recording on its way into the catalog: checked, and turned into columns before any lock is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.core.catalog import fields
from audiotui.core.catalog.files import file_columns
from audiotui.core.encoding import stored_text, to_ms
from audiotui.core.index import IndexRow
from audiotui.errors import InvalidInput
from audiotui.model import AUDIO, LOCAL
from audiotui.text import text_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from audiotui.model import NewFile, NewRecording

_BIGGEST_VERSION = 1_000_000
_NO_MEDIA = ("", None, None, None, None)

INSERT_RECORDING = """
INSERT INTO recordings (
    id, ai_identity_id, user_identity_id, uid, title, text, text_hash, folder, verdict, language, model, ai_generated,
    session, rating, notes, generation, metadata, created_at, updated_at, format, duration_s, sample_rate_hz, channels,
    size_bytes
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
"""Takes a row id, the row ids of the identities, the uid, and ``Prepared.columns``."""


class Prepared(NamedTuple):
    """A new recording that can be written once its row id is known."""

    uid: str
    uid_is_new: bool
    ai_identity_uid: str | None
    user_identity_uid: str | None
    columns: tuple[Any, ...]
    tags: list[str]
    files: Sequence[NewFile]
    file_columns: list[tuple[Any, ...]]
    """Of each file: kind, version, whether it is the current one, and what ``files.file_columns`` gives."""
    audio: NewFile | None
    """The current audio file."""


class RowIds(NamedTuple):
    """What refers to other tables: identities by uid, tags and locations by name."""

    identities: Mapping[str | None, int | None]
    tags: Mapping[str, int]
    locations: Mapping[str, int]


def prepare(new: NewRecording, files: Sequence[NewFile], now_ms: int) -> Prepared:
    """Check a new recording and its files.

    Raises:
        InvalidInput: there is neither text nor file, or a field has a value that cannot be taken.
    """
    title, text, language, model, session, notes = fields.texts(
        title=new.title, text=new.text, language=new.language, model=new.model, session=new.session, notes=new.notes
    )
    if not files and not text.strip():
        raise InvalidInput(
            "A recording needs a text or a file, and neither was given.",
            "Give at least one of them: text, or an audio file.",
        )
    file_rows = _file_rows(files, now_ms) if files else []
    audio, media = None, _NO_MEDIA
    for file, file_row in zip(files, file_rows, strict=True) if files else ():
        if file_row[0] == AUDIO and file_row[2]:
            audio, media = file, _media_columns(file_row)
    columns = (
        title,
        text,
        text_hash(new.text),
        fields.folder("folder", new.folder),
        fields.verdict("verdict", new.verdict),
        language,
        model,
        fields.flag("ai_generated", new.ai_generated),
        session,
        fields.rating("rating", new.rating),
        notes,
        fields.json_object("generation", new.generation),
        fields.json_object("metadata", new.metadata),
        now_ms if new.created_at is None else _time_ms(new.created_at),
        now_ms if new.updated_at is None else _time_ms(new.updated_at),
        *media,
    )
    return Prepared._make(  # by place, which takes half the time of doing it by name
        (
            fields.recording_uid(new.uid),
            new.uid_is_new or not new.uid,
            new.ai_identity_uid,
            new.user_identity_uid,
            columns,
            fields.tags("tags", new.tags) if new.tags else [],
            files,
            file_rows,
            audio,
        )
    )


def index_row(row_id: int, new: Prepared, ids: RowIds) -> IndexRow:
    """What ``index.load_rows`` would read after the row is written; knowing it already makes adding in bulk faster."""
    title, text, _hash, folder, verdict, language, model, ai_generated, session, rating, notes, *others = new.columns
    _generation, _metadata, created_at, _updated_at, audio_format, duration_s, rate, _channels, size_bytes = others
    audio = new.audio
    places = () if audio is None else tuple([ids.locations[copy.location] for copy in audio.copies])
    kinds = tuple(dict.fromkeys([file.kind for file in new.files])) if new.files else ()
    return IndexRow._make(
        (
            row_id,
            title,
            text,
            notes,
            "" if audio is None else stored_text(audio.original_name),
            folder,
            session,
            model,
            language,
            verdict,
            audio_format,
            bool(ai_generated),
            ids.identities[new.ai_identity_uid],
            ids.identities[new.user_identity_uid],
            duration_s,
            rate,
            size_bytes,
            rating,
            created_at,
            tuple(sorted([ids.tags[tag] for tag in new.tags])) if new.tags else (),
            kinds,
            places,
            bool(places) and ids.locations.get(LOCAL) in places,
            False,
        )
    )


def _file_rows(files: Sequence[NewFile], now_ms: int) -> list[tuple[Any, ...]]:
    """Of each file what ``Prepared.file_columns`` has."""
    return [(*version, *file_columns(file, now_ms)) for version, file in zip(_versions(files), files, strict=True)]


def _versions(files: Sequence[NewFile]) -> list[tuple[str, int, int]]:
    # Kind and version of each file, and whether it is the current one; a file without a version follows the one before.
    if len(files) == 1 and not files[0].version:
        return [(fields.kind(files[0].kind), 1, 1)]
    versions: dict[str, list[int]] = {}
    pairs = []
    for file in files:
        of_kind = versions.setdefault(fields.kind(file.kind), [0])
        version = file.version or of_kind[-1] + 1
        if version in of_kind or not 1 <= version <= _BIGGEST_VERSION:
            raise InvalidInput(
                f"Cannot take version {version} of the {file.kind} file: it is taken, or out of all reason.",
                "Leave versions out to count them.",
            )
        of_kind.append(version)
        pairs.append((file.kind, version))
    return [(kind, version, int(version == max(versions[kind]))) for kind, version in pairs]


def _media_columns(columns: tuple[Any, ...]) -> tuple[Any, ...]:
    # Those of a recording, from those of its current audio file.
    size_bytes, _sha256, _parts, audio_format, _codec, duration_s, rate, channels, _created_at = columns[4:]
    return audio_format, duration_s, rate, channels, size_bytes


def _time_ms(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise InvalidInput(f"Cannot take the time {moment}: it has no time zone.", "Give it in UTC.")
    return to_ms(moment)
