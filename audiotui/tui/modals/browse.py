"""What lies at a location now, folder by folder; what the library does not know can be imported from there."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from audiotui.cleanup import caught
from audiotui.errors import AudiotuiError
from audiotui.text import age, format_bytes_short, format_count, safe_text
from audiotui.tui.background import Broken
from audiotui.tui.columns import pad
from audiotui.tui.keys import ACT, MOVE
from audiotui.tui.modals.sheet import Sheet
from audiotui.tui.widgets.cursor_list import Cell, CursorList, MarkList

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from audiotui.manager import AudioManager, Found

SHOWN = 5_000
"""Entries of a folder that are listed; a prefix in the configuration narrows bigger ones."""

READ_TOGETHER = 200

SIZE_CELLS, AGE_CELLS, NOTE_CELLS = 7, 5, 18


@dataclass
class Listed(Message):
    """More entries of the folder that is being read; from the thread that reads."""

    folder: str
    entries: Sequence[Found]
    is_last: bool = False
    error: AudiotuiError | None = None


class FoundList(MarkList["Found"]):
    """Folders and files of a location."""

    def __init__(self, *, now_ms: Callable[[], int]) -> None:
        super().__init__()
        self._now_ms = now_ms

    def key(self, line: Found) -> str:
        """The key at the location."""
        return line.key

    def header(self, width: int) -> str:
        """The names above the columns."""
        return f"{pad('NAME', _name_cells(width))} {'SIZE':>{SIZE_CELLS}} {'AGE':>{AGE_CELLS}}  LIBRARY"

    def cells(self, line: Found, width: int) -> list[Cell]:
        """An entry's line."""
        name = safe_text(line.name, limit=4 * width) + ("/" if line.is_folder else "")
        if line.is_folder:
            return [("accent", pad(name, width))]
        moment = line.modified_at
        old = age(int(moment.timestamp() * 1000), self._now_ms()) if moment is not None else ""
        return [
            ("", pad(name, _name_cells(width))),
            ("side", f" {format_bytes_short(line.size_bytes):>{SIZE_CELLS}} {old:>{AGE_CELLS}}"),
            _whose(line),
        ]


class BrowseModal(Sheet[list[str]]):
    """Ends with the keys to import, or None."""

    DEFAULT_CSS = """
    BrowseModal > .box { height: 100%; max-width: 110; padding: 0 1; }
    BrowseModal FoundList { background: $surface; }
    BrowseModal .line { height: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace,h,left", "up", "up", id="browse.up", tooltip="To the folder above", group=MOVE),
        Binding("i", "import", "import", id="browse.import", tooltip="Import what is marked from there", group=ACT),
        Binding(
            "U",
            "only_unknown",
            "unknown",
            id="browse.unknown",
            tooltip="Only what is not in the library, or in its trash",
            group=ACT,
        ),
    ]

    def __init__(self, manager: AudioManager, location: str, *, now_ms: Callable[[], int]) -> None:
        super().__init__()
        self._manager = manager
        self._location = location
        self._list = FoundList(now_ms=now_ms)
        self._where = Static("", classes="line", markup=False)
        self._status = Static("", classes="line", markup=False)
        self._folder = ""
        self._entries: list[Found] = []
        self._is_only_unknown = False
        self._stop = threading.Event()

    def compose(self) -> ComposeResult:
        """Where it is, what lies there, what can be done."""
        with Vertical(classes="box") as box:
            box.border_title = Content(f"{safe_text(self._location)}")
            box.border_subtitle = "enter opens  h up  space marks  i imports  U unknown only  esc closes"
            yield self._where
            yield self._list
            yield self._status

    def on_mount(self) -> None:
        """The top folder first."""
        self._list.focus()
        self._open("")

    def on_unmount(self) -> None:
        """Nobody waits for the rest of a listing."""
        self._stop.set()

    def action_up(self) -> None:
        """Go to the folder above."""
        if self._folder:
            self._open(self._folder.rstrip("/").rpartition("/")[0])

    def action_only_unknown(self) -> None:
        """Show only what is not in the library or lies in its trash, or all again."""
        self._is_only_unknown = not self._is_only_unknown
        self._show()

    def action_import(self) -> None:
        """End with what is marked, else with the file under the cursor; what the library has is left out."""
        keys = [one.key for one in self._list.subject if not one.is_folder and not one.recording_uid]
        trashed = [one for one in self._list.subject if one.is_trashed]
        if keys:
            self.dismiss(keys)
        elif trashed:
            self._say(f"audiotui restore-recording {trashed[0].recording_uid[:8]} takes it out of the trash.")
        else:
            self._say("Mark files that are not in the library, then i imports them.")

    @on(CursorList.Chosen)
    def _chosen(self) -> None:
        current = self._list.current
        if current is not None and current.is_folder:
            self._open(current.key)

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        if message.folder != self._folder:
            return
        self._entries += message.entries
        self._show()
        if message.error is not None:
            self._say(f"✗ {message.error}")
        elif message.is_last:
            self._say(self._totals())
        else:
            self._say(f"{format_count(len(self._entries))}…")

    def _open(self, folder: str) -> None:
        self._stop.set()
        self._stop = threading.Event()
        self._folder = folder
        self._entries = []
        self._list.forget_place()
        self._list.marks.clear()
        self._list.empty_text = ""
        self._list.show([])
        self._where.update(Content(f"/{safe_text(folder)}"))
        self._say("reading…")
        thread = threading.Thread(target=self._read, args=(folder, self._stop), name="browse", daemon=True)
        thread.start()

    def _read(self, folder: str, stop: threading.Event) -> None:
        """List a folder; in a thread that nobody waits for, because a far listing may hang."""
        with caught() as trouble:
            entries = islice(self._manager.browse_location(self._location, folder), SHOWN)
            while not stop.is_set():
                some = list(islice(entries, READ_TOGETHER))
                self.post_message(Listed(folder, some, is_last=not some))
                if not some:
                    return
        if isinstance(trouble.error, AudiotuiError):
            self.post_message(Listed(folder, [], is_last=True, error=trouble.error))
        elif trouble.error is not None:
            self.app.post_message(Broken(trouble.error))

    def _show(self) -> None:
        shown = [one for one in self._entries if not self._is_only_unknown or not _is_live(one)]
        shown.sort(key=lambda one: (not one.is_folder, one.name))
        self._list.empty_text = "nothing here" if not self._entries else "all of it is in the library"
        self._list.show(shown)

    def _totals(self) -> str:
        """How much is here, and how much of it no list of the library shows."""
        unknown = sum(1 for one in self._entries if not (one.is_folder or one.recording_uid))
        trashed = sum(1 for one in self._entries if one.is_trashed)
        in_trash = f", {format_count(trashed)} in its trash" if trashed else ""
        more = "; only the first are shown" if len(self._entries) >= SHOWN else ""
        return f"{format_count(len(self._entries))} here, {format_count(unknown)} not in the library{in_trash}{more}"

    def _say(self, text: str) -> None:
        self._status.update(Content(safe_text(text, limit=300)))


def _is_live(found: Found) -> bool:
    """Whether it is a file of a recording that is not in the trash."""
    return bool(found.recording_uid) and not found.is_trashed


def _whose(found: Found) -> Cell:
    """The recording that a file belongs to, in words."""
    if not found.recording_uid:
        return ("warning", "  not in the library")
    return ("side", f"  #{found.recording_uid[:8]}{' in trash' if found.is_trashed else ''}")


def _name_cells(width: int) -> int:
    return max(10, width - SIZE_CELLS - AGE_CELLS - NOTE_CELLS - 4)
