"""What every mode has: the top line, the hint bar, and one line instead of everything where there is no room.

A mode is one file here with one subclass of ``ModeScreen``, and one entry in ``AudiotuiApp.MODES``. The subclass

* sets ``mode`` (its name in ``MODES``) and ``AUTO_FOCUS`` (the widget that has the focus first);
* makes its widgets in ``body``; the lines around them are made here;
* gives every binding an ``id`` (``identities.merge``: hints, help, palette and the user's keymap name keys by it), a
  description of a word or two for hints, a tooltip of a few words for lists, and a ``group`` of ``tui.keys``;
* says in ``hints`` which keys to offer now; whoever changes what works calls ``show_hints``, as a new focus does
  (below a dialog none are shown);
* hides keys that cannot work with ``check_action``: False takes them from hints, help and palette too; those of which
  ``why_not`` gives a reason stay there, dim, and say it when they are pressed;
* hears of jobs in ``jobs_seen`` and of changes to the catalog in ``catalog_moved`` (to override; both come on the
  screen's thread, also while another mode is shown);
* reads and writes only through ``self.audiotui.manager``, never on the screen's thread: a worker with
  ``await asyncio.to_thread(...)``, and ``self.audiotui.complain(error)`` for an ``AudiotuiError``;
* goes to the Library with ``self.audiotui.show_recordings(query)``;
* shows text from outside through ``safe_text``, as ``Content`` or in widgets with ``markup=False``.

Screens get the classes ``-slim``, ``-narrow`` and ``-wide`` by width, ``-broad`` as well from 160 cells on, ``-low``
where only a table fits, and ``-too-small``. ``Sheet`` is the base of all dialogs, ``LineView`` that of all lists that
draw their own lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.events import ScreenResume
from textual.screen import Screen
from textual.widgets import Static

from audiotui.tui.compositing import SparingCompositor
from audiotui.tui.keys import APP, keys_of
from audiotui.tui.summary import summarise
from audiotui.tui.widgets.hint_bar import Hint, HintBar
from audiotui.tui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Size
    from textual.widget import Widget

    from audiotui.manager import JobInfo
    from audiotui.tui.app import AudiotuiApp

NARROW = 72
"""Cells from which there is room for more than the most necessary words."""

WIDE = 120
"""Cells from which panes stand side by side."""

BROAD = 160
"""Cells from which panes are as wide as they can use."""

SMALLEST = (50, 12)
"""Cells below which a screen only asks for more room."""

LOW = 20
"""Lines below which a screen shows its table alone."""


class ModeScreen(Screen[None]):
    """The base of all modes; a subclass says its ``mode``, composes its body and offers its hints."""

    mode: ClassVar[str]

    DEFAULT_CSS = """
    ModeScreen { background: $background; }
    ModeScreen #too-small { display: none; height: 1fr; content-align: center middle; }
    ModeScreen.-too-small > * { display: none; }
    ModeScreen.-too-small #too-small { display: block; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "next pane", id="app.next_pane", tooltip="Next pane", group=APP),
        Binding("shift+tab", "app.focus_previous", "pane", id="app.pane", tooltip="Previous pane", group=APP),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._compositor = SparingCompositor()
        self._is_covered = False
        # Before there is a widget, so that none is styled twice.
        self.add_class(*(name for name, is_so in _classes_by_size(self.app.size).items() if is_so))
        # Says that the styles on hand are those of the theme. Else Textual parses them all again for a new mode.
        self._css_update_count = self.app._css_update_count
        self._styled_for = self.app.theme

    def compose(self) -> ComposeResult:
        """The lines that all modes share around the body."""
        yield TopLine(self.mode)
        yield from self.body()
        yield HintBar()
        yield Static(f"audiotui needs at least {SMALLEST[0]} x {SMALLEST[1]} cells", id="too-small", markup=False)

    @property
    def audiotui(self) -> AudiotuiApp:
        """The app, with its own type."""
        from audiotui.tui.app import AudiotuiApp

        assert isinstance(self.app, AudiotuiApp)  # noqa: S101 - for the type checker; screens exist in no other app
        return self.app

    def body(self) -> Iterable[Widget]:
        """The mode's own widgets."""
        raise NotImplementedError

    def hints(self) -> Sequence[tuple[str, str]]:
        """What to offer now, most useful first: (id of a binding, its words or '' for the usual ones)."""
        raise NotImplementedError

    def why_not(self, action: str) -> str:  # noqa: ARG002 - for subclasses
        """Why an action cannot be done just now, though its key is shown; '' if it can."""
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What cannot be done just now is dim."""
        return None if self.why_not(action) else super().check_action(action, parameters)

    def jobs_seen(self, jobs: Sequence[JobInfo]) -> None:
        """The jobs as they stand now; for modes that list them."""

    def catalog_moved(self) -> None:
        """The library changed; for modes that show it."""

    def others_wrote(self) -> None:
        """Another process or thread changed the library, once a second at most; for modes that take their time."""
        self.catalog_moved()

    def show_hints(self) -> None:
        """Bring the hint bar up to date; below a dialog, which names its own keys, it is empty."""
        self._is_covered = self.app.screen is not self and self.app.screen.is_modal
        keys = keys_of(self) if not self._is_covered else {}
        self.query_one(HintBar).show(
            [
                Hint(keys[name].first, words or keys[name].label, keys[name].works)
                for name, words in self.hints()
                if name in keys
            ]
        )

    def on_mount(self) -> None:
        """Begin with what the app knows already."""
        self.audiotui.jobs_changed.subscribe(self, self._show_jobs)
        self.audiotui.catalog_changed.subscribe(self, lambda _: self.others_wrote())
        self._show_jobs(self.audiotui.jobs or ())
        self.show_hints()

    def on_key(self, event: events.Key) -> None:
        """A dim key says why nothing happens."""
        active = self.active_bindings.get(event.key)
        if active is not None and not active.enabled and (why := self.why_not(active.binding.action)):
            self.audiotui.say(why, severity="warning")

    def on_screen_suspend(self) -> None:
        """A dialog in front names its own keys, and shows the toasts."""
        if self.app.screen.is_modal:
            self.show_hints()
            self.query("ToastRack").set(display=False)  # Textual shows it again with the screen

    def on_screen_resume(self) -> None:
        """The keys of this mode work again."""
        if self._is_covered:
            self.show_hints()

    def on_descendant_focus(self) -> None:
        """Other keys work now."""
        self.call_after_refresh(self.show_hints)

    def on_resize(self) -> None:
        """Show less where there is less room."""
        self.update_classes(_classes_by_size(self.size))

    def _compositor_refresh(self) -> None:
        # In a batch Textual draws all of a new screen and throws it away, and then draws the rest of it twice.
        if not self.app._batch_count:
            super()._compositor_refresh()

    @on(ScreenResume)
    def _style_for_new_theme(self, event: ScreenResume) -> None:
        # Textual would style all widgets anew whenever a screen comes to the front, which takes 30 ms.
        event.refresh_styles = self._styled_for != self.app.theme
        self._styled_for = self.app.theme

    def _show_jobs(self, jobs: Sequence[JobInfo]) -> None:
        self.query_one(TopLine).show_jobs(summarise(jobs, self.audiotui.now_ms()).short)
        self.jobs_seen(jobs)


def _classes_by_size(size: Size) -> Mapping[str, bool]:
    width, height = size
    return {
        "-slim": width < NARROW,
        "-narrow": NARROW <= width < WIDE,
        "-wide": width >= WIDE,
        "-broad": width >= BROAD,
        "-low": height < LOW,
        "-too-small": width < SMALLEST[0] or height < SMALLEST[1],
    }
