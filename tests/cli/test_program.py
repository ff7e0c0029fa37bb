"""The program as a whole: its commands, its help, its names, and what ends it."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from audiotui import __version__
from audiotui.cli.commands import COMMANDS, Entry

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

PROMISED = {
    "register-ai-identity", "register-user-identity", "register-recording", "find-recording", "list-recordings",
    "push-recording", "pull-recording", "config", "show-recording", "edit-recording", "delete-recording",
    "list-identities", "edit-identity", "merge-identities", "delete-identity", "add-file", "import",
    "push-recordings", "pull-recordings", "remove-file", "list-trash", "restore-recording", "export-recordings",
    "verify", "list-jobs", "cancel-job", "retry-job", "sweep", "undo", "redo", "history", "backup", "doctor", "init",
    "demo", "tui",
}  # fmt: skip


def test_every_promised_command_is_there() -> None:
    assert set(COMMANDS) >= PROMISED


@pytest.mark.parametrize(("name", "entry"), COMMANDS.items())
def test_the_table_of_commands_says_what_the_functions_say(name: str, entry: Entry) -> None:
    module, _, function = entry.target.partition(":")
    documented = inspect.getdoc(getattr(import_module(f"audiotui.cli.{module}"), function)) or ""

    assert documented.splitlines()[0] == entry.help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_a_line_for_every_option(run: Run, name: str) -> None:
    result = run(*name.split(), "--help")

    assert result.code == 0
    assert COMMANDS[name].help.split(";")[0].split()[0] in result.out
    options = [line for line in result.out.splitlines() if line.startswith("  -")]
    assert options
    assert "--config" in result.out


def test_help_lists_all_commands_and_loads_none(program: Run) -> None:
    result = program("--help")

    assert result.code == 0
    assert all(f"  {name}  " in result.out for name in COMMANDS)


def test_without_a_command_and_without_a_terminal_there_is_help(run: Run) -> None:
    result = run()

    assert result.code == 0
    assert "list-recordings" in result.out


def test_the_app_needs_a_terminal(run: Run) -> None:
    result = run("tui")

    assert result.code == 2
    assert "needs a terminal" in result.err


@pytest.mark.parametrize(
    ("called", "name"), [("audio_manager", "audio_manager"), ("audiotui", "audiotui"), ("x.py", "audiotui")]
)
def test_the_program_answers_to_both_of_its_names(tmp_path: Path, called: str, name: str) -> None:
    script = tmp_path / called
    script.write_text("from audiotui.__main__ import main\nmain()\n")

    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith(f"Usage: {name} ")


def test_a_terminal_of_another_encoding_stops_nothing(run: Run, config: Path) -> None:
    run("register-recording", "--text", "日本語 café …")

    done = subprocess.run(
        [sys.executable, "-m", "audiotui", "list-recordings"],
        env={**os.environ, "AUDIOTUI_CONFIG": str(config), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "caf\\xe9" in done.stdout


def test_global_options_stand_before_or_after_the_command(run: Run, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere.yaml")

    assert run("--config", nowhere, "list-recordings").code == run("list-recordings", "--config", nowhere).code == 9


@pytest.mark.parametrize("command", ["list-recordings", "list-identities", "list-tags", "list-trash", "list-jobs"])
def test_an_unknown_order_is_refused(run: Run, wav: Path, command: str) -> None:
    uid = run("register-recording", "--text", "a", "--tag", "b", "--audio-file", str(wav)).out.strip()
    run("push-recording", uid)
    run("delete-recording", uid) if command == "list-trash" else None

    result = run(command, "--sort", "colour")

    assert result.code == 2
    assert "colour" in result.err


def test_the_version_is_said(run: Run) -> None:
    assert run("--version").out == f"audiotui {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("list-recording",),
        ("list-recordings", "--colour"),
        ("list-recordings", "--limit", "many"),
        ("list-recordings", "--limit", "-1"),
        ("list-identities", "--kind", "robot"),
        ("show-recording",),
        ("register-ai-identity",),
        ("undo", "everything"),
    ],
)
def test_wrong_usage_is_2_with_one_error_and_the_way_to_the_help(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert result.code == 2
    assert result.out == ""
    [error, hint] = result.err.splitlines()
    assert error.startswith("error: ")
    assert "--help` shows how it is used." in hint


def test_a_command_that_is_nearly_right_is_suggested(run: Run) -> None:
    assert "Did you mean 'list-recordings'" in run("list-recording").err


def test_wrong_usage_with_control_codes_cannot_steer_the_terminal(run: Run) -> None:
    for arguments in [("\x1b[31m",), ("list-recordings", "--\x1b[31m"), ("list-identities", "--kind", "\x1b[31m")]:
        assert "\x1b" not in run(*arguments).err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(program: Run, shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "audiotui"],
        env={**os.environ, "_AUDIOTUI_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "_AUDIOTUI_COMPLETE=complete_" in done.stdout


def test_commands_are_completed() -> None:
    environment = {
        **os.environ,
        "_AUDIOTUI_COMPLETE": "complete_bash",
        "COMP_WORDS": "audiotui list-",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "audiotui"], env=environment, capture_output=True, text=True, check=False
    )

    assert {"list-recordings", "list-jobs"} <= set(done.stdout.split())


def test_a_reader_that_leaves_is_no_error(program: Run, config: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "audiotui", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()

    assert err == b""
