"""The configuration: one YAML file, found, read and checked once; the only part that looks at the environment.

``load_config`` loads PyYAML when it is called, so that commands without a configuration do not wait for it;
``write.write_config`` makes a new file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.config.find import default_config_path, find_config, new_config_path
from audiotui.config.values import Config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Config", "default_config_path", "find_config", "load_config", "new_config_path"]


def load_config(path: Path, *, environ: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file; ``${NAME}`` is looked up in ``environ``, by default the process's own.

    Raises:
        ConfigError: the file cannot be read, or has mistakes; the message has one line for each of them.
    """
    from audiotui.config.load import load_config  # brings PyYAML: 9 ms

    return load_config(path, environ=environ)
