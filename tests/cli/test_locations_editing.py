"""Locations are added, changed, removed and imported from on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conftest import write_wav

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from .conftest import Run


def test_a_location_is_added_changed_made_the_default_and_removed(run: Run, config: Path, tmp_path: Path) -> None:
    before = config.read_text()
    added = run("locations", "add", "nas", "local", f"path={tmp_path}/nas")
    assert (added.code, added.out) == (0, "")
    assert "locations check nas" in added.err
    assert run("locations", "edit", "nas", f"path={tmp_path}/other").code == 0
    assert run("locations", "default", "nas").code == 0
    assert f'path: "{tmp_path}/other"' in config.read_text()
    assert 'default_destination: "nas"' in config.read_text()

    assert run("locations", "remove", "nas").code == 0

    assert config.read_text() == before


def test_secrets_are_given_by_the_names_of_their_variables(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("endpoint=lab:9000", "bucket=takes", "access_key=me")
    refused = run("locations", "add", "lab", "minio", *options, "secret_key=hunter2")
    monkeypatch.setenv("LAB_SECRET", "hunter2")
    added = run("locations", "add", "lab", "minio", *options, "secret_key=LAB_SECRET")

    assert refused.code == 9
    assert "hunter2" not in refused.err + refused.out
    assert added.code == 0, added.err
    assert 'secret_key: "${LAB_SECRET}"' in config.read_text()


def test_mistakes_are_told_and_nothing_is_written(run: Run, config: Path) -> None:
    before = config.read_text()

    assert run("locations", "add", "nas", "ftp", "host=x").code == 2
    assert run("locations", "add", "nas", "local", "pat=/x").code == 2
    assert run("locations", "add", "nas", "local", "path").code == 2
    assert run("locations", "add", "nas", "local").code == 9
    assert run("locations", "remove", "local").code == 9
    assert config.read_text() == before


def test_files_at_a_location_are_imported_by_their_keys(run: Run, tmp_path: Path) -> None:
    (tmp_path / "archive" / "old").mkdir()
    write_wav(tmp_path / "archive/old/take.wav", pitch_hz=700)

    result = run("locations", "import", "archive", "old/take.wav", "old/gone.wav", "--tag", "found")

    assert result.code == 8
    assert "Imported 1 recording from archive" in result.err
    assert "gone.wav" in result.err
    assert run("list-recordings", "tag:found where:archive", "--json").out.count('"take"') == 1
