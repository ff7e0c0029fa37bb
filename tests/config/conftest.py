"""Configurations as files, written by the tests that need them."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from audiotui.config import load_config
from audiotui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def config_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a configuration; its indentation is that of its first line."""

    def write(text: str, *, mode: int = 0o600) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(dedent(text).removeprefix("\n"), encoding="utf-8")
        path.chmod(mode)
        return path

    return write


@pytest.fixture
def mistakes(config_file: Callable[..., Path]) -> Callable[..., list[str]]:
    """Loads a wrong configuration and gives the lines of its error, without the file's folder."""

    def lines(text: str, **environ: str) -> list[str]:
        path = config_file(text)
        with pytest.raises(ConfigError) as caught:
            load_config(path, environ=environ)
        return [line.replace(f"{path.parent}/", "", 1) for line in caught.value.message.split("\n")]

    return lines
