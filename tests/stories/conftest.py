"""What the stories share: one library with a second folder, driven as a user does, and looks at all that it keeps."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from audiotui.core.database import sqlite3
from tests.cli.conftest import InTerminal, Result, Run, config, in_terminal, program, run, wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["InTerminal", "Result", "Run", "config", "in_terminal", "program", "run", "wav"]

_TABLES = (
    *("recordings", "recordings_fts", "recording_files", "copies", "changes", "tags", "recording_tags"),
    *("ai_identities", "user_identities"),
)


class Snapshot(Protocol):
    """Takes down everything that a command may leave behind."""

    def __call__(self) -> dict[str, Any]: ...


@pytest.fixture
def snapshot(config: Path) -> Snapshot:
    """Every file of both locations with its hash, every folder, and the number of rows in every table."""

    def look() -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for folder in (config.parent / "library" / "audio", config.parent / "archive"):
            for path in sorted(folder.rglob("*")):
                name = str(path.relative_to(config.parent))
                seen[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        database = sqlite3.connect(f"file:{config.parent}/library/registry.db?mode=ro", uri=True)
        try:
            for table in _TABLES:
                seen[table] = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        finally:
            database.close()
        return seen

    return look


@pytest.fixture
def records() -> Callable[[Result], list[dict[str, Any]]]:
    """The JSON lines that a command printed."""
    return lambda result: [json.loads(line) for line in result.out.splitlines()]
