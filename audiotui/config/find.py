"""Which configuration file is used: ``--config``, ``AUDIOTUI_CONFIG``, ``./audiotui.yaml``, the platform's folder."""

from __future__ import annotations

import os
from pathlib import Path

from audiotui.errors import ConfigError

VARIABLE = "AUDIOTUI_CONFIG"
"""The environment variable that names a configuration file."""

FILE_NAME = "audiotui.yaml"
"""The file that is looked for in the current folder."""


def find_config(explicit: Path | None = None) -> Path:
    """The file to read; the first of the places that has one. A file that was named is not replaced by another.

    Raises:
        ConfigError: the file that was named does not exist; there is none at all; the one in the current folder
            belongs to another user, who could send files and secrets anywhere with it.
    """
    if explicit is not None:
        return _named(explicit, "")
    if path := os.environ.get(VARIABLE):
        return _named(Path(path), f" ({VARIABLE} names it)")
    here = Path(FILE_NAME)
    if _is_file(here):
        return _own(here)
    default = default_config_path()
    if _is_file(default):
        return default
    raise ConfigError(
        f"There is no configuration: neither ./{here} nor {default}.",
        "Run 'audiotui init' to write one, or 'audiotui demo' to look around first.",
    )


def new_config_path(explicit: Path | None = None) -> Path:
    """Where a new configuration belongs, so that ``find_config`` would find it: the named file, else the default."""
    named = explicit or os.environ.get(VARIABLE)
    return Path(os.path.expanduser(named)) if named else default_config_path()  # noqa: PTH111 - as in _named


def default_config_path() -> Path:
    """Where the platform keeps this program's configuration."""
    from platformdirs import user_config_path  # 3 ms, and a file that is named needs no platform

    return user_config_path("audiotui", appauthor=False) / "config.yaml"


def _named(path: Path, why: str) -> Path:
    path = Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises for an unknown user
    if not os.path.lexists(path):
        raise ConfigError(
            f"There is no configuration file {path}{why}.",
            "Check the name, or run 'audiotui init --path FILE' to write one.",
        )
    return path


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises where a folder may not be searched


def _own(path: Path) -> Path:
    owner = path.stat().st_uid
    if owner in {os.geteuid(), 0}:
        return path
    raise ConfigError(
        f"{path.absolute()} belongs to another user (uid {owner}), so it is not used just because it lies here.",
        f"If you trust it, name it: audiotui --config {path} ...",
    )
