"""Values as JSON records, with the ids that people see: what ``--json`` prints, exact and whole."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from audiotui.cli.listing import plain
from audiotui.text import timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from audiotui.manager import ItemInfo, JobInfo, PlannedFile
    from audiotui.model import (
        AIIdentity,
        Change,
        Copy,
        MediaFacts,
        Recording,
        RecordingFile,
        RecordingRow,
        UserIdentity,
    )

Record = dict[str, Any]


def short_id(uid: str) -> str:
    """The first characters of an id, as lists in a terminal show it; enough to type."""
    return uid[:13]


def instant(at: datetime | None) -> str | None:
    """A time as ISO 8601 in UTC, to the millisecond."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_text(at: datetime | None) -> str:
    """As ``instant``; '' without a time."""
    return instant(at) or ""


def minute(at: datetime | None) -> str:
    """A time as lists in a terminal show it: UTC, to the minute."""
    return instant_text(at)[:16].replace("T", " ")


def instant_of_ms(milliseconds: int | None) -> str | None:
    """Milliseconds since 1970 as ISO 8601 in UTC, to the millisecond."""
    return None if milliseconds is None else f"{timestamp(milliseconds)[:-1]}.{milliseconds % 1000:03}Z"


def shown(value: object) -> str:
    """A value of a record as people read it: objects stay JSON, lists are joined by commas."""
    if isinstance(value, dict):
        import json

        return json.dumps(value, ensure_ascii=False)
    return plain(value)


def row_record(row: RecordingRow) -> Record:
    """A line of a list of recordings."""
    return {
        "id": row.uid,
        "title": row.title,
        "text": row.text,
        "identity": row.identity,
        "ai_generated": row.ai_generated,
        "model": row.model,
        "language": row.language,
        "folder": row.folder,
        "session": row.session,
        "verdict": row.verdict,
        "rating": row.rating,
        "duration_s": row.duration_s,
        "format": row.format,
        "size_bytes": row.size_bytes,
        "created_at": instant_of_ms(row.created_at_ms),
        "deleted_at": instant_of_ms(row.deleted_at_ms),
    }


def recording_record(recording: Recording) -> Record:
    """A whole recording with its identities, files and copies."""
    return {
        "id": recording.uid,
        "title": recording.title,
        "text": recording.text,
        "folder": recording.folder,
        "verdict": recording.verdict,
        "rating": recording.rating,
        "language": recording.language,
        "model": recording.model,
        "ai_generated": recording.ai_generated,
        "ai_identity": recording.ai_identity and identity_record(recording.ai_identity),
        "user_identity": recording.user_identity and identity_record(recording.user_identity),
        "session": recording.session,
        "duration_s": recording.duration_s,
        "sample_rate_hz": recording.sample_rate_hz,
        "channels": recording.channels,
        "format": recording.format,
        "size_bytes": recording.size_bytes,
        "notes": recording.notes,
        "generation": recording.generation,
        "metadata": recording.metadata,
        "tags": list(recording.tags),
        "files": [file_record(file) for file in recording.files],
        "created_at": instant(recording.created_at),
        "updated_at": instant(recording.updated_at),
        "deleted_at": instant(recording.deleted_at),
    }


def identity_record(identity: AIIdentity | UserIdentity) -> Record:
    """An AI voice or a person; ``kind`` tells which."""
    from audiotui.model import AIIdentity

    own: Record
    if isinstance(identity, AIIdentity):
        own = {
            "kind": "ai",
            "model": identity.model,
            "voice": identity.voice,
            "provider": identity.provider,
            "name": identity.name,
            "version": identity.version,
        }
    else:
        own = {
            "kind": "human",
            "first_name": identity.first_name,
            "middle_name": identity.middle_name,
            "last_name": identity.last_name,
            "username": identity.username,
            "affiliation": identity.affiliation,
            "email": identity.email,
        }
    return {
        "id": identity.uid,
        **own,
        "language": identity.language,
        "settings": identity.settings,
        "notes": identity.notes,
        "recordings": identity.recording_count,
        "created_at": instant(identity.created_at),
        "updated_at": instant(identity.updated_at),
    }


def file_record(file: RecordingFile) -> Record:
    """A file of a recording, with its copies."""
    return {
        "kind": file.kind,
        "name": file.original_name,
        "version": file.version,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "media": file.media and _media_record(file.media),
        "copies": [copy_record(copy) for copy in file.copies],
        "deleted_at": instant(file.deleted_at),
    }


def change_record(change: Change) -> Record:
    """An action of the history."""
    return {
        "id": change.group_id,
        "verb": change.verb,
        "actor": change.actor,
        "summary": change.summary,
        "rows": change.subjects,
        "at": instant(change.at),
        "undone_at": instant(change.undone_at),
    }


def job_record(job: JobInfo) -> Record:
    """A transfer job as it stands."""
    return {
        "id": job.id,
        "kind": str(job.kind),
        "title": job.title,
        "source": job.source,
        "destination": job.destination,
        "state": str(job.state),
        "total_items": job.total_items,
        "done_items": job.done_items,
        "skipped_items": job.skipped_items,
        "failed_items": job.failed_items,
        "cancelled_items": job.cancelled_items,
        "total_bytes": job.total_bytes,
        "done_bytes": job.done_bytes,
        "rate_bytes_s": job.rate_bytes_s,
        "eta_s": job.eta_s,
        "parallel": job.parallel,
        "bytes_per_s": job.bytes_per_s,
        "error": job.error,
        "hint": job.hint,
        "created_at": instant(job.created_at),
        "started_at": instant(job.started_at),
        "finished_at": instant(job.finished_at),
        "is_live": job.is_live,
        "waits_for": job.waits_for,
    }


def item_record(item: ItemInfo) -> Record:
    """A file of a job as it stands."""
    return {
        "item": item.id,
        "recording": item.recording_uid,
        "name": item.name,
        "key": item.key,
        "size_bytes": item.size_bytes,
        "done_bytes": item.done_bytes,
        "state": str(item.state),
        "attempt": item.attempt,
        "error": item.error,
        "hint": item.hint,
    }


def planned_record(file: PlannedFile) -> Record:
    """A file of a plan."""
    return {
        "action": str(file.action),
        "recording": file.item.recording_uid,
        "kind": file.kind,
        "name": file.item.name,
        "size_bytes": file.item.size_bytes,
        "sha256": file.item.sha256,
        "source": file.item.source,
        "source_key": file.item.source_key,
        "key": file.item.key,
        "reason": file.reason,
    }


def _media_record(media: MediaFacts) -> Record:
    return {
        "format": media.format,
        "codec": media.codec,
        "duration_s": media.duration_s,
        "sample_rate_hz": media.sample_rate_hz,
        "channels": media.channels,
    }


def copy_record(copy: Copy) -> Record:
    """A copy of a file."""
    return {
        "location": copy.location,
        "key": copy.key,
        "state": str(copy.state),
        "size_bytes": copy.size_bytes,
        "verify_level": int(copy.verify_level),
        "verified_at": instant(copy.verified_at),
        "managed": copy.managed,
    }
