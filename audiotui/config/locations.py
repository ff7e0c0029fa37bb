"""The ``locations`` of a configuration: each checked alone, then against the others.

What a kind of location can be told lies in ``backends.options``; a new kind needs nothing here.
"""

from __future__ import annotations

import re
from itertools import combinations
from os.path import realpath  # Path.resolve raises for a loop of links
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from audiotui.backends.options import KINDS, LocalOptions, Options, OptionSpec, Shape, option_specs
from audiotui.config.problems import did_you_mean, quoted
from audiotui.config.tree import Mapping
from audiotui.model import LOCAL, SecretStr

if TYPE_CHECKING:
    import collections.abc

    from audiotui.config.reader import Reader
    from audiotui.config.tree import Entry

TYPE = "type"
"""The key that says which kind of location a block describes."""

BUCKET = "bucket"
"""The option that has a default where the library keeps its files."""

WHY_LOCAL = "it is always needed, because every push starts there and every pull ends there"

_STAND_INS = {
    Shape.TEXT: "x",
    Shape.PATH: Path("/"),
    Shape.PORT: 1,
    Shape.FLAG: False,
    Shape.SECRET: SecretStr("x"),
}
"""What stands for a value that is missing or mistaken while the others are checked."""

LOCATION_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
"""What a location may be called."""


def read_locations(
    entry: Entry, reader: Reader, buckets: collections.abc.Mapping[str, str | None] = MappingProxyType({})
) -> dict[str, Options]:
    """All locations without mistakes, by name in the file's order; the mistakes of the others are noted.

    ``buckets`` has, by location, the bucket of one that names none; None if what says so is mistaken.
    """
    problems = reader.problems
    node = entry.value
    if not isinstance(node, Mapping):
        problems.add(entry.line, f"locations must be a block of names. Begin with {LOCAL!r}: {WHY_LOCAL}.")
        return {}
    if LOCAL not in node.entries:
        problems.add(entry.line, f"The location {LOCAL!r} is missing: {WHY_LOCAL}. Add it with type: local and a path.")
    found = {name: _read_location(name, block, reader, buckets) for name, block in node.entries.items()}
    locations = {name: options for name, options in found.items() if options is not None}
    _refuse_overlaps({name: _real_fingerprint(options) for name, options in locations.items()}, node, reader)
    return locations


def holds(options: Options, path: Path) -> bool:
    """True if the location is a folder and the path lies in it, symbolic links followed."""
    return isinstance(options, LocalOptions) and _is_inside(realpath(path), realpath(options.path))


def _read_location(
    name: str, entry: Entry, reader: Reader, buckets: collections.abc.Mapping[str, str | None]
) -> Options | None:
    problems = reader.problems
    if not LOCATION_NAME.fullmatch(name):
        problems.add(
            entry.line,
            f"{quoted(name)} cannot be a location's name. "
            "Use up to 32 of a-z, 0-9, '_' and '-', a letter or digit first.",
        )
        return None
    node = entry.value
    if not isinstance(node, Mapping):
        problems.add(
            entry.line, f"Location {name!r} says nothing. Put type: and its options below it, further to the right."
        )
        return None
    kind = _kind(name, entry.line, node, reader)
    if kind is None:
        return None
    defaults = {BUCKET: buckets[name]} if name in buckets else {}
    values, flawed = _values(name, kind, entry.line, node, reader, defaults)
    options = KINDS[kind].options(**values)
    # What stands for a missing or mistaken value has nothing to say: that it is one was told already.
    mistakes = [mistake for mistake in options.problems() if flawed.isdisjoint(re.findall(r"\w+", mistake))]
    for mistake in mistakes:
        problems.add(_line_of(mistake, entry, node), f"Location {name!r}, {mistake}")
    return None if mistakes or flawed else options


def _kind(name: str, line: int, node: Mapping, reader: Reader) -> str | None:
    """The kind of a location, None after a mistake."""
    entry = node.entries.get(TYPE)
    if entry is None:
        reader.problems.add(line, f"Location {name!r} lacks 'type'. Add one of: {', '.join(KINDS)}.")
        return None
    kind: str | None = reader.read(entry.value, Shape.TEXT, (name, TYPE))
    if kind is None:
        return None
    if kind not in KINDS:
        reader.problems.add(
            entry.line, f"Location {name!r} has the unknown type {quoted(kind)}. {did_you_mean(kind, KINDS)}"
        )
        return None
    if name == LOCAL and kind != LOCAL:
        reader.problems.add(
            entry.line,
            f"The location {LOCAL!r} has type {kind!r}, but it must be a folder: {WHY_LOCAL}. Use type: local.",
        )
        return None
    return kind


def _values(
    name: str, kind: str, line: int, node: Mapping, reader: Reader, defaults: collections.abc.Mapping[str, Any]
) -> tuple[dict[str, Any], set[str]]:
    """Arguments for the kind's options class, and which of them only stand for one that is missing or mistaken."""
    known = [TYPE, *(spec.name for spec in option_specs(kind))]
    meant = reader.refuse_unknown_keys(node, known, f"Location {name!r}")
    values: dict[str, Any] = {}
    flawed: set[str] = set()
    for spec in option_specs(kind):
        entry = node.entries.get(spec.name)
        if entry is not None:
            may_be_empty = not spec.required and spec.shape in {Shape.TEXT, Shape.SECRET}
            values[spec.name] = reader.read(entry.value, spec.shape, (name, spec.name), may_be_empty=may_be_empty)
        elif spec.name in defaults:
            values[spec.name] = defaults[spec.name]
        elif spec.required and spec.name not in meant:
            reader.problems.add(line, _missing(name, spec))
        if values.get(spec.name) is None and (entry is not None or spec.required):
            values[spec.name] = _STAND_INS[spec.shape]
            flawed.add(spec.name)
    return values, flawed


def _missing(name: str, spec: OptionSpec) -> str:
    why = f" ({WHY_LOCAL})" if name == LOCAL else ""
    return f"Location {name!r} lacks {spec.name!r}, {spec.help}{why}. Add a line {spec.name}: ..."


def _line_of(mistake: str, entry: Entry, node: Mapping) -> int:
    """The line of the option that a sentence of ``Options.problems`` begins with, else the location's."""
    named = node.entries.get(re.split(r"\W", mistake, maxsplit=1)[0])
    return named.line if named else entry.line


def _real_fingerprint(options: Options) -> str:
    """The fingerprint of the target, with the symbolic links of a folder followed."""
    if isinstance(options, LocalOptions):
        options = LocalOptions(path=Path(realpath(options.path)))
    return options.fingerprint


def _is_inside(place: str, outer: str) -> bool:
    """True if the first path or fingerprint lies in the second, or is the same."""
    return f"{place.rstrip('/')}/".startswith(f"{outer.rstrip('/')}/")


def _refuse_overlaps(fingerprints: dict[str, str], node: Mapping, reader: Reader) -> None:
    for (name, place), (other, other_place) in combinations(fingerprints.items(), 2):
        if place == other_place:
            relation = "are the same place"
        elif _is_inside(place, other_place):
            relation = f"overlap: {name!r} lies inside {other!r}"
        elif _is_inside(other_place, place):
            relation = f"overlap: {other!r} lies inside {name!r}"
        else:
            continue
        reader.problems.add(
            node.entries[other].line,
            f"The locations {name!r} and {other!r} {relation}, so one file could count as two copies. "
            "Give each a place of its own.",
        )
