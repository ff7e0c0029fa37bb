"""The text beside an audio file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import InvalidInput
from audiotui.transfer.sidecar import MAX_TEXT_BYTES, read_sidecar

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    return tmp_path / "hello.take 1.wav"


@pytest.fixture
def text(audio: Path) -> Path:
    return audio.with_name("hello.take 1.txt")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"Hello world\n", "Hello world"),
        (b"\xef\xbb\xbfHello", "Hello"),
        ("Grüße\r\nzweite Zeile".encode(), "Grüße\r\nzweite Zeile"),
        (b"", ""),
        (b"\x1b[31mred [bold]\x00", "\x1b[31mred [bold]\x00"),
    ],
)
def test_the_text_is_read_without_its_mark_and_outer_space(audio: Path, text: Path, data: bytes, expected: str) -> None:
    text.write_bytes(data)

    assert read_sidecar(audio) == expected


def test_without_a_file_there_is_no_text(audio: Path) -> None:
    assert read_sidecar(audio) is None


def test_text_in_another_encoding_is_refused_with_the_place(audio: Path, text: Path) -> None:
    text.write_bytes("Grüße".encode("latin-1"))

    with pytest.raises(InvalidInput, match=r"hello.take 1.txt is not UTF-8: byte 3 is wrong"):
        read_sidecar(audio)


def test_a_text_of_the_greatest_length_is_read_and_a_longer_one_refused(audio: Path, text: Path) -> None:
    text.write_bytes(b"x" * MAX_TEXT_BYTES)
    assert read_sidecar(audio) == "x" * MAX_TEXT_BYTES
    text.write_bytes(b"x" * (MAX_TEXT_BYTES + 1))

    with pytest.raises(InvalidInput, match="at most"):
        read_sidecar(audio)


def test_a_link_is_no_sidecar(audio: Path, text: Path) -> None:
    text.symlink_to("/etc/passwd")

    assert read_sidecar(audio) is None


def test_a_pipe_of_that_name_is_refused_without_waiting(audio: Path, text: Path) -> None:
    os.mkfifo(text)

    with pytest.raises(InvalidInput, match="named pipe"):
        read_sidecar(audio)
