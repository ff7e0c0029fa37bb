"""``audiotui config``: what is in effect, or everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def test_the_configuration_in_effect_is_shown(run: Callable[..., tuple[int, str, str]], config: Path) -> None:
    code, out, err = run("config", "--show")

    assert (code, err) == (0, "")
    assert out.splitlines()[:3] == [
        f'# "{config}"',
        "audio_manager:",
        f'  db_path: "{config.parent}/library/registry.db"',
    ]
    assert '  default_destination: "archive"  # the first location besides local' in out.splitlines()


def test_showing_is_what_it_does_without_an_option(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run("config") == run("config", "--show")


def test_secrets_are_masked_and_warned_of(run: Callable[..., tuple[int, str, str]], config: Path) -> None:
    with config.open("a") as file:
        file.write("    s3: {type: s3, bucket: b, aws_access_key_id: id, aws_secret_access_key: swordfish}\n")
    config.chmod(0o644)

    code, out, err = run("config", "--show")

    assert code == 0
    assert '      aws_secret_access_key: "***"' in out.splitlines()
    assert "swordfish" not in out + err
    assert err.startswith(f"warning: {config} holds a secret")


def test_every_mistake_is_told_with_its_line(run: Callable[..., tuple[int, str, str]], config: Path) -> None:
    with config.open("a") as file:
        file.write("      pth: /x\n  key_layuot: red\n")

    code, out, err = run("config", "--show")

    assert (code, out) == (9, "")
    assert err.splitlines() == [
        f"error: {config}:10: Location 'archive' has the unknown key 'pth'. Did you mean 'path'?",
        f"  {config}:11: audio_manager has the unknown key 'key_layuot'. Did you mean 'key_layout'?",
    ]


def test_the_path_is_printed_even_of_a_broken_file(run: Callable[..., tuple[int, str, str]], config: Path) -> None:
    config.write_text("{{{")

    assert run("config", "--path") == (0, f"{config}\n", "")


def test_without_a_configuration_the_next_steps_are_told(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUDIOTUI_CONFIG")
    monkeypatch.chdir(tmp_path / "archive")

    code, out, err = run("config", "--path")

    assert (code, out) == (9, "")
    assert "hint: Run 'audiotui init' to write one, or 'audiotui demo' to look around first." in err


def test_two_wishes_at_once_are_refused(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("config", "--show", "--path")

    assert (code, out) == (2, "")
    assert "--show and --path exclude each other" in err


def test_showing_the_configuration_makes_no_library(program: Callable[..., tuple[int, str, str]], config: Path) -> None:
    code, _, _ = program("config", "--show")

    assert code == 0
    assert not (config.parent / "library").exists()
