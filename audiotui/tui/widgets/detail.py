"""What is known of the recording under the cursor: a strip of a few lines, or a pane beside the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from audiotui.model import AUDIO, CopyState
from audiotui.text import format_bytes, format_duration, safe_text, timestamp

if TYPE_CHECKING:
    from audiotui.model import Recording, RecordingFile

    Part = tuple[str, str]

TEXT_SHOWN = 2_000
"""Characters of a recording's text that the pane shows; a text may have a million."""

STATE_WORDS = {CopyState.PRESENT: "present", CopyState.MISSING: "missing", CopyState.DAMAGED: "damaged",
               CopyState.TRASHED: "in the trash"}  # fmt: skip


class Detail(Static):
    """Title, facts, text, tags and copies of one recording."""

    DEFAULT_CSS = """
    Detail { height: 4; padding: 0 1; border-top: solid $panel; color: $text; }
    Detail.-pane { height: 1fr; width: 44; border-top: none; border-left: solid $panel; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._recording: Recording | None = None

    def show(self, recording: Recording | None) -> None:
        """Show a recording, or nothing."""
        self._recording = recording
        self._draw()

    def on_resize(self) -> None:
        """The strip and the pane show different things."""
        self._draw()

    def _draw(self) -> None:
        if self._recording is None:
            self.update("", layout=False)
            return
        parts = pane(self._recording) if self.has_class("-pane") else strip(self._recording)
        self.update(Content.assemble(*parts), layout=False)


def strip(recording: Recording) -> list[Part]:
    """Three lines: who and what, the text, tags and copies."""
    facts = "  ".join(filter(None, [_identity(recording), sound(recording), _short_id(recording)]))
    words = safe_text(recording.text, limit=TEXT_SHOWN)
    places = "  ".join(f"{name} {state}" for name, state in _places(recording))
    tags = " ".join(f"#{safe_text(tag)}" for tag in recording.tags)
    return [
        (safe_text(recording.label, limit=200), "bold"),
        (f"   {facts}\n", "$text-muted"),
        (words + "\n", ""),
        ("  ".join(filter(None, [tags, places])), "$text-muted"),
    ]


def pane(recording: Recording) -> list[Part]:
    """Everything, section by section."""
    parts: list[Part] = [(safe_text(recording.label, limit=200) + "\n", "bold")]
    for label, value in (
        ("id", recording.uid[:13] + "…"),
        ("by", _identity(recording)),
        ("sound", sound(recording)),
        ("folder", recording.folder),
        ("session", recording.session),
        ("language", recording.language),
        ("verdict", recording.verdict),
        ("rating", "★" * recording.rating if recording.rating else ""),
        ("tags", " ".join(f"#{tag}" for tag in recording.tags)),
        ("made", timestamp(int(recording.created_at.timestamp() * 1000))),
    ):
        if value:
            parts += [(f"{label:9}", "$text-muted"), (safe_text(value, limit=500) + "\n", "")]
    parts += [
        ("\nTEXT\n", "bold $text-muted"),
        (safe_text(recording.text, one_line=False, limit=TEXT_SHOWN) + "\n", ""),
    ]
    parts.append(("\nFILES\n", "bold $text-muted"))
    for file in recording.files:
        parts.append((f"{safe_text(file.kind)}  {format_bytes(file.size_bytes)}  {file.sha256[:12]}\n", ""))
        parts += [(f"  {line}\n", "$text-muted") for line in copies(file)]
    if recording.notes:
        parts += [("\nNOTES\n", "bold $text-muted"), (safe_text(recording.notes, one_line=False, limit=TEXT_SHOWN), "")]
    return parts


def copies(file: RecordingFile) -> list[str]:
    """A line for each copy: where, in what state, proven when."""
    lines = []
    for copy in file.copies:
        proven = f", proven {timestamp(int(copy.verified_at.timestamp() * 1000))}" if copy.verified_at else ""
        lines.append(f"{safe_text(copy.location)}: {STATE_WORDS[copy.state]}{proven}")
    return lines


def sound(recording: Recording) -> str:
    """Length, rate, channels, format and size in one line."""
    rate = f"{recording.sample_rate_hz / 1000:g} kHz" if recording.sample_rate_hz else ""
    channels = {1: "mono", 2: "stereo"}.get(recording.channels or 0, f"{recording.channels} channels")
    size = format_bytes(recording.size_bytes) if recording.size_bytes is not None else ""
    known = [
        format_duration(recording.duration_s),
        rate,
        channels if recording.channels else "",
        recording.format,
        size,
    ]
    return " ".join(filter(None, known)) or "no audio"


def _identity(recording: Recording) -> str:
    if recording.ai_identity is not None:
        return f"{safe_text(recording.ai_identity.label, limit=60)} (AI)"
    if recording.user_identity is not None:
        return safe_text(recording.user_identity.label, limit=60)
    return "AI" if recording.ai_generated else ""


def _short_id(recording: Recording) -> str:
    return f"#{recording.uid[:8]}"


def _places(recording: Recording) -> list[tuple[str, str]]:
    audio = [file for file in recording.files if file.kind == AUDIO and file.deleted_at is None]
    return [(safe_text(copy.location), STATE_WORDS[copy.state]) for file in audio[-1:] for copy in file.copies]
