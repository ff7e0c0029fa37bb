"""A command loads only what it needs: proved in fresh interpreters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.cli import output
from audiotui.cli.app_start import Wanted, app_asked_for

if TYPE_CHECKING:
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


def test_the_way_into_the_app_loads_no_parser_of_commands() -> None:
    probe = "import sys, audiotui.__main__, audiotui.cli.session, audiotui.cli.failures; print('typer' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], Wanted(None, "")),
        (["tui"], Wanted(None, "")),
        (["tui", "lang:de a"], Wanted(None, "lang:de a")),
        (["--config", "a.yaml"], Wanted(Path("a.yaml"), "")),
        (["--config", "a.yaml", "tui", "x"], Wanted(Path("a.yaml"), "x")),
        (["tui", "--help"], None),
        (["tui", "a", "b"], None),
        (["-v"], None),
        (["--config"], None),
        (["--config", ""], None),
        (["list-recordings"], None),
        (["tu"], None),
    ],
)
def test_only_what_asks_for_the_app_alone_goes_past_the_parser(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], wanted: Wanted | None
) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)

    assert app_asked_for(arguments) == wanted


def test_without_a_terminal_the_parser_has_the_word() -> None:
    assert app_asked_for(["tui"]) is None


def test_the_app_starts_without_openssl_and_leaves_it_to_those_who_need_it() -> None:
    probe = (
        "import sys; from audiotui.tui import _prepare_textual; _prepare_textual(); import asyncio\n"
        "print('ssl' in sys.modules); import ssl; print(ssl.OPENSSL_VERSION != '')"
    )

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]
