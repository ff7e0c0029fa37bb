"""The app: its modes, what all of them share, and how it ends when something goes wrong."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.app import ScreenStackError
from textual.binding import Binding, BindingType
from textual.signal import Signal
from textual.worker import WorkerFailed

from audiotui.text import format_count, safe_text
from audiotui.tui.first_frame import FirstFrame
from audiotui.tui.keys import APP
from audiotui.tui.leaving import Leaving
from audiotui.tui.listening import Listening
from audiotui.tui.screens.library import LibraryScreen
from audiotui.tui.summary import ended, summarise
from audiotui.tui.theme import ANSI_THEME, STYLES_OF_CURRENT, THEME, with_readable_texts
from audiotui.tui.typed_ahead import opens_dialog
from audiotui.tui.watcher import Watcher
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.command import Provider
    from textual.message import Message
    from textual.notifications import SeverityLevel
    from textual.screen import Screen
    from textual.widget import AwaitMount

    from audiotui.config.app import AppOptions
    from audiotui.errors import AudiotuiError
    from audiotui.manager import AudioManager, JobInfo
    from audiotui.tui.answers import Opened
    from audiotui.tui.background import Broken
    from audiotui.tui.keys import Key
    from audiotui.tui.watcher import CatalogMoved, FilesSeen, JobsSeen

ACT_THREADS = 3
"""One for an act that takes long, two for what a person does meanwhile."""

TROUBLE_SHOWN_S = 10.0
"""How long a toast with an error or a warning stays."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _identities() -> Screen[None]:
    from audiotui.tui.screens.identities import IdentitiesScreen

    return IdentitiesScreen()


def _transfers() -> Screen[None]:
    from audiotui.tui.screens.transfers import TransfersScreen

    return TransfersScreen()


def _locations() -> Screen[None]:
    from audiotui.tui.screens.locations import LocationsScreen

    return LocationsScreen()


def _key_commands() -> type[Provider]:
    from audiotui.tui.palette import KeyCommands

    return KeyCommands


def _library_hits() -> type[Provider]:
    from audiotui.tui.palette import LibraryHits

    return LibraryHits


def _theme_commands() -> type[Provider]:
    from audiotui.tui.palette import ThemeCommands

    return ThemeCommands


