"""The configuration that ``audiotui init`` writes, and the example that documents every option."""

from __future__ import annotations

import re
import stat
from dataclasses import fields
from pathlib import Path

import pytest

from audiotui.backends.options import KINDS, LocalOptions, option_specs
from audiotui.config import load_config
from audiotui.config.library import LibraryOptions, ServiceLimits
from audiotui.config.write import Answers, example_config, write_config
from audiotui.errors import ConfigError
from audiotui.model import LOCAL

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
VARIABLES = {
    "S3_ACCESS_KEY": "a",
    "S3_SECRET_KEY": "b",
    "MINIO_ACCESS_KEY": "c",
    "MINIO_SECRET_KEY": "d",
    "LIBRARY_KEY": "0123456789abcdef",
}


def switched_on(text: str) -> str:
    """The file after a user took ``# `` away from every example."""
    return re.sub(r"^( +)# ( *[a-z0-9_.]+:( |$))", r"\1\2", text, flags=re.MULTILINE)


def test_the_example_is_a_valid_configuration() -> None:
    config = load_config(EXAMPLE, environ=VARIABLES)

    assert {options.kind for options in config.locations.values()} == set(KINDS)
    assert config.default_destination == "archive"


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_shows_every_option_of_every_kind(kind: str) -> None:
    blocks = re.split(r"\n(?=    [a-z0-9]+:\n)", EXAMPLE.read_text(encoding="utf-8"))
    of_kind = "\n".join(block for block in blocks if f'type: "{kind}"' in block)

    missing = [spec.name for spec in option_specs(kind) if f"\n      {spec.name}: " not in of_kind]

    assert missing == []


def test_the_example_shows_every_option_of_the_library() -> None:
    _, _, block = EXAMPLE.read_text(encoding="utf-8").partition("\n  library:\n")

    assert [one.name for one in fields(LibraryOptions) if f"\n    {one.name}:" not in f"\n{block}"] == []
    assert [one.name for one in fields(ServiceLimits) if f"\n      {one.name}: " not in block] == []


def test_the_example_is_the_file_of_init_with_every_example_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    write_config(path, Answers())

    assert switched_on(path.read_text(encoding="utf-8")) == example_config()
    assert EXAMPLE.read_text(encoding="utf-8") == example_config()


def test_the_answers_stand_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    write_config(path, Answers(db_path="~/a.db", local_path="/takes", archive_path="../archive"))

    config = load_config(path)

    assert config.db_path == Path.home() / "a.db"
    assert config.locations == {
        LOCAL: LocalOptions(path=Path("/takes")),
        "archive": LocalOptions(path=tmp_path / "../archive"),
    }
    assert config.destination == "archive"


def test_without_answers_there_is_a_library_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    write_config(path, Answers())

    config = load_config(path)

    assert config.db_path == tmp_path / "library.db"
    assert config.locations == {LOCAL: LocalOptions(path=tmp_path / "recordings")}
    assert config.warnings == ()


@pytest.mark.parametrize("name", ['a"b\\c', "${HOME}", "a: b # c", "{x}", "\u202eé", "'", "%s {} \t"])
def test_any_folder_can_be_an_answer(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.yaml"
    if "\t" in name:
        with pytest.raises(ConfigError, match=r"control character U\+0009"):
            write_config(path, Answers(local_path=name))
        return
    write_config(path, Answers(local_path=name))

    assert load_config(path).locations[LOCAL] == LocalOptions(path=tmp_path / name)


def test_only_the_owner_can_read_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "config.yaml"
    write_config(path, Answers())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_nothing_is_ever_overwritten(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "config.yaml"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigError, match="is there already, and nothing is overwritten"):
        write_config(path, Answers())

    assert not (tmp_path / "elsewhere").exists()
    assert not path.is_file() or path.read_text() == "mine"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (Answers(archive_path="recordings/old"), "overlap: 'archive' lies inside 'local'"),
        (Answers(local_path=""), "path of location 'local' is empty"),
        (Answers(db_path="."), "db_path is a folder"),
        (Answers(local_path="/a\udcff"), "not valid UTF-8"),
    ],
)
def test_answers_that_make_no_sense_leave_nothing_behind(tmp_path: Path, answers: Answers, reason: str) -> None:
    path = tmp_path / "new" / "config.yaml"
    (tmp_path / "new").mkdir()

    with pytest.raises(ConfigError, match=reason):
        write_config(path, answers)

    assert list((tmp_path / "new").iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"Cannot write the configuration .*: (Not a directory|File exists)"):
        write_config(tmp_path / "file" / "config.yaml", Answers())
