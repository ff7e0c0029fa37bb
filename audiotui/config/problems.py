"""The mistakes found in one configuration file, gathered so that the user hears of all of them at once."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NoReturn

from audiotui.errors import ConfigError
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SHOWN_CHARACTERS = 60
"""Longer pieces of a file are cut when a message quotes them."""

SHOWN_MISTAKES = 50
"""A file with more mistakes than this is no configuration; the others are only counted."""


class Problems:
    """Collects mistakes of the file at ``path``; each becomes one line ``file:line: what, why, what to do``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[tuple[int, str], None] = {}

    def add(self, line: int, text: str) -> None:
        """Note a mistake and go on; ``line`` counts from 1."""
        self._found[line, text] = None

    @property
    def found(self) -> list[tuple[int, str]]:
        """All mistakes so far, each with its line."""
        return list(self._found)

    def stop(self, line: int, text: str) -> NoReturn:
        """Note a mistake after which the rest of the file cannot be understood.

        Raises:
            ConfigError: always, with everything noted so far.
        """
        self.add(line, text)
        raise self._error()

    def raise_if_any(self) -> None:
        """Raise ConfigError with one line per mistake, in the order of the file, unless there is none."""
        if self._found:
            raise self._error()

    def _error(self) -> ConfigError:
        in_order = sorted(self._found, key=itemgetter(0))
        file = safe_text(str(self._path))
        lines = [f"{file}:{line}: {text}" for line, text in in_order[:SHOWN_MISTAKES]]
        if len(in_order) > SHOWN_MISTAKES:
            lines.append(f"{file}: and {len(in_order) - SHOWN_MISTAKES} more.")
        return ConfigError("\n".join(lines))


def quoted(text: str) -> str:
    """A piece of the file for a message: in quotes, cut, and with every unprintable character escaped."""
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…")


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, '' if none is near."""
    from difflib import get_close_matches  # 1 ms, needed only by those who mistyped

    return next(iter(get_close_matches(name[:SHOWN_CHARACTERS].lower(), known, n=1)), "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known name, or all of them where none is near."""
    names = list(known)
    near = nearest(name, names)
    return f"Did you mean {near!r}?" if near else f"Known are {', '.join(map(quoted, names))}."
