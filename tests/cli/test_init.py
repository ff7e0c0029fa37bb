"""The first configuration: options in a script, questions in a terminal, and never a file lost."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.options import LocalOptions
from audiotui.config import default_config_path, load_config

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@pytest.fixture
def init(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Runs ``audiotui init`` where no configuration is named."""
    monkeypatch.delenv("AUDIOTUI_CONFIG")
    return lambda *arguments: run("init", *arguments)


def folders(path: Path) -> dict[str, Path]:
    """The folders of a configuration by the name of their location."""
    locations = load_config(path).locations.items()
    return {name: options.path for name, options in locations if isinstance(options, LocalOptions)}


def test_a_script_gets_a_library_in_the_home_folder(init: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = init()

    assert code == 0
    assert out == f"{default_config_path()}\n"
    assert load_config(default_config_path()).db_path == Path.home() / "audiotui/library.db"
    assert folders(default_config_path()) == {"local": Path.home() / "audiotui/recordings"}
    assert "audiotui import FOLDER" in err


def test_options_are_the_answers(
    init: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    code, out, err = init("--path", "new/my.yaml", "--local", "takes", "--db", "~/c.db", "--archive", "/mnt/disk")

    path = tmp_path / "new/my.yaml"
    assert (code, out) == (0, f"{path}\n")
    assert load_config(path).db_path == Path.home() / "c.db"
    assert folders(path) == {"local": tmp_path / "takes", "archive": Path("/mnt/disk")}
    assert f"audiotui --config {path} import FOLDER" in err


def test_a_library_of_a_project_lies_beside_its_configuration(
    init: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "project/audiotui.yaml"

    init("--path", str(path))

    assert load_config(path).db_path == tmp_path / "project/library.db"
    assert 'path: "recordings"' in path.read_text()


def test_the_variable_and_the_global_option_say_where_to_write(
    init: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIOTUI_CONFIG", str(tmp_path / "variable.yaml"))

    by_variable = init()
    by_option = init("--config", str(tmp_path / "option.yaml"))

    assert by_variable[1] == f"{tmp_path}/variable.yaml\n"
    assert "  audiotui import FOLDER" in by_variable[2]
    assert by_option[1] == f"{tmp_path}/option.yaml\n"


def test_a_file_that_is_there_is_kept(init: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("mine")

    code, out, err = init("--path", str(path))

    assert (code, out) == (9, "")
    assert "is there already, and nothing is overwritten" in err
    assert path.read_text() == "mine"


def test_answers_that_make_no_sense_are_told_and_nothing_is_written(
    init: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "new.yaml"

    code, out, err = init("--path", str(path), "--local", "/takes", "--archive", "/takes/old")

    assert (code, out) == (9, "")
    assert "'archive' lies inside 'local'" in err
    assert not path.exists()


def test_quiet_leaves_the_path_alone(init: Callable[..., tuple[int, str, str]]) -> None:
    assert init("--quiet") == (0, f"{default_config_path()}\n", "")


def typed(arguments: Sequence[str], lines: Sequence[str]) -> tuple[str, str]:
    """Standard output, and what the terminal shows, of a program that a person answers line by line."""
    master, slave = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "audiotui", *arguments], stdin=slave, stderr=slave, stdout=subprocess.PIPE, text=True
        ) as process:
            os.write(master, "".join(f"{line}\n" for line in lines).encode())
            out, _ = process.communicate(timeout=60)
        os.close(slave)
        slave = -1
        shown = b""
        with suppress(OSError):  # Linux: the other side of the terminal is closed
            while chunk := os.read(master, 4096):
                shown += chunk
    finally:
        os.close(master)
        if slave != -1:
            os.close(slave)
    return out, shown.decode()


def test_a_terminal_asks_and_an_empty_answer_is_the_default() -> None:
    out, shown = typed(["init"], ["", "~/catalog.db", "/mnt/disk"])

    path = default_config_path()
    assert out == f"{path}\n"
    assert load_config(path).db_path == Path.home() / "catalog.db"
    assert folders(path) == {"local": Path.home() / "audiotui/recordings", "archive": Path("/mnt/disk")}
    assert "Folder for the files of recordings: [~/audiotui/recordings] " in shown


def test_a_terminal_does_not_ask_for_what_the_options_say() -> None:
    _, shown = typed(["init", "--yes", "--local", "/takes"], [])

    assert folders(default_config_path()) == {"local": Path("/takes")}
    assert "?" not in shown
    assert "Folder for" not in shown


def test_an_input_that_ends_is_no_answer() -> None:
    out, shown = typed(["init"], ["", "\x04"])

    assert out == ""
    assert "interrupted" in shown
    assert not default_config_path().exists()
