"""The user's own keys: checked before they are used, because a key that is taken twice would silently do one thing.

Bindings are named by ids (``lib.push``). Those that can be active at the same time must not share a key: all of one
area, what is everywhere, and what the Library puts together.
"""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_ALIASES, Keys, _character_to_key

import audiotui.tui.modals
import audiotui.tui.screens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

EVERYWHERE = frozenset({"app", "go"})

ALONE = frozenset({"search", "facets", "review", "sheet"})
"""Areas whose keys come before those of everywhere: fields that are typed into, dialogs, the review."""

TOGETHER = (frozenset({"lib", "table", "play"}), frozenset({"identities", "edit", "form"}))
"""Areas of which all bindings work at the same time."""

_KEYS = {key.value for key in Keys} | set(KEY_ALIASES) | {"space", "tab", "enter", "escape", "backspace", "delete"}


class Checked(NamedTuple):
    """Keys that can be used, and what is wrong with the others."""

    keys: dict[str, str]
    problems: tuple[str, ...]


def checked(wanted: Mapping[str, str]) -> Checked:
    """The user's keys without those that name nothing, are no keys, or are taken."""
    if not wanted:
        return Checked({}, ())
    known = default_keys()
    keys: dict[str, str] = {}
    problems: list[str] = []
    for name, text in wanted.items():
        normal = [normal_key(key) for key in text.split(",")]
        strange = [key for key, one in zip(text.split(","), normal, strict=True) if one is None]
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            problems.append(f"keys: there is no binding {name}{hint}")
        elif strange:
            problems.append(f"keys: {name}: there is no key {strange[0]}")
        else:
            keys[name] = ",".join(filter(None, normal))
    for name, other, key in _clashes({**known, **keys}, keys):
        if name in keys:
            problems.append(f"keys: {name} and {other} are both on {key}; {name} keeps its own key")
            del keys[name]
    return Checked(keys, tuple(problems))


def normal_key(key: str) -> str | None:
    """A key as Textual calls it (``P``, ``question_mark``, ``ctrl+x``); None if there is no such key."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if any(one not in ("ctrl", "shift", "alt") for one in modifiers):
        return None
    if len(last) == 1:
        last = last if last.isalnum() else _character_to_key(last)
    elif last.lower() in _KEYS or last.lower() in _NAMED:
        last = last.lower()
    else:
        return None
    return "+".join([*modifiers, last])


def default_keys() -> dict[str, str]:
    """All bindings of the app that have ids, with their keys."""
    for package in (audiotui.tui.screens, audiotui.tui.modals):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    found: dict[str, list[str]] = {}
    for binding in _bindings():
        if binding.id is not None:
            found.setdefault(binding.id, []).extend(binding.key.split(","))
    return {name: ",".join(dict.fromkeys(keys)) for name, keys in found.items()}


def _bindings() -> Iterator[Binding]:
    waiting: list[type] = [DOMNode]
    seen: set[type] = set()
    while waiting:
        owner = waiting.pop()
        if owner not in seen:
            seen.add(owner)
            waiting += owner.__subclasses__()
            if owner.__module__.startswith("audiotui."):
                yield from (one for one in vars(owner).get("BINDINGS", ()) if isinstance(one, Binding))


def _clashes(final: Mapping[str, str], wanted: Iterable[str]) -> list[tuple[str, str, str]]:
    """(changed binding, the one that it clashes with, the key)."""
    return [
        (name, other, key)
        for name in wanted
        for key in final[name].split(",")
        for other in final
        if other != name and _are_together(name, other) and key in final[other].split(",")
    ]


def _are_together(name: str, other: str) -> bool:
    areas = {name.partition(".")[0], other.partition(".")[0]}
    if areas & ALONE:
        return len(areas) == 1
    return len(areas) == 1 or bool(areas & EVERYWHERE) or any(areas <= group for group in TOGETHER)


_NAMED = frozenset(_character_to_key(character) for character in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
"""Names of the keys that are signs."""
