"""The commands of the palette: every key of the screen by its name, so that nothing has to be remembered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from audiotui.tui.modals.help import bindings_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator


class KeyCommands(Provider):
    """What the keys of the current screen do. Names and keys are ours, never text from outside."""

    async def discover(self) -> Hits:
        """Everything, for the empty search."""
        for keys, what, run in self._commands():
            yield DiscoveryHit(_display(keys, what), run, text=what)

    async def search(self, query: str) -> Hits:
        """What matches the letters typed."""
        matcher = self.matcher(query)
        for keys, what, run in self._commands():
            score = matcher.match(what)
            if score > 0:
                yield Hit(score, _display(keys, what), run, text=what)

    def _commands(self) -> Iterator[tuple[str, str, Callable[[], Awaitable[bool]]]]:
        for keys, what, binding, node in bindings_of(self.screen):
            yield keys, what, partial(self.app.run_action, binding.action, node)


def _display(keys: str, what: str) -> Content:
    return Content.assemble(what, (f"   {keys}", "bold"))
