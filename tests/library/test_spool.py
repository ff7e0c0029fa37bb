"""A spool holds what was written, in memory or on disk, and knows its digest."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import LocationFull
from audiotui.library.spool import HELD_BYTES, Rooms, Spool

if TYPE_CHECKING:
    from pathlib import Path

PIECES = [b"first", b"second" * 1000, b"", b"third"]
LONG = [*PIECES, b"long" * (HELD_BYTES // 4), b"last"]


@pytest.mark.parametrize("pieces", [PIECES, LONG], ids=["short", "long"])
def test_what_was_written_is_there_with_its_digest(tmp_path: Path, pieces: list[bytes]) -> None:
    whole = b"".join(pieces)

    with Spool(tmp_path) as spool:
        for piece in pieces:
            spool.write(piece)

        assert spool.read_at(0, len(whole)) == whole
        assert spool.read_at(3, 7) == whole[3:10]
        assert spool.content.sha256 == sha256(whole).hexdigest()
        assert spool.size_bytes == len(whole)


def test_only_what_is_long_or_wanted_as_a_file_leaves_the_memory(tmp_path: Path) -> None:
    with Spool(tmp_path) as short, Spool(tmp_path) as long:
        short.write(b"short")
        long.write(bytes(HELD_BYTES + 1))

        assert bytes(short.held or b"") == b"short"
        assert long.held is None
        assert os.pread(short.descriptor, 100, 0) == b"short"
        assert short.held is None


@pytest.mark.parametrize("pieces", [PIECES, LONG], ids=["short", "long"])
def test_it_begins_anew_without_a_trace(tmp_path: Path, pieces: list[bytes]) -> None:
    with Spool(tmp_path) as spool:
        for piece in pieces:
            spool.write(piece)
        spool.restart()
        spool.write(b"another")

        assert spool.read_at(0, 100) == b"another"
        assert spool.content.sha256 == sha256(b"another").hexdigest()


def test_it_goes_on_where_it_was_read_in_between(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.write(b"one ")
        first = bytes(spool.held or b"")
        spool.write(b"two")

        assert (first, bytes(spool.held or b"")) == (b"one ", b"one two")


def test_a_folder_that_takes_no_file_is_told_as_a_full_disk(tmp_path: Path) -> None:
    with Spool(tmp_path / "gone") as spool, pytest.raises(LocationFull, match="Cannot keep a file"):
        spool.write(bytes(HELD_BYTES + 1))


def test_memory_that_is_used_again_shows_nothing_of_the_file_before(tmp_path: Path) -> None:
    rooms = Rooms()
    with Spool(tmp_path, rooms) as before:
        before.write(b"what another customer said")

    with Spool(tmp_path, rooms) as spool, Spool(tmp_path, rooms) as beside:
        spool.write(b"mine")
        beside.write(b"theirs")

        assert bytes(spool.held or b"") == spool.read_at(0, 100) == b"mine"
        assert os.pread(spool.descriptor, 100, 0) == b"mine"
        assert bytes(beside.held or b"") == b"theirs"


def test_its_digest_is_that_of_what_was_written_so_far(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        for written in (b"one", b"one two"):
            spool.write(written[spool.size_bytes :])
            assert spool.content.sha256 == sha256(written).hexdigest()
        assert spool.descriptor
        spool.write(b" three")

        assert spool.content.sha256 == sha256(b"one two three").hexdigest()
