"""Where the bytes of a transfer come from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.sources import BytesSource, open_file
from audiotui.errors import InvalidInput, SourceChanged

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Ten bytes."""
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    return file


def test_a_file_is_read_at_any_place(file: Path) -> None:
    source = open_file(file)

    assert source.size_bytes == 10
    assert source.read_at(3, 4) == b"3456"
    assert source.read_at(0, 0) == b""
    source.check_unchanged()
    source.close()
    source.close()


def test_a_file_that_ends_too_early_is_no_short_read(file: Path) -> None:
    source = open_file(file)
    os.truncate(file, 4)

    with pytest.raises(SourceChanged, match="ends after 4 bytes"):
        source.read_at(0, 10)
    source.close()


def test_a_file_that_is_written_to_has_changed_even_if_its_size_has_not(file: Path) -> None:
    source = open_file(file)
    file.write_bytes(b"9876543210")
    os.utime(file, ns=(1, 1))

    with pytest.raises(SourceChanged, match="written to"):
        source.check_unchanged()
    source.close()


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_file_that_is_removed_or_replaced_has_changed(file: Path, tmp_path: Path, how: str) -> None:
    source = open_file(file)
    if how == "removed":
        file.unlink()
    else:
        (tmp_path / "new").write_bytes(b"0123456789")
        (tmp_path / "new").replace(file)

    with pytest.raises(SourceChanged, match="removed or replaced"):
        source.check_unchanged()
    source.close()


def test_what_is_no_regular_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")

    for path in (tmp_path / "missing", tmp_path, tmp_path / "fifo"):
        with pytest.raises(InvalidInput) as caught:
            open_file(path)
        assert str(path) in caught.value.message


def test_bytes_in_memory_are_a_source_too() -> None:
    source = BytesSource(b"0123456789")

    assert source.read_at(3, 4) == b"3456"
    source.check_unchanged()
    with pytest.raises(SourceChanged):
        source.read_at(8, 3)
    source.close()
