"""The configuration: one YAML file, found, read and checked once; the only part that looks at the environment.

``load_config`` loads PyYAML when it is called, and ``Config`` all that it is made of when it is named, so that who only
looks for the file does not wait for them; ``write.write_config`` makes a new file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.config.find import default_config_path, find_config, new_config_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audiotui.config.values import Config

__all__ = ["Config", "default_config_path", "find_config", "load_config", "new_config_path"]


def load_config(path: Path, *, environ: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file; ``${NAME}`` is looked up in ``environ``, by default the process's own.

    Raises:
        ConfigError: the file cannot be read, or has mistakes; the message has one line for each of them.
    """
    from audiotui.config.load import load_config  # brings PyYAML: 9 ms

    return load_config(path, environ=environ)


def __getattr__(name: str) -> object:
    if name != "Config":
        raise AttributeError(f"module 'audiotui.config' has no attribute {name!r}")
    from audiotui.config.values import Config  # 12 ms, before which the app paints its first frame

    return Config
