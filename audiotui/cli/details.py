"""One recording as people read it: names and values, what is empty left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.cli.records import shown
from audiotui.text import format_bytes, format_count, format_duration, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from audiotui.model import AIIdentity, Copy, Recording, RecordingFile, UserIdentity, VerifyLevel

_LEVELS = ("not verified", "size checked", "checked by the storage", "read back")
"""How far a copy was proven, by ``VerifyLevel``."""

Pair = tuple[str, str]


def proven_now(levels: Mapping[VerifyLevel, int]) -> str:
    """How far copies were proven, as a sentence that follows another; '' if there were none."""
    words = ", ".join(
        f"{format_count(count)} {_LEVELS[level]}" for level, count in sorted(levels.items(), reverse=True)
    )
    return f" Proven now: {words}." if words else ""


def recording_details(recording: Recording) -> list[Pair]:
    """All that is known of a recording, in the order people ask for it; values may have several lines."""
    pairs = [
        ("id", recording.uid),
        ("title", recording.title),
        ("text", recording.text),
        ("voice", _identity(recording.ai_identity)),
        ("speaker", _identity(recording.user_identity)),
        ("model", recording.model),
        ("generated", "yes" if recording.ai_generated else ""),
        ("language", recording.language),
        ("folder", recording.folder),
        ("session", recording.session),
        ("verdict", recording.verdict),
        ("rating", shown(recording.rating)),
        ("tags", ", ".join(recording.tags)),
        ("sound", _sound(recording)),
        ("notes", recording.notes),
        ("generation", shown(recording.generation) if recording.generation else ""),
        ("metadata", shown(recording.metadata) if recording.metadata else ""),
        ("added", _time(recording.created_at)),
        ("changed", _time(recording.updated_at)),
        ("in trash since", _time(recording.deleted_at)),
        *(("file", _file(file)) for file in recording.files if file.deleted_at is None),
    ]
    return [(name, value) for name, value in pairs if value]


def _identity(identity: AIIdentity | UserIdentity | None) -> str:
    return f"{identity.label}  {identity.uid}" if identity else ""


def _sound(recording: Recording) -> str:
    facts = [recording.format, format_duration(recording.duration_s)]
    if recording.sample_rate_hz:
        facts.append(f"{recording.sample_rate_hz} Hz")
    if recording.channels:
        facts.append({1: "mono", 2: "stereo"}.get(recording.channels, f"{recording.channels} channels"))
    return ", ".join(fact for fact in facts if fact)


def _file(file: RecordingFile) -> str:
    version = f" (version {file.version})" if file.version > 1 else ""
    head = (
        f"{file.kind}{version}: {_one_line(file.original_name)}, {format_bytes(file.size_bytes)}, sha256 {file.sha256}"
    )
    return "\n".join([head, *(f"  {_copy(copy)}" for copy in file.copies)])


def _copy(copy: Copy) -> str:
    proof = _LEVELS[copy.verify_level] + (f" {_time(copy.verified_at)}" if copy.verified_at else "")
    return f"{copy.location}: {copy.state}, {proof}, {_one_line(copy.key)}"


def _one_line(name: str) -> str:
    """A file's name with its line breaks made visible, because lines are what separates the facts here."""
    from audiotui.text import safe_text

    return safe_text(name)


def _time(at: datetime | None) -> str:
    return timestamp(int(at.timestamp() * 1000)) if at else ""
