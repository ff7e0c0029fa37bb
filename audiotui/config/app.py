"""How the app looks and which keys it takes: the block ``app``.

Only the form is checked here. Which themes and which bindings there are the app alone knows; it says so when it starts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from audiotui.backends.options import Shape
from audiotui.config.problems import quoted

if TYPE_CHECKING:
    import collections.abc

    from audiotui.config.reader import Reader
    from audiotui.config.tree import Entry

OPTION = "app"
_KNOWN = ("theme", "keys")
_BINDING = re.compile(r"[a-z]+(\.[a-z_]+)+")
_KEYS = re.compile(r"[A-Za-z0-9_+]+(,[A-Za-z0-9_+]+)*|[^\w\s,]")


@dataclass(frozen=True, slots=True)
class AppOptions:
    """Looks and keys of the app."""

    theme: str = ""
    """A theme's name; '' is the app's own."""
    keys: collections.abc.Mapping[str, str] = field(default_factory=dict)
    """Other keys for bindings, by the binding's id; several are divided by commas."""


def read_app(entry: Entry | None, reader: Reader) -> AppOptions:
    """The ``app`` block; mistakes are noted, and the defaults stand for them."""
    if entry is None:
        return AppOptions()
    from audiotui.config.tree import Mapping  # brings PyYAML, which who only wants the values need not wait for

    if not isinstance(entry.value, Mapping):
        reader.problems.add(entry.line, "app must be a block with theme and keys, indented by two spaces more.")
        return AppOptions()
    reader.refuse_unknown_keys(entry.value, _KNOWN, OPTION)
    entries = entry.value.entries
    theme = reader.read(entries["theme"].value, Shape.TEXT, (OPTION, "theme")) if "theme" in entries else None
    return AppOptions(theme or "", MappingProxyType(_read_keys(entries.get("keys"), reader)))


def _read_keys(entry: Entry | None, reader: Reader) -> dict[str, str]:
    if entry is None:
        return {}
    from audiotui.config.tree import Mapping, Scalar

    if not isinstance(entry.value, Mapping):
        reader.problems.add(entry.line, 'keys of app must be a block of lines such as lib.push: "ctrl+x".')
        return {}
    keys = {}
    for name, one in entry.value.entries.items():
        text = one.value.text.strip() if isinstance(one.value, Scalar) else ""
        if not _BINDING.fullmatch(name):
            reader.problems.add(one.line, f"keys of app: {quoted(name)} is no binding. They are called like lib.push.")
        elif not _KEYS.fullmatch(text):
            reader.problems.add(one.line, f'keys of app: {quoted(text)} is no key. Write one such as "ctrl+x" or P.')
        else:
            keys[name] = text
    return keys
