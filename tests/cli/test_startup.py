"""A command loads only what it needs: proved in fresh interpreters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

HEAVY = {
    *("textual", "rich", "pydantic", "asyncio", "numpy", "av", "soundfile", "boto3", "minio", "paramiko", "pymongo"),
    *("httpx", "obstore", "multiprocessing", "concurrent", "ssl", "psycopg", "psycopg2"),
}

PROBE = """
import json, sys
from audiotui.cli.app import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted(name for name in sys.modules)]), file=sys.stderr)
"""


def loaded(config: Path, *arguments: str) -> set[str]:
    """The modules that a command loads, as full names."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        env={**os.environ, "AUDIOTUI_CONFIG": str(config)},
        capture_output=True,
        text=True,
        check=True,
    )
    *told, last = done.stderr.splitlines()
    code, modules = json.loads(last)
    assert code == 0, told
    return set(modules)


@pytest.mark.parametrize(
    "arguments",
    [
        ("list-recordings", "--limit", "50"),
        ("find-recording", "--text", "Hello world"),
        ("list-recordings", "lang:de", "--sort", "-title", "--json"),
        ("register-recording", "--text", "Hello world", "--model", "whisper"),
        ("register-ai-identity", "--model", "gpt-4", "--voice", "echo"),
        ("list-identities",),
        ("--version",),
        ("--help",),
    ],
)
def test_everyday_commands_load_nothing_heavy(run: Run, config: Path, arguments: tuple[str, ...]) -> None:
    run("register-recording", "--text", "Hello")

    modules = loaded(config, *arguments)

    assert {name.partition(".")[0] for name in modules}.isdisjoint(HEAVY)


def test_a_command_imports_no_other_command(run: Run, config: Path) -> None:
    run("register-recording", "--text", "Hello")

    modules = loaded(config, "list-recordings")

    assert "audiotui.cli.search" in modules
    assert modules.isdisjoint({"audiotui.cli.transfers", "audiotui.cli.bulk", "audiotui.transfer.engine"})
