"""The line of big files' parts: what it makes of answers that end too early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import GetItem
from audiotui.backends.local import LocalBackend
from audiotui.backends.minio import MinioBackend
from audiotui.backends.options import LocalOptions, MinioOptions
from audiotui.errors import SourceDamaged, Unreachable
from audiotui.model import SecretStr
from tests.contracts.samples import content_of, get_all, sample
from tests.servers.playing import Play, PlayingServer, chunked, of_objects, part

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.errors import AudiotuiError

DATA = sample(2 * 1024 * 1024)

RANGE = f"Content-Range: bytes 0-{len(DATA) - 1}/{len(DATA)}"

BROKEN = {
    "a piece of the body": part(DATA)[:-1000],
    "the headers alone": part(DATA)[: -len(DATA)],
    "a body without a length": part(DATA)[:-1000].replace(f"Content-Length: {len(DATA)}\r\n".encode(), b""),
    "a piece of the chunks": chunked(206, DATA, RANGE)[:-1000],
}


def error_of(player: PlayingServer, play: Play, root: Path) -> AudiotuiError | None:
    """How a file ends that a server answers for like this."""
    options = MinioOptions(
        endpoint=f"127.0.0.1:{player.port}",
        secure=False,
        bucket="takes",
        access_key="someone",
        secret_key=SecretStr("canary"),
    )
    player.usual = of_objects({})
    with MinioBackend("studio", options) as far, LocalBackend("local", LocalOptions(path=root)) as near:
        player.usual = lambda head: play
        [outcome] = get_all(far, [GetItem("file.wav", content_of(DATA), near, "file.wav")])
        return outcome.error


@pytest.mark.parametrize("said", BROKEN.values(), ids=BROKEN)
def test_a_connection_that_ends_in_the_middle_is_no_damage(player: PlayingServer, tmp_path: Path, said: bytes) -> None:
    error = error_of(player, Play((said,), "close"), tmp_path)

    assert isinstance(error, Unreachable)


def test_a_file_that_became_shorter_is_damage(player: PlayingServer, tmp_path: Path) -> None:
    error = error_of(player, Play((part(DATA[:-1000]),)), tmp_path)

    assert isinstance(error, SourceDamaged)
