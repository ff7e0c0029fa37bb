"""What is known of the recording under the cursor: a strip of a few lines, or a pane with everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding

from audiotui.kinds import AUDIO, CopyState, VerifyLevel
from audiotui.text import format_bytes, format_duration, safe_text, shorten, timestamp
from audiotui.tui.columns import pad, place_letters
from audiotui.tui.keys import PLAY
from audiotui.tui.widgets.text_pane import Part, TextPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from audiotui.model import Recording, RecordingFile

Letters = tuple[tuple[str, str], ...]
"""(location name, its letter)"""

TEXT_SHOWN = 4_000
"""Characters of a recording's text that the pane shows; a text may have a million."""

STRIP_LINES = 3
"""Below this height everything does not fit, and the strip says the most important."""

STATE_SIGNS = {CopyState.PRESENT: "✓", CopyState.MISSING: "?", CopyState.DAMAGED: "!", CopyState.TRASHED: "-"}

LEVEL_WORDS = {VerifyLevel.SIZE: "size", VerifyLevel.STORAGE_SUM: "sum", VerifyLevel.READ_BACK: "read"}
"""How a copy was proven: by its size alone, by the storage's own sum, by reading it back."""

STATE_WORDS = {CopyState.PRESENT: "present", CopyState.MISSING: "missing", CopyState.DAMAGED: "damaged",
               CopyState.TRASHED: "in the trash"}  # fmt: skip


