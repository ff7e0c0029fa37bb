"""What the palette finds: every key of the screen by its name, then places, identities, saved searches, recordings."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from audiotui.errors import AudiotuiError
from audiotui.model import AIIdentity
from audiotui.text import safe_text
from audiotui.tui.facets import term
from audiotui.tui.keys import MOVE, Key, keys_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.screen import Screen
    from textual.types import IgnoreReturnCallbackType

    from audiotui.manager import AudioManager
    from audiotui.tui.app import AudiotuiApp

REST_S = 0.15
"""The library is asked when nothing was typed for so long."""

MOST = 5
"""Of each kind of thing."""

LABEL_LENGTH = 60
"""Characters of a thing's name; most fit into a line together with its kind."""

COMMANDS_FIRST, THINGS, RECORDINGS_LAST = 1.0, 0.4, 0.2
"""How the kinds of hits are ordered; a command that matches well stands before everything."""


class KeyCommands(Provider):
    """What the keys of the current screen do, without those that only move a cursor.

    Names and keys are this program's own, never text from outside.
    """

    async def discover(self) -> Hits:
        """Everything, for the empty search."""
        for key in commands_of(self.screen):
            yield DiscoveryHit(_display(key), partial(self.app.run_action, key.action, key.node), text=key.name)

    async def search(self, query: str) -> Hits:
        """Those that have all words typed in what they do, or in what hints call them."""
        for score, key in commands_called(self.screen, query):
            yield Hit(
                COMMANDS_FIRST * score,
                _display(key),
                partial(self.app.run_action, key.action, key.node),
                text=key.name,
            )


class ThemeCommands(Provider):
    """The themes, for those who ask for one."""

    async def search(self, query: str) -> Hits:
        """Those that have all words typed."""
        for name in self.app.available_themes:
            text = f"Theme: {name}"
            if score := match(text, query):
                yield Hit(score * THINGS, Content(text), partial(setattr, self.app, "theme", name), text=text)


class LibraryHits(Provider):
    """Things of the library; choosing one shows its recordings. Texts may come from outside."""

    async def search(self, query: str) -> Hits:
        """What begins with, or holds, what was typed."""
        await asyncio.sleep(REST_S)  # Textual ends this search when another key comes
        app = cast_app(self.app)
        try:
            found = await asyncio.to_thread(things_called, app.manager, query)
        except AudiotuiError as error:
            app.complain(error)
            return
        for place, (label, kind, wanted) in enumerate(found):
            score = (RECORDINGS_LAST if kind == "recording" else THINGS) - place / 1000
            shown = Content.assemble(safe_text(label, limit=LABEL_LENGTH), (f"   {kind}", "not bold dim"))
            yield Hit(score, shown, _showing(app, wanted), text=safe_text(f"{kind} {label}", limit=200))


def commands_of(screen: Screen[Any]) -> Iterator[Key]:
    """What the keys of a screen do that work now, but for those that move a cursor."""
    return (key for key in keys_of(screen).values() if key.works and key.section != MOVE.description)


def commands_called(screen: Screen[Any], typed: str) -> Iterator[tuple[float, Key]]:
    """Those that what was typed may mean, each with how well it matches."""
    for key in commands_of(screen):
        if score := max(match(key.name, typed), match(key.label, typed)):
            yield score, key


def match(text: str, typed: str) -> float:
    """How well a name fits: all words have to be in it; 0 if not. Letters strewn over a name are no match."""
    folded = text.casefold()
    if not all(word in folded for word in typed.casefold().split()):
        return 0.0
    return 1.0 if folded.startswith(typed.casefold()) else 0.9


def things_called(manager: AudioManager, text: str) -> list[tuple[str, str, str]]:
    """(label, kind, query that shows it) of places, identities, saved searches and recordings."""
    wanted = text.casefold().strip()
    if not wanted:
        return []
    found = [
        (place.name, "place", term("where", place.name))
        for place in manager.locations()
        if wanted in place.name.casefold()
    ]
    for identity in manager.list_identities(text=text, limit=MOST, sort="count"):
        field, kind = ("voice", "AI voice") if isinstance(identity, AIIdentity) else ("user", "person")
        found.append((identity.label, kind, term(field, identity.label)))
    saved = [name for name in manager.saved_searches() if wanted in name.casefold()]
    found += [(name, "saved search", term("@", name).replace("@:", "@")) for name in saved[:MOST]]
    found += [(row.label, "recording", f"id:{row.uid}") for row in manager.find(text, limit=MOST)]
    return found


def cast_app(app: object) -> AudiotuiApp:
    """The app, with its own type."""
    from audiotui.tui.app import AudiotuiApp

    assert isinstance(app, AudiotuiApp)  # noqa: S101 - for the type checker; there is no other app
    return app


def _showing(app: AudiotuiApp, query: str) -> IgnoreReturnCallbackType:
    show: Callable[[], None] = partial(app.show_recordings, query)
    return show


def _display(key: Key) -> Content:
    return Content.assemble(key.name, (f"   {key.keys}", "not bold dim"))
