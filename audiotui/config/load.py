"""Reading a configuration file whole: from its bytes to a ``Config``, or to every mistake in it."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from audiotui.backends.options import Shape
from audiotui.config.app import read_app
from audiotui.config.library_block import read_library, storage_bucket
from audiotui.config.listening import read_listening
from audiotui.config.locations import WHY_LOCAL, holds, read_locations
from audiotui.config.problems import Problems, did_you_mean, quoted
from audiotui.config.reader import Reader
from audiotui.config.tree import MAX_BYTES, Entry, Mapping, Node, parse
from audiotui.config.values import Config
from audiotui.errors import ConfigError
from audiotui.model import DEFAULT_KEY_LAYOUT, LOCAL

if TYPE_CHECKING:
    import collections.abc

    from audiotui.backends.options import Options

SECTION = "audio_manager"
"""The one block of the file; everything lies in it."""

_KNOWN = ("db_path", "locations", "default_destination", "key_layout", "mincopies", "player", "library", "app")


def load_config(path: Path, *, environ: collections.abc.Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file.

    Args:
        path: the file; relative paths in it start from its folder.
        environ: where ``${NAME}`` is looked up; the process's environment by default.

    Raises:
        ConfigError: the file cannot be read, or has mistakes; the message has one line for each of them.
    """
    path = Path(path)
    data, status = _read(path)
    config, inline_secrets = _parsed(data, path, os.environ if environ is None else environ)
    return replace(config, warnings=(*_file_warnings(path, status, inline_secrets), *config.warnings))


def check_config(data: bytes, path: Path) -> None:
    """Raise ConfigError if ``data`` would be no valid configuration in the file ``path``."""
    _parsed(data, path, os.environ)


