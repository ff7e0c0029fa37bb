"""The Locations mode: places for files, whether they answer now, what lies there, and forms to add and change them."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container

from audiotui.config.drafts import LocationDraft
from audiotui.model import LOCAL
from audiotui.tui.keys import ACT, FIND
from audiotui.tui.location_words import (
    KIND_WORDS,
    OK,
    SSH,
    Place,
    asked_for,
    describe,
    fetch_parts,
    host_key_words,
    removal_question,
    scan_parts,
)
from audiotui.tui.modals.long_act import LongActModal
from audiotui.tui.pinger import Pinged, Pinger
from audiotui.tui.screens.editing import FORM_HINTS, FormScreen
from audiotui.tui.typed_ahead import opens_dialog
from audiotui.tui.widgets.cursor_list import CursorList
from audiotui.tui.widgets.form import Form
from audiotui.tui.widgets.location_table import LocationTable
from audiotui.tui.widgets.status_line import StatusLine
from audiotui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.widget import Widget

    from audiotui.manager import LocationOverview, Ping

ASK_AGAIN_S = 15.0
"""How often locations on the screen are asked whether they answer."""

RECOUNT_S = 5.0
"""While others change the library, copies are counted so seldom: a million of them take half a second."""

LAST_HINTS = (("app.help", ""), ("app.palette", ""), ("app.quit", ""))


class LocationsScreen(FormScreen):
    """Looking after locations."""

    mode = "locations"
    AUTO_FOCUS = "LocationTable"

    DEFAULT_CSS = """
    LocationsScreen LocationTable { height: 2fr; min-height: 4; }
    LocationsScreen #below { height: 3fr; border-top: solid $panel; }
    LocationsScreen #about { padding: 0 1; height: 1fr; }
    LocationsScreen.-form #about { display: none; }
    LocationsScreen.-form LocationTable { height: 5; }
    LocationsScreen.-form #below { height: 1fr; }
    LocationsScreen.-low #below { display: none; }
    LocationsScreen.-low.-form #below { display: block; }
    LocationsScreen.-low.-form LocationTable { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="locations.new", tooltip="Add a location", group=ACT),
        Binding("e", "edit", "edit", id="locations.edit", tooltip="Change its options", group=ACT),
        Binding("T", "test", "test", id="locations.test", tooltip="Try everything out there", group=ACT),
        Binding("S", "scan", "scan", id="locations.scan", tooltip="Compare it with the library", group=ACT),
        Binding("asterisk", "default", "default", id="locations.default", tooltip="Push there by default", group=ACT),
        Binding("d", "remove", "remove", id="locations.remove", tooltip="Take it out of the configuration", group=ACT),
        Binding("t", "trust", "host key", id="locations.trust", tooltip="Look at the host's key, trust it", group=ACT),
        Binding("y", "copy", "copy address", id="locations.copy", tooltip="Copy its address", group=ACT),
        Binding("R", "refresh", "refresh", id="locations.refresh", tooltip="Ask all of them again", group=FIND),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._then = ""
        """Where the cursor shall go when the list is read: to what was just saved."""
        self._pings: dict[str, Ping] = {}
        self._infos: Sequence[LocationOverview] = ()
        self._draft = LocationDraft("", LOCAL)
        self._is_new = False
        self._is_outdated = False
        self._replaced = threading.Event()

    def body(self) -> Iterable[Widget]:
        """The table; below it the location under the cursor, or a form."""
        app = self.audiotui
        self._pinger = Pinger(lambda: app.manager, self.post_message)
        self._table = LocationTable(now_ms=app.now_ms)
        self._about = TextPane(id="about")
        self.form_place, self.list_place = Container(self._about, id="below"), self._table
        self._status = StatusLine()
        yield self._table
        yield self.form_place
        yield self._status

    def on_mount(self) -> None:
        """Ask and count again from time to time while the mode is on the screen."""
        self.set_interval(ASK_AGAIN_S, self._ask_all)
        self.set_interval(RECOUNT_S, self._load_outdated)

    def on_unmount(self) -> None:
        """Whoever leaves does not wait for numbers."""
        self._replaced.set()

    def on_screen_resume(self) -> None:
        """See how they stand now, as soon as it is seen how they stood."""
        self.call_after_refresh(self._load)

    def catalog_moved(self) -> None:
        """Numbers of copies may be others."""
        self._is_outdated = True

    def hints(self) -> Sequence[tuple[str, str]]:
        """The keys that work now."""
        if self.form is not None:
            return FORM_HINTS
        return [
            ("list.choose", "browse"),
            ("locations.new", ""),
            ("locations.edit", ""),
            ("locations.test", ""),
            ("locations.scan", ""),
            ("locations.trust", ""),
            ("locations.default", ""),
            ("locations.remove", ""),
            ("locations.copy", ""),
            ("locations.refresh", ""),
            *LAST_HINTS,
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a form is open only what belongs to it works; ``local`` stays where it is."""
        if action in {"default", "remove"}:
            place = self._table.current
            return self.form is None and place is not None and place.info.name != LOCAL
        if action == "trust":
            place = self._table.current
            return self.form is None and place is not None and place.info.kind == SSH
        if action in {"new", "edit", "test", "scan", "copy", "refresh", "undo", "redo"}:
            return self.form is None
        return super().check_action(action, parameters)

    @on(CursorList.Moved)
    def _moved(self) -> None:
        self._describe()
        self.show_hints()

    @on(CursorList.Chosen)
    @work(group="browse", exclusive=True)
    async def _browse(self) -> None:
        """Look at what lies there, and import some of it."""
        from audiotui.tui.modals.browse import BrowseModal

        place = self._table.current
        if place is None:
            return
        manager, name = self.audiotui.manager, place.info.name
        keys = await self.app.push_screen_wait(BrowseModal(manager, name, now_ms=self.audiotui.now_ms))
        if keys:
            fetch = partial(manager.import_from_location, name, keys)
            await self.app.push_screen_wait(LongActModal(f"Import from {name}", "Fetching…", fetch, fetch_parts))
            self._load()

    @on(Pinged)
    def _pinged(self, message: Pinged) -> None:
        if message.ping is not None:
            self._pings[message.location] = message.ping
        self._show()

    @on(Form.Changed)
    def _typed(self) -> None:
        self.check_form()

    @opens_dialog
    @work(group="form", exclusive=True)
    async def action_new(self) -> None:
        """Add a location of some kind."""
        from audiotui.tui.modals.choice import Choice, ChoiceModal

        letters = {"local": "f", "s3": "s", "minio": "m", "scp": "h"}
        words = {"local": "a folder of this machine", "s3": "a bucket of S3 or a compatible service",
                 "minio": "a bucket of a MinIO server", "scp": "a host, by SSH"}  # fmt: skip
        choices = [
            Choice(form.kind, letters.get(form.kind, form.kind[0]), words.get(form.kind, form.title))
            for form in self.audiotui.manager.location_kinds()
        ]
        kind = await self.app.push_screen_wait(ChoiceModal("New location", choices, opens_form=True))
        if kind is not None:
            await self._open_location(f"New {KIND_WORDS.get(kind, kind)}", LocationDraft("", kind), is_new=True)

    @opens_dialog
    @work(group="form", exclusive=True)
    async def action_edit(self) -> None:
        """Change the location under the cursor."""
        place = self._table.current
        if place is not None:
            draft = await self.attempt(partial(self.audiotui.manager.location_draft, place.info.name))
            if draft is not None:
                await self._open_location(f"Edit {place.info.name}", draft, is_new=False)

    def go_back(self) -> None:
        """Back to the table."""
        self._table.focus()

    def form_problems(self, values: Mapping[str, str]) -> dict[str, str]:
        """What is wrong with the location as it was typed."""
        return self.audiotui.manager.location_problems(self._typed_draft(values), is_new=self._is_new)

    def save_form(self, values: Mapping[str, str], changed: Mapping[str, str]) -> str:
        """Write the location to the configuration."""
        del changed
        draft = self._typed_draft(values)
        self.audiotui.manager.save_location(draft, is_new=self._is_new)
        return draft.name

    def form_saved(self, key: str) -> None:
        """Show it, and ask whether it answers."""
        self._pings.pop(key, None)
        self.audiotui.say(f"{key} is in {self.audiotui.manager.config.path}; T tries it out")
        self._then = key
        self._load()

    def show_status(self) -> None:
        """What of the form is wrong, else which location is in trouble."""
        if self.form is not None:
            self._status.show(*self.form_words() or [("secrets: give the NAMES of environment variables", "dim")])
            return
        troubled = [ping for ping in self._pings.values() if ping.state != OK]
        self._status.show(*((f"✗ {ping.location}: {ping.reason} {ping.hint}", "$text-error") for ping in troubled[:1]))

    @opens_dialog
    @work(group="test", exclusive=True)
    async def action_test(self) -> None:
        """Try everything out there."""
        from audiotui.tui.modals.check import CheckModal

        if (place := self._table.current) is not None:
            await self.app.push_screen_wait(CheckModal(self.audiotui.manager, place.info.name))
            self._load()

    @opens_dialog
    @work(group="test", exclusive=True)
    async def action_scan(self) -> None:
        """Compare what lies there with the library."""
        if (place := self._table.current) is not None:
            name = place.info.name
            scan = partial(self.audiotui.manager.scan_location, name)
            beginning = "Listing what lies there; nothing is deleted…"
            await self.app.push_screen_wait(LongActModal(f"Scan of {name}", beginning, scan, scan_parts))
            self._load()

    @work(group="edit")
    async def action_default(self) -> None:
        """Let pushes go there that name no destination."""
        place = self._table.current
        if place is not None and await self.done(
            partial(self.audiotui.manager.set_default_destination, place.info.name)
        ):
            self.audiotui.say(f"pushes go to {place.info.name} now")
            self._load()

    @opens_dialog
    @work(group="edit")
    async def action_remove(self) -> None:
        """Take the location under the cursor out of the configuration."""
        from audiotui.tui.modals.confirm import ConfirmModal

        place = self._table.current
        if place is None:
            return
        name = place.info.name
        question = ConfirmModal(f"Remove {name}?", removal_question(place.info), (("remove", "Remove"),))
        if await self.app.push_screen_wait(question) == "remove" and await self.done(
            partial(self.audiotui.manager.remove_location, name)
        ):
            self._pings.pop(name, None)
            self.audiotui.say(f"{name} is out of the configuration")
            self._load()

    @opens_dialog
    @work(group="edit")
    async def action_trust(self) -> None:
        """Show the key of the host under the cursor, and trust it if the person says so."""
        from audiotui.tui.modals.confirm import ConfirmModal

        place = self._table.current
        if place is None:
            return
        manager, name = self.audiotui.manager, place.info.name
        goes_on = True
        while goes_on:  # from one host to the next, where others are on the way
            key = await self.attempt(partial(manager.host_key, name))
            if key is None:
                return
            answers = (("trust", "Trust it"),) if key.state == "unknown" else ()
            modal = ConfirmModal(f"Host key of {name}", host_key_words(key), answers, cancel="Close")
            if await self.app.push_screen_wait(modal) != "trust":
                return
            is_trusted = await self.done(partial(manager.trust_location, name, key.fingerprint))
            if is_trusted:
                self.audiotui.say(f"{key.known_as} is trusted now")
                self._pings.pop(name, None)
            self._load()
            goes_on = is_trusted and bool(key.leads_to)

    def action_copy(self) -> None:
        """Copy the address of the location under the cursor."""
        if (place := self._table.current) is not None:
            self.app.copy_to_clipboard(place.info.address)
            self.audiotui.say(f"copied {place.info.address}")

    @work(group="edit")
    async def action_refresh(self) -> None:
        """Read the configuration again, as an editor may have left it, and ask all locations."""
        if await self.done(self.audiotui.manager.reload_config):
            self._load()

    @work(exclusive=True, group="list")
    async def _load(self) -> None:
        self._replaced.set()
        self._replaced, self._is_outdated = threading.Event(), False
        infos = await self.attempt(partial(self.audiotui.manager.list_locations, cancel=self._replaced))
        if infos is None:
            return
        self._infos = infos
        self._show()
        if self._then and self._table.go_to(self._then):
            self._then = ""
        self._ask_all()

    def _load_outdated(self) -> None:
        if self._is_outdated and self.is_current:
            self._load()

    def _ask_all(self) -> None:
        if self.is_current:
            for info in self._infos:
                self._pinger.ask(info.name)
            self._show()

    def _show(self) -> None:
        self._table.show(
            [Place(info, self._pings.get(info.name), self._pinger.is_asking(info.name)) for info in self._infos]
        )
        self._describe()
        self.show_status()

    def _describe(self) -> None:
        place = self._table.current
        self._about.show_parts(describe(place, self.audiotui.now_ms()) if place is not None else [])

    async def _open_location(self, title: str, draft: LocationDraft, *, is_new: bool) -> None:
        kind = next(form for form in self.audiotui.manager.location_kinds() if form.kind == draft.kind)
        self._draft, self._is_new = draft, is_new
        asked = asked_for(kind, is_new=is_new, kept=draft.kept_secrets)
        await self.open_form(Form(title, asked, {"name": draft.name, **draft.values}))

    def _typed_draft(self, values: Mapping[str, str]) -> LocationDraft:
        options = {name: value for name, value in values.items() if name != "name"}
        return replace(self._draft, name=values["name"].strip(), values=options)
