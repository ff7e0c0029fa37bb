"""Which file is used, and what is said where there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from audiotui.config import default_config_path, find_config
from audiotui.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def touched(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_named_file_comes_before_all_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named, by_variable = touched(folder / "named.yaml"), touched(folder / "variable.yaml")
    touched(folder / "audiotui.yaml")
    touched(default_config_path())
    monkeypatch.setenv("AUDIOTUI_CONFIG", str(by_variable))

    assert find_config(named) == named


def test_the_variable_comes_before_the_current_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_variable = touched(folder / "variable.yaml")
    touched(folder / "audiotui.yaml")
    monkeypatch.setenv("AUDIOTUI_CONFIG", str(by_variable))

    assert find_config() == by_variable


def test_the_current_folder_comes_before_the_platforms_folder(folder: Path) -> None:
    touched(folder / "audiotui.yaml")
    touched(default_config_path())

    assert find_config().absolute() == folder / "audiotui.yaml"


def test_the_platforms_folder_comes_last(folder: Path) -> None:
    default = touched(default_config_path())

    assert find_config() == default
    assert default.parts[-2:] == ("audiotui", "config.yaml")


def test_the_platforms_folder_follows_the_users_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))

    assert default_config_path().is_relative_to(tmp_path)


def test_an_empty_variable_names_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = touched(default_config_path())
    monkeypatch.setenv("AUDIOTUI_CONFIG", "")

    assert find_config() == default


def test_a_tilde_in_the_variable_is_the_home_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = touched(tmp_path / "home/my.yaml")
    monkeypatch.setenv("AUDIOTUI_CONFIG", "~/my.yaml")

    assert find_config() == home


def test_without_any_file_the_next_steps_are_told(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config()

    assert caught.value.message == f"There is no configuration: neither ./audiotui.yaml nor {default_config_path()}."
    assert caught.value.hint == "Run 'audiotui init' to write one, or 'audiotui demo' to look around first."


def test_a_named_file_that_is_missing_is_not_replaced_by_another(folder: Path) -> None:
    touched(folder / "audiotui.yaml")

    with pytest.raises(ConfigError, match=r"There is no configuration file .*missing\.yaml\. "):
        find_config(folder / "missing.yaml")


def test_a_variable_that_names_a_missing_file_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOTUI_CONFIG", "missing.yaml")

    with pytest.raises(ConfigError, match=r"missing\.yaml \(AUDIOTUI_CONFIG names it\)"):
        find_config()


def test_a_folder_of_that_name_is_no_configuration(folder: Path) -> None:
    (folder / "audiotui.yaml").mkdir()
    default = touched(default_config_path())

    assert find_config() == default


def test_another_users_file_in_the_current_folder_is_not_used_by_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = touched(folder / "audiotui.yaml")
    owner = path.stat().st_uid
    if owner == 0:
        os.chown(path, 12_345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    with pytest.raises(ConfigError, match="belongs to another user") as caught:
        find_config()

    assert caught.value.hint == "If you trust it, name it: audiotui --config audiotui.yaml ..."
    assert find_config(path) == path
