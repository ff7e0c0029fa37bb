"""The manifest of an export: one JSON object a line, which holds all that the catalog knows of a recording.

Version 1. A line has the fields of ``model.Recording`` by name; its identities are whole; times are ISO 8601 in UTC.
``files`` lists every version of every kind, with ``path``, where its bytes lie inside the exported folder (null if they
could not be exported). ``manifest_reader`` reads it back.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from audiotui.core.encoding import stored_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.model import AIIdentity, Recording, RecordingFile, UserIdentity

MANIFEST_NAME = "manifest.jsonl"

VERSION = 1

VERSION_FIELD = "audiotui"
"""Marks a line as ours and tells its version."""

PLAIN_FIELDS = (
    *("uid", "title", "text", "folder", "verdict", "language", "model", "ai_generated", "session", "rating", "notes"),
    *("generation", "metadata"),
)
"""Fields of a recording whose values are JSON as they are."""

IDENTIFYING_FIELDS = {
    "ai_identity": ("provider", "model", "voice"),
    "user_identity": ("username", "first_name", "middle_name", "last_name"),
}
"""What tells one identity from another; two libraries may know the same voice under different uids."""


def to_data(recording: Recording, paths: Mapping[int, str]) -> dict[str, Any]:
    """What a manifest says of a recording; ``paths`` has the place of each exported file by its row id."""
    return {
        VERSION_FIELD: VERSION,
        **{name: getattr(recording, name) for name in PLAIN_FIELDS},
        "tags": list(recording.tags),
        "created_at": _iso(recording.created_at),
        "updated_at": _iso(recording.updated_at),
        "ai_identity": _identity_data(recording.ai_identity),
        "user_identity": _identity_data(recording.user_identity),
        "files": [
            _file_data(file, paths.get(file.id))
            for file in sorted(recording.files, key=lambda file: (file.kind, file.version))
            if file.deleted_at is None
        ],
    }


def to_line(data: Mapping[str, Any]) -> bytes:
    """One line of a manifest in UTF-8, line end included."""
    return stored_json(data).encode() + b"\n"


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names of the fields in which two lines differ as descriptions of one recording.

    Where its files lie and when it was last changed do not count; identities are the same if the same things identify
    them.
    """
    first, second = _essence(one), _essence(other)
    return [name for name in first if first[name] != second.get(name)]


def _essence(data: Mapping[str, Any]) -> dict[str, Any]:
    essence = {name: data[name] for name in PLAIN_FIELDS}
    essence["created_at"] = datetime.fromisoformat(data["created_at"])
    essence["tags"] = sorted(data["tags"])
    essence["files"] = sorted((file["kind"], file["version"], file["sha256"]) for file in data["files"])
    for name, identifying in IDENTIFYING_FIELDS.items():
        essence[name] = data[name] and [data[name][part] for part in identifying]
    return essence


def _identity_data(identity: AIIdentity | UserIdentity | None) -> dict[str, Any] | None:
    if identity is None:
        return None
    data = asdict(identity)
    del data["id"], data["recording_count"]  # of this library, not of the identity
    for moment in ("created_at", "updated_at"):
        data[moment] = data[moment] and _iso(data[moment])
    return data


def _file_data(file: RecordingFile, path: str | None) -> dict[str, Any]:
    return {
        "kind": file.kind,
        "version": file.version,
        "path": path,
        "original_name": file.original_name,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "media": asdict(file.media) if file.media else None,
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
