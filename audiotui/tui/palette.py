"""The commands of the palette: every key of the screen by its name, so that nothing has to be remembered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from audiotui.tui.keys import MOVE, Key, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class KeyCommands(Provider):
    """What the keys of the current screen do, without those that only move a cursor.

    Names and keys are this program's own, never text from outside.
    """

    async def discover(self) -> Hits:
        """Everything, for the empty search."""
        for key in self._commands():
            yield DiscoveryHit(_display(key), partial(self.app.run_action, key.action, key.node), text=key.what)

    async def search(self, query: str) -> Hits:
        """What matches the letters typed."""
        matcher = self.matcher(query)
        for key in self._commands():
            score = matcher.match(key.what)
            if score > 0:
                yield Hit(score, _display(key), partial(self.app.run_action, key.action, key.node), text=key.what)

    def _commands(self) -> Iterator[Key]:
        return (key for key in keys_of(self.screen).values() if key.section != MOVE.description)


def _display(key: Key) -> Content:
    return Content.assemble(key.what, (f"   {key.keys}", "not bold dim"))
