"""Ways to a query besides typing it: facets and saved searches; both only write into the search box."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from audiotui.tui import answers
from audiotui.tui.facet_reader import FacetReader
from audiotui.tui.facets import toggled
from audiotui.tui.keys import FIND, MOVE
from audiotui.tui.screens.mode import WIDE, ModeScreen
from audiotui.tui.typed_ahead import opens_dialog
from audiotui.tui.widgets.facet_pane import FacetFilter, FacetPane

if TYPE_CHECKING:
    from collections.abc import Collection

RECOUNT_S = 10.0
"""While others change the library, facets are counted so seldom, and not between keys: it costs up to half a second of
a processor."""


class Finding(ModeScreen):
    """Facets and saved searches beside a search box; a subclass has the box and puts the pane on the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority, so that what is typed right after it goes to the facets and moves nothing in the list.
        Binding("f", "facets", "facets", id="lib.facets", tooltip="Filter by what is there", group=FIND, priority=True),
        Binding("z", "zoom", "zoom", id="lib.zoom", tooltip="This pane alone; again: all", group=MOVE),
        Binding("at", "saved", "saved", id="lib.saved", tooltip="Saved searches: pick, save, delete", group=FIND),
    ]

    DEFAULT_CSS = """
    Finding.-zoom-list FacetPane, Finding.-zoom-list #side { display: none !important; }
    Finding.-zoom-side FacetPane, Finding.-zoom-side RecordingTable { display: none !important; }
    Finding.-zoom-side #side { width: 1fr !important; height: 1fr !important; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._pane = FacetPane()
        self._counter: FacetReader | None = None
        self._is_outdated = False
        self._has_chosen_facets = False
        if self.app.size.width >= WIDE:
            self.add_class("-facets")

    @property
    def query_text(self) -> str:
        """What the search box says."""
        raise NotImplementedError

    def show_query(self, query: str) -> None:
        """Put a query into the search box, with the focus on what it finds."""
        raise NotImplementedError

    def write_query(self, query: str) -> None:
        """Put a query into the search box; the focus stays."""
        raise NotImplementedError

    def focus_list(self) -> None:
        """Give the focus to what was found."""
        raise NotImplementedError

    def marked_ids(self) -> Collection[int]:
        """What ``is:marked`` means."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Facets that are out of date are counted again now and then."""
        self._pane.list.show_query(self.query_text)
        self.set_interval(RECOUNT_S, self._recount_outdated)

    def on_unmount(self) -> None:
        """Stop counting."""
        if self._counter is not None:
            self._counter.close()

    def on_resize(self) -> None:
        """Where there is room for them, facets are there without being asked for."""
        if not self._has_chosen_facets:
            self._show_facets(self.size.width >= WIDE)

    def query_changed(self) -> None:
        """The search box says something else."""
        self._pane.list.show_query(self.query_text)
        self._count()

    def facets_outdated(self) -> None:
        """Somebody changed the library."""
        self._is_outdated = True

    def library_opened(self) -> None:
        """There is something to count."""
        self._counter = FacetReader(lambda: self.audiotui.manager, self.post_message, marked=self.marked_ids)
        self._counter.start()
        self._count()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key of facets is a letter where one types."""
        if action == "facets":
            return not isinstance(self.focused, Input)
        return super().check_action(action, parameters)

    def action_facets(self) -> None:
        """Open the facets and go there; a second time closes them."""
        if self._pane.has_focus_within:
            self._has_chosen_facets = True
            self._show_facets(False)
            self.focus_list()
        else:
            self._has_chosen_facets |= not self._pane.display
            self._show_facets(True)
            self._pane.enter()

    def action_zoom(self) -> None:
        """Show the pane with the focus alone, or everything again."""
        if self.has_class("-zoom-list") or self.has_class("-zoom-side"):
            self.remove_class("-zoom-list", "-zoom-side")
        else:
            is_beside = any(node.id == "side" for node in self.focused.ancestors) if self.focused else False
            self.add_class("-zoom-side" if is_beside else "-zoom-list")

    @opens_dialog
    @work(group="saved", exclusive=True)
    async def action_saved(self) -> None:
        """Pick a saved search, or save this one."""
        from audiotui.tui.modals.saved import SavedModal

        query = await self.app.push_screen_wait(SavedModal(self.audiotui.manager, self.query_text))
        if query is not None:
            self.show_query(query)

    @on(FacetFilter.Toggled)
    def _toggled(self, message: FacetFilter.Toggled) -> None:
        self.write_query(toggled(self.query_text, message.field, message.value))

    @on(FacetPane.Wanted)
    def _wanted(self) -> None:
        self._count()

    @on(FacetFilter.Left)
    def _left(self) -> None:
        if self.size.width < WIDE:
            self._show_facets(False)
        self.focus_list()

    @on(answers.Faceted)
    def _faceted(self, faceted: answers.Faceted) -> None:
        if faceted.query == self.query_text and faceted.beginning == self._pane.beginning:
            self._pane.list.show(faceted.section, faceted.values)

    def _show_facets(self, is_shown: bool) -> None:
        if is_shown != self.has_class("-facets"):
            self.set_class(is_shown, "-facets")
            if is_shown:
                self.query_changed()

    def _count(self) -> None:
        if self._counter is not None and self.has_class("-facets"):
            self._is_outdated = False
            self._counter.count(self.query_text, beginning=self._pane.beginning, sections=self._pane.list.open_sections)

    def _recount_outdated(self) -> None:
        if self._is_outdated and self.is_current and not self.audiotui.is_in_use:
            self._count()