def _parsed(data: bytes, path: Path, environ: collections.abc.Mapping[str, str]) -> tuple[Config, list[str]]:
    """The configuration, and the options whose secrets stand in the file itself."""
    problems = Problems(path)
    reader = Reader(path.absolute().parent, environ, problems)
    values = _values(*_section(parse(data, problems), problems), reader)
    problems.raise_if_any()
    warnings = tuple(_catalog_warnings(values["db_path"], values["locations"]))
    origins = MappingProxyType(reader.origins)
    return Config(path=path.absolute(), warnings=warnings, origins=origins, **values), reader.inline_secrets


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    """The bytes of a regular file, and its owner and mode as they were when it was read."""
    try:
        # O_NONBLOCK: a named pipe that nobody writes to must not hang the program
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError(f"Cannot read the configuration {path}: it is no regular file.", "Name a YAML file.")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(MAX_BYTES + 1) or b"", status
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise ConfigError(
            f"There is no configuration file {path}.",
            f"Check the name, or run: audiotui init --path {_for_shell(path)}",
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(
            f"Cannot read the configuration {path}: {reason}.", "Check the name and who may read it."
        ) from error


def _section(root: Node, problems: Problems) -> tuple[int, Mapping]:
    """The ``audio_manager`` block and its line; other top-level keys are refused."""
    if not isinstance(root, Mapping):
        problems.stop(root.line, f"The file must begin with '{SECTION}:' and hold everything in that block.")
    for key, entry in root.entries.items():
        if key in _KNOWN:
            problems.add(
                entry.line, f"{key!r} stands outside of '{SECTION}:'. Move it below that line, indented by two spaces."
            )
        elif key != SECTION:
            problems.add(entry.line, f"The file has the unknown key {quoted(key)}. {did_you_mean(key, [SECTION])}")
    if SECTION not in root.entries:
        problems.stop(1, f"The block '{SECTION}:' is missing: everything lies in it. Begin the file with that line.")
    line, block = root.entries[SECTION]
    if not isinstance(block, Mapping):
        problems.stop(
            line, f"'{SECTION}:' must be a block with at least db_path and locations, indented by two spaces."
        )
    return line, block


def _values(line: int, section: Mapping, reader: Reader) -> dict[str, Any]:
    """Arguments for ``Config``; of no use if a mistake was noted."""
    problems = reader.problems
    entries = section.entries
    meant = reader.refuse_unknown_keys(section, _KNOWN, SECTION)
    values: dict[str, Any] = {"db_path": None, "locations": {}}
    if "db_path" in entries:
        values["db_path"] = _db_path(entries["db_path"], reader)
    elif "db_path" not in meant:
        problems.add(line, "db_path is missing: the catalog needs a file. Add a line such as db_path: library.db")
    if "locations" in entries:
        buckets = storage_bucket(entries.get("library"), reader)
        values["locations"] = MappingProxyType(read_locations(entries["locations"], reader, buckets))
    elif "locations" not in meant:
        problems.add(line, f"locations is missing. Add it with the location {LOCAL!r}: {WHY_LOCAL}.")
    values["default_destination"] = _default_destination(entries, reader)
    values["key_layout"] = _key_layout(entries, reader)
    values["mincopies"] = _mincopies(entries, reader)
    values["listening"] = read_listening(entries.get("player"), reader)
    values["app"] = read_app(entries.get("app"), reader)
    named = entries["locations"].value if "locations" in entries else None
    names = list(named.entries) if isinstance(named, Mapping) else []
    values["library"] = read_library(entries.get("library"), reader, values["locations"], names)
    return values


def _db_path(entry: Entry, reader: Reader) -> Path | None:
    path: Path | None = reader.read(entry.value, Shape.PATH, ("db_path",))
    if path is not None and os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
        reader.problems.add(entry.line, "db_path is a folder. Name a file in it, such as library.db.")
    return path


def _default_destination(entries: dict[str, Entry], reader: Reader) -> str | None:
    entry = entries.get("default_destination")
    if entry is None:
        return None
    name: str | None = reader.read(entry.value, Shape.TEXT, ("default_destination",))
    locations = entries["locations"].value if "locations" in entries else None
    if name is None or not isinstance(locations, Mapping):
        return None
    others = [other for other in locations.entries if other != LOCAL]
    if name == LOCAL:
        reader.problems.add(
            entry.line, f"default_destination is {LOCAL!r}, where every push starts. Name another location."
        )
    elif name not in others:
        known = did_you_mean(name, others) if others else "Add one under locations, or remove this line."
        reader.problems.add(entry.line, f"default_destination {quoted(name)} is not one of the locations. {known}")
    return name


def _key_layout(entries: dict[str, Entry], reader: Reader) -> str:
    entry = entries.get("key_layout")
    layout = reader.read(entry.value, Shape.TEXT, ("key_layout",)) if entry is not None else None
    if entry is None or layout is None or layout == DEFAULT_KEY_LAYOUT:
        return DEFAULT_KEY_LAYOUT
    from audiotui.transfer.layout import validate_layout  # few change the layout; the others need not wait for it

    try:
        validate_layout(layout)
    except ConfigError as error:
        reader.problems.add(entry.line, str(error))
    return str(layout)


def _mincopies(entries: dict[str, Entry], reader: Reader) -> int:
    entry = entries.get("mincopies")
    number: int | None = reader.read(entry.value, Shape.PORT, ("mincopies",)) if entry is not None else None
    if entry is None or number is None:
        return 1
    if number < 1:
        reader.problems.add(entry.line, "mincopies is 0, and then a drop could take the last copy. Write 1 or more.")
    return number


def _file_warnings(path: Path, status: os.stat_result, inline_secrets: list[str]) -> list[str]:
    warnings = []
    if inline_secrets and status.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        warnings.append(
            f"{path} holds a secret ({', '.join(inline_secrets)}) and other users can read it. "
            f"Run: chmod 600 {_for_shell(path)}"
        )
    if status.st_mode & stat.S_IWOTH:
        warnings.append(f"Every user can change {path}, and with it where files go. Run: chmod o-w {_for_shell(path)}")
    return warnings


def _catalog_warnings(db_path: Path, locations: collections.abc.Mapping[str, Options]) -> list[str]:
    return [
        f"db_path lies inside location {name!r}: its listings will show the catalog as a foreign file, and a copy "
        "of that folder may catch it half written. Move it outside."
        for name, options in locations.items()
        if holds(options, db_path)
    ]


def _for_shell(path: Path) -> str:
    from shlex import quote

    return quote(str(path))
