"""How managed keys are built: a layout such as ``{uid[:2]}/{uid}/{kind}.{sha256[:12]}.{ext}`` and its rules.

A layout only proposes a key where no copy exists yet; a copy that exists keeps the key that the catalog holds for it.
Because every key names the recording, the kind and the hash, the bytes under a managed key never change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from audiotui.backends.base import check_key
from audiotui.errors import ConfigError, LocationError
from audiotui.model import DEFAULT_KEY_LAYOUT

if TYPE_CHECKING:
    from collections.abc import Callable

PLACEHOLDERS = ("uid", "kind", "sha256", "ext")
"""What may stand in braces; each can be cut to its first N characters by ``[:N]``."""

SHORTEST_HASH = 8
"""Fewer hex digits than this would let two versions of one file meet by chance."""

_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACEHOLDER = re.compile(r"\{([^{}\[\]]*)(?:\[:(\d{1,3})\])?\}")
_EXTENSION = re.compile(r"[a-z0-9]{1,16}")

_SAMPLE_UID = "00000000-0000-0000-0000-000000000000"
_LONGEST_KIND = "k" * 32
_LONGEST_EXTENSION = "e" * 16


@dataclass(frozen=True, slots=True)
class _Field:
    """One placeholder: its name, and to how many characters it is cut (None: not at all)."""

    name: str
    length: int | None


_Part = str | _Field


def uids_in(key: str) -> list[str]:
    """The uids that a key names: that of its recording is among them if a layout made it."""
    return _UID.findall(key)


def key_for(layout: str, *, uid: str, kind: str, sha256: str, extension: str) -> str:
    """The key under which a file is stored where it has no copy yet.

    ``extension`` comes with or without its dot, from a file name of the user; one that is not plain letters and
    digits is left out, together with the dot before it.
    """
    values = {"uid": uid, "kind": kind, "sha256": sha256, "ext": clean_extension(extension)}
    key = ""
    for part in _parse(layout):
        text = part if isinstance(part, str) else values[part.name][: part.length]
        key = key + text if text else key.removesuffix(".")
    return key


@lru_cache(maxsize=256)
def clean_extension(extension: str) -> str:
    """The extension in lower case without its dot, '' if it is not up to 16 ASCII letters and digits."""
    extension = extension.removeprefix(".").lower()
    return extension if _EXTENSION.fullmatch(extension) else ""


def validate_layout(layout: str) -> None:
    """Raise ConfigError, whose message says which rule is broken, unless the layout gives safe and unique keys."""
    parts = _parse(layout)
    _require_all(layout, parts)
    longest = key_for(layout, uid=_SAMPLE_UID, kind=_LONGEST_KIND, sha256="0" * 64, extension=_LONGEST_EXTENSION)
    for key in (longest, key_for(layout, uid=_SAMPLE_UID, kind="k", sha256="0" * 64, extension="")):
        try:
            check_key(key)
        except LocationError as error:
            raise ConfigError(
                f"key_layout {layout!r} gives keys like {key!r}, which no location can store: {error.message}",
                f"The default is {DEFAULT_KEY_LAYOUT!r}.",
            ) from error


def _require_all(layout: str, parts: tuple[_Part, ...]) -> None:
    fields = [part for part in parts if isinstance(part, _Field)]
    rules: tuple[tuple[str, Callable[[_Field], bool]], ...] = (
        ("{uid}, whole", lambda field: field.name == "uid" and (field.length is None or field.length >= 36)),
        ("{kind}, whole", lambda field: field.name == "kind" and (field.length is None or field.length >= 32)),
        (
            f"{{sha256}} or at least {{sha256[:{SHORTEST_HASH}]}}",
            lambda field: field.name == "sha256" and (field.length is None or field.length >= SHORTEST_HASH),
        ),
    )
    missing = [text for text, holds in rules if not any(map(holds, fields))]
    if missing:
        raise ConfigError(
            f"key_layout {layout!r} lacks {' and '.join(missing)}: two different files could get the same key.",
            f"The default is {DEFAULT_KEY_LAYOUT!r}.",
        )


@lru_cache(maxsize=16)
def _parse(layout: str) -> tuple[_Part, ...]:
    """Cut a layout into literal text and placeholders; ConfigError if a brace or a name is wrong."""
    parts: list[_Part] = []
    end = 0
    for match in _PLACEHOLDER.finditer(layout):
        parts.append(_literal(layout, layout[end : match.start()]))
        parts.append(_Field(_known(layout, match[1]), int(match[2]) if match[2] else None))
        end = match.end()
    parts.append(_literal(layout, layout[end:]))
    return tuple(part for part in parts if part != "")


def _literal(layout: str, text: str) -> str:
    if "{" in text or "}" in text:
        raise ConfigError(
            f"key_layout {layout!r} has a brace that is not part of a placeholder.",
            f"Placeholders look like {{uid}} or {{uid[:2]}}; the default is {DEFAULT_KEY_LAYOUT!r}.",
        )
    return text


def _known(layout: str, name: str) -> str:
    if name in PLACEHOLDERS:
        return name
    nearest = get_close_matches(name, PLACEHOLDERS, n=1)
    hint = f"Did you mean {{{nearest[0]}}}? " if nearest else ""
    known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
    raise ConfigError(f"key_layout {layout!r} has an unknown placeholder {{{name}}}.", f"{hint}Known are {known}.")
