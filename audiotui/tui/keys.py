"""Keys as people see them: what works on a screen now, read from its bindings, so no list of keys is ever wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from textual.binding import Binding

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen

MOVE = Binding.Group("MOVE")
MARK = Binding.Group("MARK")
FIND = Binding.Group("FIND")
ACT = Binding.Group("ACT")
PLAY = Binding.Group("PLAY")
APP = Binding.Group("APP")

SECTIONS = (MOVE, FIND, MARK, PLAY, ACT, APP)
"""The sections of the key list, in its order."""


class Key(NamedTuple):
    """One thing that keys do."""

    keys: str
    """All keys that do it, such as ``j ↓``."""
    label: str
    """A word or two, for hints."""
    what: str
    """A few words, for lists."""
    section: str
    action: str
    node: DOMNode
    """Where the action lives."""
    works: bool = True
    """False while the key can do nothing here; the screen says why, and keys like it are shown dim."""

    @property
    def name(self) -> str:
        """What it does, with the word that hints call it by where that is another one."""
        is_told = any(word in self.what.casefold() for word in self.label.casefold().split())
        return self.what if is_told else f"{self.what} ({self.label})"

    @property
    def first(self) -> str:
        """The key to name where there is room for one."""
        return self.keys.split(" ")[0]


def keys_of(screen: Screen[Any]) -> dict[str, Key]:
    """What a screen offers now, by binding id, in the screen's order. Bindings without an id are not for people."""
    found: dict[str, Key] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id is None:
            continue
        shown = screen.app.get_key_display(binding)
        if (known := found.get(binding.id)) is not None:
            found[binding.id] = known._replace(keys=f"{known.keys} {shown}")
        else:
            section = binding.group.description if binding.group is not None else APP.description
            what = binding.tooltip or binding.description
            found[binding.id] = Key(
                shown, binding.description, what, section, binding.action, active.node, works=active.enabled
            )
    return found
