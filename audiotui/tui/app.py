"""The app: its modes, what all of them share, and how it ends when something goes wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from audiotui.text import safe_text
from audiotui.tui.screens.library import LibraryScreen
from audiotui.tui.watcher import Watcher
from audiotui.tui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.command import Provider
    from textual.screen import Screen

    from audiotui.errors import AudiotuiError
    from audiotui.manager import AudioManager
    from audiotui.tui.watcher import JobsSeen


def _transfers() -> Screen[None]:
    from audiotui.tui.screens.transfers import TransfersScreen

    return TransfersScreen()


def _key_commands() -> type[Provider]:
    from audiotui.tui.palette import KeyCommands

    return KeyCommands


class AudiotuiApp(App[int]):
    """Library and Transfers over one ``AudioManager``, which the caller opens and closes."""

    TITLE = "audiotui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        "library": LibraryScreen,
        "transfers": _transfers,
    }
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_key_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "switch_mode('library')", "Library", id="go.library", tooltip="The recordings"),
        Binding("3", "switch_mode('transfers')", "Transfers", id="go.transfers", tooltip="What moves, and what moved"),
        Binding("question_mark,f1", "help", "keys", id="app.help", tooltip="All keys that work here"),
        Binding("colon", "command_palette", "commands", id="app.palette", tooltip="All commands by name"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Leave; running jobs go on"),
    ]

    def __init__(self, manager: AudioManager, *, query: str = "") -> None:
        super().__init__()
        self.manager = manager
        self.first_query = query
        self._watcher: Watcher | None = None
        self._crash: Exception | None = None
        # The terminal's own switch, no setting of ours. With an ordinary theme Textual turns colours into greys under
        # NO_COLOR; only an ANSI theme sends none.
        if os.environ.get("NO_COLOR"):
            self.theme = "ansi-dark"

    async def on_mount(self) -> None:
        """Show the library, then begin to watch for changes."""
        await self.switch_mode("library")
        self.call_after_refresh(self._watch)

    def on_unmount(self) -> None:
        """Stop watching."""
        if self._watcher is not None:
            self._watcher.close()

    def on_jobs_seen(self, message: JobsSeen) -> None:
        """Every mode's top line has the summary; the modes that list jobs get them too."""
        for top_line in self.screen.query(TopLine):
            top_line.show_jobs(message.summary)
        if (show := getattr(self.screen, "show_jobs", None)) is not None:
            show(message)

    def on_catalog_moved(self) -> None:
        """Another process, or a job, wrote to the catalog."""
        if (refresh := getattr(self.screen, "catalog_moved", None)) is not None:
            refresh()

    def watch_closely(self, closely: bool) -> None:
        """Look at the jobs ten times a second instead of once."""
        if self._watcher is not None:
            self._watcher.closely = closely

    def say(self, text: str, *, error: bool = False) -> None:
        """A toast with text that may come from outside."""
        self.notify(safe_text(text, limit=500), severity="error" if error else "information", markup=False)

    def complain(self, error: AudiotuiError) -> None:
        """A toast that says what failed and what to do."""
        self.say(str(error), error=True)

    def action_help(self) -> None:
        """The keys of this screen."""
        from audiotui.tui.modals.help import HelpModal

        self.push_screen(HelpModal(self.screen))

    def run_safely(self) -> int:
        """Run until the user leaves; what went wrong inside is raised only when the terminal is itself again."""
        code = self.run()
        if self._crash is not None:
            raise self._crash
        return code or 0

    def _watch(self) -> None:
        self._watcher = Watcher(self.manager, self.post_message)

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print the values of all local variables, which may be anybody's texts or secrets.
        if self.is_headless:
            super()._handle_exception(error)
            return
        if self._crash is None:
            self._crash = error
            self.exit(1)
