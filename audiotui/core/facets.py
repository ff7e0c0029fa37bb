"""Filter tokens: what the search index holds of a recording besides its words.

Each is one word of letters and digits, so that filters and text are answered by the same ``MATCH``. A thing with a row
in the catalog goes in by its id (``voice12``, ``tag17``, ``at3``), a free string by its hash, so that any string at all
is a legal token. A number goes in as the cell it lies in, on several levels: a range is then a few large cells in its
middle and smaller ones towards its ends (like the numeric tries of Lucene, https://doi.org/10.1016/j.cageo.2008.02.023).
Only in the cells at its very ends the rows themselves have to be asked.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from audiotui.core.words import FACET_MARK, fold_value

if TYPE_CHECKING:
    from collections.abc import Callable

LIVE = f"{FACET_MARK}live"
"""On every row, so that a query of negatives alone has something to take away from."""

NEVER = f"{FACET_MARK}never"
"""On no row."""

AI = f"{FACET_MARK}ai"
HUMAN = f"{FACET_MARK}human"
NO_TEXT = f"{FACET_MARK}notext"
NO_IDENTITY = f"{FACET_MARK}noidentity"
HAS_NOTES = f"{FACET_MARK}hasnotes"
HAS_TAGS = f"{FACET_MARK}hastags"

RATINGS = range(6)

DAY_MS = 86_400_000

_FOLDER_DEPTH = 64


class State(StrEnum):
    """Where the audio of a recording is; every recording has one of the first five."""

    LOCAL_ONLY = "local-only"
    REMOTE_ONLY = "remote-only"
    PUSHED = "pushed"
    """At ``local`` and at another location."""
    MISSING = "missing"
    """There is an audio file, but no copy of it is known to be present."""
    NO_FILE = "nofile"
    DAMAGED = "damaged"
    """A copy of one of its files was found damaged; on top of the others."""

    @property
    def token(self) -> str:
        """The filter token of this state."""
        return f"{FACET_MARK}state{self.value.replace('-', '')}"


class Scale:
    """How one quantity is cut into cells, which are numbered by value.

    ``cell_of`` gives the cell of a value in the quantity's base unit, a whole number from 0 on; the last cell holds all
    higher values too. A cell of level ``n`` joins ``2 ** shifts[n]`` cells.
    """

    def __init__(self, name: str, cell_of: Callable[[int], int], shifts: tuple[int, ...], last_cell: int) -> None:
        self.name = name
        self.shifts = shifts
        self.last_cell = last_cell
        self._cell_of = cell_of
        self._ladders: dict[int, str] = {}

    def cell(self, value: int) -> int:
        """The cell that a value of the base unit lies in; what is below 0 lies in the first."""
        return min(self._cell_of(max(value, 0)), self.last_cell)

    def token(self, level: int, number: int) -> str:
        """The filter token of one cell of a level."""
        return f"{FACET_MARK}{self.name}{level}x{number}"

    def ladder(self, value: int) -> str:
        """The tokens of a row that has a value: those of the cells it lies in, one for each level."""
        cell = self._cell_of(value)
        ladder = self._ladders.get(cell)
        if ladder is None or value < 0:
            cell = self.cell(value)
            tokens = [self.token(level, cell >> shift) for level, shift in enumerate(self.shifts)]
            ladder = self._ladders[cell] = " ".join(tokens)
        return ladder

    def cover(self, first: int, last: int) -> list[str]:
        """The tokens of the fewest cells of all levels that make up the smallest cells ``first`` to ``last``."""
        found: list[str] = []
        for level, shift in enumerate(self.shifts):
            is_top = level + 1 == len(self.shifts)
            joined = 1 if is_top else 1 << (self.shifts[level + 1] - shift)
            while first <= last and (is_top or first % joined):
                found.append(self.token(level, first))
                first += 1
            while first <= last and (last + 1) % joined:
                found.append(self.token(level, last))
                last -= 1
            first, last = first // joined, (last + 1) // joined - 1
        return found


def logarithmic(value: int) -> int:
    """The cell of a value on a scale with 16 cells for each power of two, exact below 16.

    The number of bits, followed by the four bits after the leading one: as monotonous as the bits themselves.
    """
    if value < 16:
        return value
    extra_bits = value.bit_length() - 5
    return ((extra_bits + 1) << 4) | ((value >> extra_bits) & 15)


DURATION = Scale("duration", logarithmic, (0, 4), logarithmic(2**27))  # milliseconds, up to 37 hours
SIZE = Scale("size", logarithmic, (0, 4), logarithmic(2**36))  # bytes, up to 64 GiB
DATE = Scale("day", lambda time_ms: time_ms // DAY_MS, (0, 5, 10), 2**15 - 1)  # milliseconds since 1970, up to 2059


def milliseconds(seconds: float) -> int:
    """A length of time as an integer that rises with it; what is beyond all reason becomes the nearest limit."""
    return int(min(max(seconds, 0.0), 1e9) * 1000)


@lru_cache(maxsize=8192)
def value_token(field: str, value: str) -> str:
    """The token of a free string in a field, without regard to case, diacritics and white space."""
    from hashlib import blake2b  # 2 ms, and most searches need no hash

    digest = blake2b(fold_value(value).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{FACET_MARK}{field}{digest}"


def language_token(language: str) -> str:
    """The token of a language tag, whether it is written ``en-GB`` or ``en_gb``."""
    return value_token("lang", language.replace("_", "-"))


@lru_cache(maxsize=1024)
def language_tokens(language: str) -> str:
    """The tokens of a row's language: the tag and, so that ``en`` finds ``en-GB``, its first part."""
    tag = language.replace("_", "-")
    return " ".join([language_token(part) for part in dict.fromkeys((tag, tag.partition("-")[0])) if part])


def folder_token(folder: str) -> str:
    """The token of a folder, which every row in it or below it has."""
    return value_token("in", "/".join(_folder_parts(folder)))


@lru_cache(maxsize=8192)
def folder_tokens(folder: str) -> str:
    """The tokens of a row's folder: its own and those of the folders above."""
    parts = _folder_parts(folder)
    depths = [*range(1, min(len(parts), _FOLDER_DEPTH)), len(parts)] if parts else []
    return " ".join([value_token("in", "/".join(parts[:depth])) for depth in depths])


def id_token(kind: str, number: int) -> str:
    """The token of a thing with a row of its own: ``voice``, ``user``, ``tag``, or ``at`` for a location."""
    return f"{FACET_MARK}{kind}{number}"


def rate_token(sample_rate_hz: int) -> str:
    """The token of a sample rate."""
    return f"{FACET_MARK}rate{sample_rate_hz}"


def rating_token(rating: int) -> str:
    """The token of a rating."""
    return f"{FACET_MARK}rating{rating}"


def _folder_parts(folder: str) -> list[str]:
    return [part for part in map(fold_value, folder.split("/")) if part]