class AudiotuiApp(Leaving, FirstFrame):
    """Four modes over one ``AudioManager``; it is opened by the first thread that asks for it.

    ``open_manager`` is called once, and the caller closes what it returned.
    """

    TITLE = "audiotui"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        "library": LibraryScreen,
        "identities": _identities,
        "transfers": _transfers,
        "locations": _locations,
    }
    DEFAULT_MODE = "library"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {
        _key_commands,
        _library_hits,
        _theme_commands,
    }
    CSS = f"""
    ToastRack {{ margin-bottom: 3; }}
    Sheet ToastRack {{ margin-bottom: 0; }}
    Toast {{ width: auto; max-width: 56; padding: 0 1; margin-top: 1; }}
    Sheet Toast {{ max-width: 100%; margin-top: 0; }}
    SearchIcon {{ display: none; }}
    CommandList {{ text-wrap: nowrap; text-overflow: ellipsis; }}
    {STYLES_OF_CURRENT}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "switch_mode('library')", "library", id="go.library", tooltip="Go to the Library", group=APP),
        Binding(
            "2", "switch_mode('identities')", "identities", id="go.identities", tooltip="Go to Identities", group=APP
        ),
        Binding(
            "3,w", "switch_mode('transfers')", "transfers", id="go.transfers", tooltip="Go to Transfers", group=APP
        ),
        Binding("4", "switch_mode('locations')", "locations", id="go.locations", tooltip="Go to Locations", group=APP),
        Binding("right_square_bracket", "next_mode(1)", "next screen", id="go.next", tooltip="Next screen", group=APP),
        Binding(
            "left_square_bracket",
            "next_mode(-1)",
            "screen before",
            id="go.previous",
            tooltip="Screen before",
            group=APP,
        ),
        Binding("question_mark,f1", "help", "keys", id="app.help", tooltip="All keys that work here", group=APP),
        # With priority, so that letters typed right after it go to the palette and are no commands.
        Binding(
            "colon",
            "open_palette",
            "commands",
            id="app.palette",
            tooltip="Commands, places, recordings by name",
            group=APP,
            priority=True,
        ),
        Binding("ctrl+p", "command_palette", "commands", id="app.palette", group=APP, priority=True),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Leave; running jobs go on", group=APP),
    ]

    def __init__(
        self, open_manager: Callable[[], AudioManager], *, query: str = "", now_ms: Callable[[], int] = _now_ms
    ) -> None:
        # The terminal's own switch, no setting of ours. Textual needs an ANSI theme then, and to hear of it before it
        # begins: of other themes it sends greys, and of one that comes later black on black.
        has_colors = os.environ.get("NO_COLOR") is None
        super().__init__(ansi_color=None if has_colors else True)
        self._open_manager = open_manager
        self._opening = threading.Lock()
        self._manager: AudioManager | None = None
        self.first_query = query
        self.now_ms = now_ms
        self.jobs: Sequence[JobInfo] | None = None
        """The jobs as they stood at the last look, None before the first."""
        self.jobs_changed: Signal[Sequence[JobInfo]] = Signal(self, "jobs")
        self.files_changed: Signal[FilesSeen] = Signal(self, "files")
        self.catalog_changed: Signal[None] = Signal(self, "catalog")
        self._watcher = Watcher(lambda: self.manager, self.post_message)
        self.listening = Listening(lambda: self.manager, self._tell_screen)
        """The app's ears: one player for all screens."""
        self._crash: Exception | None = None
        self._is_made = False
        self.register_theme(THEME)
        # Without its watcher, which Textual runs when it starts: each run of it makes all styles anew.
        self.set_reactive(AudiotuiApp.theme, THEME.name if has_colors else ANSI_THEME)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_css_variables(self) -> dict[str, str]:
        """The colours of the theme; text can be read in all of them."""
        self.theme_variables = with_readable_texts(super().get_css_variables())
        return self.theme_variables

    def delay_update(self, delay: float = 0.05) -> None:
        """Hold frames back while screens change, as Textual does; not for a screen that was made before.

        There is nothing half made to be seen then, and half of the time of a key that changes modes would be waiting.
        """
        if not self._is_made:
            super().delay_update(delay)

    def clear_selection(self) -> None:
        """Forget what was selected by mouse; there is no screen yet when its first text field asks for this.

        From Python 3.12 on, widgets begin their lives before the screen that they are on is on the stack.
        """
        with suppress(ScreenStackError):
            super().clear_selection()

    def switch_mode(self, mode: str) -> AwaitMount:
        """Bring another mode to the front."""
        self._is_made = mode in self._screen_stacks
        try:
            return super().switch_mode(mode)
        finally:
            self._is_made = False

    @property
    def manager(self) -> AudioManager:
        """The library; opening it takes a tenth of a second, and any thread may ask."""
        with self._opening:
            if self._manager is None:
                self._manager = self._open_manager()
            return self._manager

    def on_mount(self) -> None:
        """Acts share a few threads: each that reads the library keeps a part of it in memory."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(ACT_THREADS, "audiotui-act"))

    def on_opened(self, message: Opened) -> None:
        """The first rows are coming; what can wait begins."""
        self._watcher.start()
        for warning in (*message.warnings, *self._use(message.options)):
            self.say(warning, severity="warning")
        if not gc.isenabled():  # see run_app
            gc.freeze()
            gc.enable()

    def _use(self, options: AppOptions) -> Sequence[str]:
        """Take the user's theme and keys; returns what is wrong with them."""
        problems = []
        if options.theme and options.theme not in self.available_themes:
            problems.append(f"theme: there is no theme {options.theme}; there are {', '.join(self.available_themes)}")
        elif options.theme and not self.ansi_color:
            self.theme = options.theme
        if options.keys:
            from audiotui.tui.keymap import checked

            keymap = checked(options.keys)
            self.set_keymap(keymap.keys)
            problems += keymap.problems
        return problems

    def on_unmount(self) -> None:
        """Stop watching and listening."""
        self._watcher.close()
        self.listening.close()

    def on_jobs_seen(self, message: JobsSeen) -> None:
        """All modes hear of it, and of jobs that ended the person does too."""
        before, self.jobs = self.jobs, message.jobs
        self.jobs_changed.publish(message.jobs)
        if before is None and (left := summarise(message.jobs, self.now_ms()).left_words):
            self.say(f"{left}: 3, then R goes on.", severity="warning")
        for job in ended(before, message.jobs) if before is not None else ():
            if job.failed_items:
                failed = f"{format_count(job.failed_items)} of {things(job.total_items, 'file')} failed"
                self.say(f"{job.title}: {failed}. 3 shows why.", severity="error")
            else:
                self.say(f"{job.title}: done.")

    def on_files_seen(self, message: FilesSeen) -> None:
        """For the mode that lists files."""
        self.files_changed.publish(message)

    def on_catalog_moved(self, _message: CatalogMoved) -> None:
        """Another process, or a job, wrote to the catalog."""
        self.catalog_changed.publish(None)

    def on_broken(self, message: Broken) -> None:
        """One of our threads met a fault of the program."""
        self._handle_exception(message.error)

    def _tell_screen(self, message: Message) -> None:
        """Post to the screen that is looked at, from any thread."""
        if self.is_running and self.screen_stack:
            self.screen.post_message(message)

    def watch_closely(self, closely: bool) -> None:
        """Look at the jobs ten times a second instead of once."""
        self._watcher.watch_closely(closely)

    def look_now(self) -> None:
        """Look at the jobs at once: one of them was changed here."""
        self._watcher.look_now()

    def look_at_files(self, job_id: str | None) -> None:
        """Tell of a job's files from now on."""
        self._watcher.look_at(job_id)

    def say(self, text: str, *, severity: SeverityLevel = "information") -> None:
        """A toast with text that may come from outside."""
        timeout = None if severity == "information" else TROUBLE_SHOWN_S
        self.notify(safe_text(text, limit=500), severity=severity, timeout=timeout, markup=False)

    def complain(self, error: AudiotuiError) -> None:
        """A toast that says what failed and what to do."""
        self.say(str(error), severity="error")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A colon in a text field is a letter."""
        if action == "open_palette":
            return self.focused is None or not self.focused.check_consume_key("colon", ":")
        return super().check_action(action, parameters)

    def action_command_palette(self) -> None:
        """Open the palette."""
        from audiotui.tui.modals.commands import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_open_palette(self) -> None:
        """Open the palette, as ctrl+p does."""
        self.action_command_palette()

    def action_next_mode(self, by: int) -> None:
        """Go to the mode beside the current one."""
        if not self.screen.is_modal:
            names = list(self.MODES)
            self.switch_mode(names[(names.index(self.current_mode) + by) % len(names)])

    def show_recordings(self, query: str) -> None:
        """Go to the Library with a query in its search box."""
        self.switch_mode("library")
        library = self.screen
        if isinstance(library, LibraryScreen):
            library.show_query(query)

    @opens_dialog
    def action_help(self) -> None:
        """The keys of this screen; the one that is chosen there does what it does."""
        from audiotui.tui.modals.help import HelpModal

        if not self.screen.is_modal:
            self.push_screen(HelpModal(self.screen), self._run_key)

    async def _run_key(self, key: Key | None) -> None:
        if key is not None:
            await self.run_action(key.action, key.node)

    def run_safely(self) -> int:
        """Run until the user leaves; what went wrong inside is raised only when the terminal is itself again."""
        code = self.run()
        if self._crash is not None:
            raise self._crash
        return code or 0

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print the values of all local variables, which may be anybody's texts or secrets.
        if self.is_headless:
            super()._handle_exception(error)
            return
        if self._crash is None:
            self._crash = error.error if isinstance(error, WorkerFailed) else error  # type: ignore[assignment]
            self.exit(1)
