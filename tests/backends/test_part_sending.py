"""Parts that are sent while they are read: what the far side gets of wrong ones, and what becomes of its answers."""

from __future__ import annotations

import os
import socket
import threading
import time
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.items import PutItem
from audiotui.backends.limits import Limits
from audiotui.backends.minio import MinioBackend
from audiotui.backends.objectstore.clients import part_client
from audiotui.backends.objectstore.errors import as_audiotui_error
from audiotui.backends.objectstore.partline import PartLine
from audiotui.backends.objectstore.target import Keys, Target
from audiotui.backends.options import MinioOptions
from audiotui.backends.parts import BLOCK_BYTES, blocks_of
from audiotui.backends.sources import open_file
from audiotui.backends.transfers import PutTransfer
from audiotui.errors import (
    AccessDenied,
    AudiotuiError,
    IntegrityError,
    LocationError,
    SourceChanged,
    SourceDamaged,
    Throttled,
    TransferCancelled,
    Unreachable,
)
from audiotui.library.spool import Spool
from audiotui.model import PART_BYTES, SecretStr
from tests.contracts.samples import BIG, content_of, put_all, read_all, sample
from tests.faults import flip_byte
from tests.servers.playing import Play, PlayingServer, answer
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.backends.items import Piece
    from audiotui.backends.local import LocalBackend
    from tests.servers.buckets import BucketServer

PART = sample(PART_BYTES)
ARGUMENTS = {
    "Bucket": "takes",
    "Key": "file.wav",
    "UploadId": "one",
    "PartNumber": 1,
    "ChecksumSHA256": b64encode(sha256(PART).digest()).decode(),
}
TAKEN = answer(200, b"", 'ETag: "its-name"')
SILENCE_S = 0.5


def part_line(port: int, **more: Any) -> PartLine:
    """A line to a server on loopback."""
    target = Target(
        bucket="takes",
        prefix="",
        endpoint=f"http://127.0.0.1:{port}",
        region="us-east-1",
        keys=lambda: Keys("someone", SecretStr("canary")),
        silence_s=SILENCE_S,
    )
    return PartLine(part_client(target), target, **more)


def error_of(line: PartLine, blocks: Iterator[Piece]) -> AudiotuiError:
    """How the sending of a part fails, as a location tells it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is, the table has to know it
        line.send(ARGUMENTS, blocks, PART_BYTES)
    if isinstance(caught.value, AudiotuiError):
        return caught.value
    error = as_audiotui_error(caught.value, location="studio", key="file.wav")
    assert error is not None
    return error


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of three parts."""
    file = tmp_path / "file.wav"
    file.write_bytes(sample(BIG))
    return file


def item_of(file: Path) -> PutItem:
    """The file as the catalog knows it, whatever is in it by now."""
    return PutItem("file.wav", content_of(sample(BIG)), lambda: open_file(file))


@pytest.fixture
def transfer(near: LocalBackend, file: Path) -> Iterator[PutTransfer]:
    """The file on its way, opened."""
    transfer = PutTransfer(near, item_of(file), Limits())
    transfer.open_source()
    yield transfer
    transfer.close()


def taken_before(transfer: PutTransfer, number: int, error: type[Exception]) -> int:
    """How many bytes of a part are given out before its error."""
    taken: list[int] = []
    with pytest.raises(error):
        taken.extend(map(len, transfer.blocks(number)))
    return sum(taken)


def test_the_blocks_of_a_part_are_its_bytes(transfer: PutTransfer) -> None:
    parts = [b"".join(map(bytes, transfer.blocks(number))) for number in range(3)]

    assert b"".join(parts) == sample(BIG)


def test_the_blocks_of_a_part_use_little_memory(transfer: PutTransfer) -> None:
    seen = {id(block.obj) for block in transfer.blocks(0) if isinstance(block, memoryview)}

    assert len(seen) == 1


