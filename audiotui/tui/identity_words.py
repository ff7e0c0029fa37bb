"""Identities in words: what forms ask for, and what the pane beside the list says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from audiotui.model import AIIdentity
from audiotui.text import age, format_count, format_duration, safe_text
from audiotui.tui.widgets.form import Asked
from audiotui.tui.words import things

if TYPE_CHECKING:
    from datetime import datetime

    from audiotui.manager import IdentityUse
    from audiotui.model import UserIdentity
    from audiotui.tui.widgets.text_pane import Part

Kind = Literal["ai", "human"]

LABEL_CELLS = 14

ASKED: dict[Kind, tuple[Asked, ...]] = {
    "ai": (
        Asked("model", "Model", "what generated the speech, such as speech-large", required=True),
        Asked("voice", "Voice", "the voice's id there"),
        Asked("provider", "Provider", "who runs it; none for one of your own"),
        Asked("name", "Name", "what lists show; else the voice"),
        Asked("version", "Version"),
        Asked("language", "Language", "such as en-GB"),
        Asked("settings", "Settings", '{"speed": 1.0}', lines=3),
        Asked("notes", "Notes", lines=4),
    ),
    "human": (
        Asked("first_name", "First name"),
        Asked("middle_name", "Middle name"),
        Asked("last_name", "Last name"),
        Asked("username", "Username", "unique; without one the full name is"),
        Asked("affiliation", "Affiliation", "a team, a studio, a university"),
        Asked("email", "Email"),
        Asked("language", "Language", "such as en-GB"),
        Asked("settings", "Settings", '{"microphone": "U87"}', lines=3),
        Asked("notes", "Notes", lines=4),
    ),
}
"""What the form of each kind asks for."""


def kind_of(identity: AIIdentity | UserIdentity) -> Kind:
    """Which kind an identity is of."""
    return "ai" if isinstance(identity, AIIdentity) else "human"


def kind_words(kind: Kind) -> str:
    """The kind in words."""
    return "AI voice" if kind == "ai" else "person"


def form_values(identity: AIIdentity | UserIdentity) -> dict[str, str]:
    """What a form shows of an identity."""
    values = {one.name: getattr(identity, one.name) for one in ASKED[kind_of(identity)]}
    settings: dict[str, Any] = values["settings"]
    return {**values, "settings": json.dumps(settings, ensure_ascii=False, indent=1) if settings else ""}


def describe(identity: AIIdentity | UserIdentity, use: IdentityUse | None, now_ms: int) -> list[Part]:
    """An identity in lines; what it is used for comes when it has been counted."""
    kind = kind_of(identity)
    parts: list[Part] = [
        (safe_text(identity.label or "(no name)", limit=200), "bold"),
        (f"   {kind_words(kind)}   #{identity.uid[:8]}\n\n", "dim"),
    ]
    for one in ASKED[kind]:
        value = form_values(identity)[one.name] if one.name != "settings" else _settings(identity.settings)
        if value:
            shown = safe_text(value, one_line=one.lines == 1, limit=2_000)
            parts += [(f"{one.label:{LABEL_CELLS}}", "dim"), (f"{shown}\n", "")]
    parts += [("\nUSED FOR\n", "bold dim"), *_use(identity, use, now_ms)]
    changed = _ago(identity.updated_at, now_ms)
    parts += [(f"\nRegistered {_ago(identity.created_at, now_ms)}, changed {changed}\n", "dim")]
    return parts


def _use(identity: AIIdentity | UserIdentity, use: IdentityUse | None, now_ms: int) -> list[Part]:
    if use is None:
        return [(f"{things(identity.recording_count)}\n", "")]
    words = things(use.recordings)
    if use.recordings:
        words += f", {format_duration(use.duration_s) or '00:00'} of sound, the newest {_ago(use.last_at, now_ms)}"
    parts: list[Part] = [(f"{words}\n", "")]
    if use.trashed:
        parts.append((f"{format_count(use.trashed)} more in the trash\n", "dim"))
    for folder, count in use.folders:
        parts += [(f"  {safe_text(folder, limit=80) or '(no folder)'}  ", ""), (f"{format_count(count)}\n", "dim")]
    if use.folder_count > len(use.folders):
        parts.append((f"  … {things(use.folder_count - len(use.folders), 'more folder')}\n", "dim"))
    return parts


def _settings(settings: dict[str, Any]) -> str:
    return "  ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in settings.items())


def _ago(moment: datetime | None, now_ms: int) -> str:
    if moment is None:
        return "at a time unknown"
    words = age(int(moment.timestamp() * 1000), now_ms)
    return "now" if words == "now" else f"{words} ago"