class Detail(TextPane):
    """Title, facts, text, tags and copies of one recording; grows where it has the focus."""

    DEFAULT_CSS = """
    Detail { height: 4; padding: 0 1; border-top: solid $panel; }
    Detail.-pane { height: 1fr; border-top: none; }
    Detail:focus { height: 1fr; border-top: heavy $primary; }
    Detail.-pane:focus { height: 1fr; border-top: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "s", "screen.picture", "spectrogram", id="detail.picture", tooltip="Waveform or spectrogram", group=PLAY
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._recording: Recording | None = None
        self._letters: Letters = ()

    def show_places(self, names: Sequence[str]) -> None:
        """The places of the library, in their order; each file is told to be there or not."""
        self._letters = place_letters(names)
        self.redraw()

    def show(self, recording: Recording | None) -> None:
        """Show a recording, or nothing."""
        is_same = recording is not None and self._recording is not None and recording.id == self._recording.id
        self._recording = recording
        self.redraw()
        if not is_same:
            self.action_top()

    def redraw(self) -> None:
        """The strip and the pane show different things."""
        width, height = self.scrollable_content_region.size
        if self._recording is None:
            self.show_parts([])
        else:
            self.show_parts(
                everything(self._recording, self._letters) if height > STRIP_LINES else strip(self._recording, width)
            )


def strip(recording: Recording, width: int) -> list[Part]:
    """Three lines: who and what, the text, where it is and its tags."""
    title = safe_text(recording.label, limit=4 * width)
    facts = "  ".join(filter(None, [_identity(recording), sound(recording), f"#{recording.uid[:8]}"]))
    facts = shorten(facts, max(width // 2, width - cell_len(title) - 3))
    title = shorten(title, width - cell_len(facts) - 3)
    places = "  ".join(f"{name} {state}" for name, state in _places(recording))
    tags = " ".join(f"#{safe_text(tag, limit=60)}" for tag in recording.tags)
    last = "   ".join(filter(None, [places, tags])) or "no files"
    return [
        (title, "bold"),
        (f"   {facts}\n", "dim"),
        (shorten(safe_text(recording.text, limit=4 * width), width) + "\n", ""),
        (shorten(last, width), "dim"),
    ]


def everything(recording: Recording, letters: Letters = ()) -> list[Part]:
    """All that is known, section by section."""
    parts: list[Part] = [(safe_text(recording.label, limit=200) + "\n", "bold"), (f"{recording.uid}\n", "dim")]
    for label, value in (
        ("by", _identity(recording)),
        ("sound", sound(recording)),
        ("size", format_bytes(recording.size_bytes) if recording.size_bytes is not None else ""),
        ("model", recording.model),
        ("folder", recording.folder),
        ("session", recording.session),
        ("language", recording.language),
        ("verdict", recording.verdict),
        ("rating", "★" * recording.rating if recording.rating else ""),
        ("tags", " ".join(f"#{tag}" for tag in recording.tags)),
        ("made", timestamp(int(recording.created_at.timestamp() * 1000))),
    ):
        if value:
            parts += [(f"{label:9}", "dim"), (safe_text(value, limit=500) + "\n", "")]
    if recording.text:
        parts += _section("TEXT", recording.text)
    parts += [("\nFILES AND COPIES\n", "bold dim")]
    for file in current_files(recording):
        parts += [
            (safe_text(file.kind), "bold"),
            (f"  {format_bytes(file.size_bytes)}  {safe_text(file.original_name, limit=60)}\n", ""),
            (f"  sha256 {file.sha256[:16]}…\n", "dim"),
        ]
        parts += copies(file, letters)
    if not recording.files:
        parts.append(("none\n", ""))
    if recording.notes:
        parts += _section("NOTES", recording.notes)
    for title, values in (("GENERATION", recording.generation), ("METADATA", recording.metadata)):
        if values:
            lines = "\n".join(f"{name}: {value}" for name, value in values.items())
            parts += _section(title, lines)
    return parts


def current_files(recording: Recording) -> list[RecordingFile]:
    """The newest file of each kind."""
    newest = {file.kind: file for file in recording.files if file.deleted_at is None}
    return list(newest.values())


def copies(file: RecordingFile, letters: Letters) -> list[Part]:
    """A line for each place: is a copy there, in what state, proven how and when."""
    known = {copy.location: copy for copy in file.copies}
    places = [*letters, *((name, " ") for name in known if name not in dict(letters))]
    cells = max([len(name) for name, _ in places], default=0)
    parts: list[Part] = []
    for name, letter in places:
        shown = f"  {letter} {pad(safe_text(name, limit=80), min(cells, 14), right=False)}  "
        if (copy := known.get(name)) is None:
            parts.append((f"{shown}· not there\n", "dim"))
            continue
        words = STATE_WORDS[copy.state]
        if copy.verified_at is not None and copy.state is CopyState.PRESENT:
            words = f"{copy.verified_at:%Y-%m-%d} {LEVEL_WORDS.get(copy.verify_level, '')}".rstrip()
        style = "" if copy.state is CopyState.PRESENT else "$text-error"
        parts.append((f"{shown}{STATE_SIGNS[copy.state]} {words}\n", style))
    return parts


def sound(recording: Recording) -> str:
    """Length, rate, channels and format in one line."""
    rate = f"{recording.sample_rate_hz / 1000:g} kHz" if recording.sample_rate_hz else ""
    channels = {1: "mono", 2: "stereo"}.get(recording.channels or 0, f"{recording.channels} channels")
    known = [format_duration(recording.duration_s), rate, channels if recording.channels else "", recording.format]
    return " ".join(filter(None, known)) or "no audio"


def _section(title: str, text: str) -> list[Part]:
    return [(f"\n{title}\n", "bold dim"), (safe_text(text, one_line=False, limit=TEXT_SHOWN) + "\n", "")]


def _identity(recording: Recording) -> str:
    if recording.ai_identity is not None:
        return f"{safe_text(recording.ai_identity.label, limit=60)} (AI)"
    if recording.user_identity is not None:
        return safe_text(recording.user_identity.label, limit=60)
    return "AI" if recording.ai_generated else ""


def _places(recording: Recording) -> list[tuple[str, str]]:
    audio = [file for file in recording.files if file.kind == AUDIO and file.deleted_at is None]
    return [(safe_text(copy.location), STATE_WORDS[copy.state]) for file in audio[-1:] for copy in file.copies]