@pytest.mark.parametrize("at", [0, PART_BYTES // 2, PART_BYTES - 1])
def test_the_last_block_of_a_damaged_part_is_never_given_out(transfer: PutTransfer, file: Path, at: int) -> None:
    before = file.stat()
    flip_byte(file, PART_BYTES + at)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert len(list(transfer.blocks(0))) == PART_BYTES // BLOCK_BYTES
    assert taken_before(transfer, 1, SourceDamaged) == PART_BYTES - BLOCK_BYTES


def test_a_part_that_ends_too_soon_is_damaged(near: LocalBackend, tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.write(sample(BIG))
        os.truncate(spool.descriptor, PART_BYTES + 1_000)
        transfer = PutTransfer(near, PutItem("file.wav", content_of(sample(BIG)), lambda: spool), Limits())
        transfer.open_source()

        assert taken_before(transfer, 1, SourceDamaged) == 1_000


def test_a_file_that_is_written_to_has_changed_and_is_not_damaged(transfer: PutTransfer, file: Path) -> None:
    blocks = transfer.blocks(0)
    next(blocks)
    flip_byte(file, PART_BYTES - 1)
    os.utime(file, ns=(1, 1))

    with pytest.raises(SourceChanged, match="written to"):
        list(blocks)


def test_a_file_that_becomes_shorter_in_the_middle_of_a_part_has_changed(transfer: PutTransfer, file: Path) -> None:
    blocks = transfer.blocks(0)
    next(blocks)
    os.truncate(file, 3 * BLOCK_BYTES + 5)

    with pytest.raises(SourceChanged, match=f"ends after {3 * BLOCK_BYTES + 5} bytes"):
        list(blocks)


def test_a_cancelled_transfer_gives_out_nothing_more(near: LocalBackend, file: Path) -> None:
    limits = Limits()
    transfer = PutTransfer(near, item_of(file), limits)
    transfer.open_source()
    blocks = transfer.blocks(0)
    next(blocks)
    limits.cancel.set()

    with pytest.raises(TransferCancelled):
        next(blocks)
    transfer.close()


def test_a_disk_that_fails_is_no_broken_connection(near: LocalBackend, file: Path, player: PlayingServer) -> None:
    source = open_file(file)
    transfer = PutTransfer(near, replace(item_of(file), open_source=lambda: source), Limits())
    transfer.open_source()
    blocks = transfer.blocks(0)
    player.plays = [Play((TAKEN,))]

    def then_fails() -> Iterator[Piece]:
        yield next(blocks)
        source.close()
        yield from blocks

    error = error_of(part_line(player.port), then_fails())

    assert type(error) is LocationError
    assert "OSError" in error.message


def test_kinds_that_take_a_part_in_one_go_get_it_so(near: LocalBackend, file: Path) -> None:
    [outcome] = put_all(near, [item_of(file)])

    assert outcome.error is None
    assert read_all(near, "file.wav") == sample(BIG)


def test_a_part_is_sent_with_its_digest_and_the_connection_used_again(player: PlayingServer) -> None:
    player.plays = [Play((TAKEN,)), Play((TAKEN,))]
    line = part_line(player.port)

    names = [line.send(ARGUMENTS, blocks_of(PART), PART_BYTES) for _ in range(2)]

    assert names == ['"its-name"'] * 2
    assert player.bodies == [PART, PART]
    assert all(f"x-amz-checksum-sha256: {ARGUMENTS['ChecksumSHA256']}" in head for head in player.asked)
    assert not any("chunked" in head.lower() for head in player.asked)
    assert player.connections == 1


def test_a_damaged_part_is_cut_off_before_its_end(player: PlayingServer, transfer: PutTransfer, file: Path) -> None:
    before = file.stat()
    flip_byte(file, 0)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    player.plays = [Play((TAKEN,)), Play((TAKEN,))]
    line = part_line(player.port)

    error = error_of(line, transfer.blocks(0))
    line.send(ARGUMENTS, blocks_of(PART), PART_BYTES)

    assert isinstance(error, SourceDamaged)
    eventually(lambda: bool(player.broken))
    assert len(player.broken[0]) <= PART_BYTES - BLOCK_BYTES
    assert player.bodies == [PART]
    assert player.connections == 2


REFUSALS = {
    "denied": (answer(403, b"<Error><Code>AccessDenied</Code></Error>"), AccessDenied),
    "busy": (answer(503, b"<Error><Code>SlowDown</Code></Error>", "Retry-After: 7"), Throttled),
    "other bytes": (answer(400, b"<Error><Code>BadDigest</Code></Error>"), IntegrityError),
}


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize(("said", "kind"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_in_the_middle_of_a_part_is_told_as_that(
    player: PlayingServer, said: bytes, kind: type[AudiotuiError], end: Any
) -> None:
    player.plays = [Play((said,), end, body_bytes=PART_BYTES // 2), Play((TAKEN,))]
    line = part_line(player.port)

    error = error_of(line, blocks_of(PART))
    line.send(ARGUMENTS, blocks_of(PART), PART_BYTES)

    assert isinstance(error, kind)
    assert not isinstance(error, Throttled) or error.retry_after == 7
    assert player.connections == 2


def test_a_part_that_is_taken_before_it_has_come_counts_for_nothing(player: PlayingServer) -> None:
    player.plays = [Play((TAKEN,), "close", body_bytes=1_000)]

    assert isinstance(error_of(part_line(player.port), blocks_of(PART)), Unreachable)


@pytest.mark.parametrize(
    "play",
    [
        Play((), "reset", body_bytes=PART_BYTES // 2),
        Play((), "close", body_bytes=PART_BYTES // 2),
        Play((), "close"),
        Play((TAKEN[:20],), "close"),
        Play((), "wait"),
    ],
    ids=["reset in the middle", "closed in the middle", "no answer", "a piece of an answer", "silence"],
)
def test_a_part_without_an_answer_is_tried_again(player: PlayingServer, play: Play) -> None:
    player.plays = [play, Play((TAKEN,))]
    line = part_line(player.port)

    error = error_of(line, blocks_of(PART))
    line.send(ARGUMENTS, blocks_of(PART), PART_BYTES)

    assert isinstance(error, Unreachable)
    assert error.retryable
    assert player.connections == 2


def test_a_part_may_take_longer_than_a_server_may_be_silent() -> None:
    def take_slowly(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            left, head = PART_BYTES, b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(1)
            while left:
                left -= len(connection.recv(min(left, BLOCK_BYTES)))
                time.sleep(0.01)  # it stands for a narrow line
            connection.sendall(TAKEN)

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK_BYTES // 2)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = threading.Thread(target=take_slowly, args=(listener,))
        server.start()
        line = part_line(listener.getsockname()[1], connect_timeout_s=SILENCE_S)
        begun = time.monotonic()

        name = line.send(ARGUMENTS, blocks_of(PART), PART_BYTES)

        assert time.monotonic() - begun > SILENCE_S
        assert name
        server.join()


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [(lambda file: None, SourceDamaged), (lambda file: os.utime(file, ns=(1, 1)), SourceChanged)],
    ids=["damaged", "changed"],
)
def test_a_server_never_has_a_part_with_other_bytes_than_those_of_the_catalog(
    minio: BucketServer, file: Path, spoil: Callable[[Path], object], kind: type[AudiotuiError]
) -> None:
    options = MinioOptions(
        endpoint=f"127.0.0.1:{minio.port}",
        secure=False,
        bucket=minio.new_bucket(),
        access_key=minio.access_key,
        secret_key=SecretStr(minio.secret_key),
    )
    tokens: list[str] = []
    content = content_of(sample(BIG))
    flip_byte(file, PART_BYTES + 7)

    def opened() -> Any:
        source = open_file(file)
        spoil(file)
        return source

    with MinioBackend("studio", options) as backend:
        item = PutItem("file.wav", content, opened, on_token=tokens.append)
        [outcome] = put_all(backend, [item], Limits(requests=1))
        held = backend.resume_upload(tokens[0], "file.wav", content).held

        assert isinstance(outcome.error, kind)
        assert held == {0}
        assert not backend.exists("file.wav")
