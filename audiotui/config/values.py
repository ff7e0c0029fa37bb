"""What a configuration file says, read and checked: the value that all other parts work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from audiotui.config.app import AppOptions
from audiotui.config.library import LibraryOptions
from audiotui.config.listening import ListeningOptions
from audiotui.model import DEFAULT_KEY_LAYOUT, LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audiotui.backends.options import LocalOptions, Options


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without mistakes. All its paths are absolute; nothing it names has to exist yet."""

    path: Path
    """The file that it was read from."""
    db_path: Path
    """The catalog's SQLite file."""
    locations: Mapping[str, Options]
    """By name, in the file's order; ``local`` is always one of them, and a ``LocalOptions``."""
    default_destination: str | None = None
    """None: the file names none."""
    key_layout: str = DEFAULT_KEY_LAYOUT
    mincopies: int = 1
    """So many proven copies of a file stay, whatever is dropped."""
    listening: ListeningOptions = field(default_factory=ListeningOptions)
    """Which player is wanted."""
    app: AppOptions = field(default_factory=AppOptions)
    """Looks and keys of the app."""
    library: LibraryOptions = field(default_factory=LibraryOptions)
    """Of the service that keeps generated speech."""
    warnings: tuple[str, ...] = ()
    """What is allowed but unwise, one line each."""
    origins: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    """Environment variables that a value came from, by ``(option,)`` or ``(location, option)``."""

    @property
    def destination(self) -> str | None:
        """Where a push goes that names no destination; None if there is no location besides ``local``."""
        return self.default_destination or next((name for name in self.locations if name != LOCAL), None)

    @property
    def local_root(self) -> Path:
        """The folder of ``local``."""
        return cast("LocalOptions", self.locations[LOCAL]).path

    @property
    def other_folders(self) -> tuple[tuple[str, Path], ...]:
        """Name and root of the locations besides ``local`` that are folders of this machine."""
        return tuple(
            (name, cast("LocalOptions", options).path)
            for name, options in self.locations.items()
            if options.kind == "local" and name != LOCAL
        )

    def show(self) -> str:
        """The effective values as YAML: secrets masked, and a comment where a value was not written in the file."""
        from audiotui.config.show import show

        return show(self)
