"""A file server that lies never makes a wrong file look right, nor anything leave its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import GetItem, Limits
from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions, ScpOptions
from audiotui.backends.scp import ScpBackend
from audiotui.backends.scpupload import ScpUpload
from audiotui.backends.sftp import folders, wire
from audiotui.errors import AudiotuiError, LocationError, SourceChanged, Unreachable
from audiotui.model import PART_BYTES
from tests.contracts.samples import BIG, content_of, get_all, put_all, put_item, read_all, sample
from tests.servers.lying_sftp import CLOSE, EXTENDED, FSTAT, OPEN, READ, READDIR, WRITE, Lie, LyingServer

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.backends.ssh.pool import Connection

SMALL = 400_000
"""Thirteen blocks of the size that every server must take."""

PUT_LIES = {
    "a failed write in the middle": Lie(WRITE, "fail", on=5, times=1),
    "a failed first write": Lie(WRITE, "fail", on=1, times=1),
    "a failed last write": Lie(WRITE, "fail", on=13, times=1),
    "swallowed writes": Lie(WRITE, "swallow", on=13),
    "a failed close": Lie(CLOSE, "fail"),
    "a failed sync": Lie(EXTENDED, "fail", times=1),
    "a failed look": Lie(FSTAT, "fail"),
    "an answer that nobody asked for": Lie(WRITE, "other id", on=3),
    "an answer of the wrong kind": Lie(WRITE, "wrong kind", on=3),
    "a packet beyond all bounds": Lie(WRITE, "huge", on=3),
    "garbage": Lie(WRITE, "garbage", on=3),
    "a connection that ends": Lie(WRITE, "hang up", on=3),
    "no handle": Lie(OPEN, "swallow"),
}

GET_LIES = {
    "an early end": Lie(READ, "short end", on=5),
    "an end at once": Lie(READ, "short end"),
    "bytes of another place": Lie(READ, "shifted", on=3, times=1),
    "more than was asked for": Lie(READ, "too much", on=3),
    "a flipped bit": Lie(READ, "flip", on=3, times=1),
    "an answer that nobody asked for": Lie(READ, "other id", on=3),
    "an answer of the wrong kind": Lie(READ, "wrong kind", on=3),
    "a length beyond the packet": Lie(READ, "garbage", on=3),
    "a failed read": Lie(READ, "fail", on=3),
    "a connection that ends": Lie(READ, "hang up", on=3),
}


class LyingConnection:
    """A way to the lying server."""

    is_alive = True

    def __init__(self, server: LyingServer) -> None:
        self._server = server

    def open_files(self) -> wire.Stream:
        return self._server.connect()

    def run(self, command: str) -> wire.Stream:
        raise NotImplementedError

    def close(self) -> None:
        pass


class LiedTo(ScpBackend):
    """The backend, on a connection to the lying server."""

    def __init__(self, server: LyingServer) -> None:
        super().__init__("nas", ScpOptions(host="liar", remote_path="/root"))
        self._server = server

    def _connect(self) -> Connection:
        return LyingConnection(self._server)


@pytest.fixture
def near(tmp_path: Path) -> LocalBackend:
    return LocalBackend("local", LocalOptions(path=tmp_path / "near"))


@pytest.mark.parametrize("lie", PUT_LIES.values(), ids=PUT_LIES)
@pytest.mark.parametrize("size", [SMALL, pytest.param(BIG, marks=pytest.mark.matrix)])
def test_a_put_that_the_server_lies_about_is_never_a_success(lie: Lie, size: int) -> None:
    server = LyingServer(lie)
    with LiedTo(server) as backend:
        [outcome] = put_all(backend, [put_item("file.wav", sample(size))])

    assert server.lies_told
    assert outcome.error is not None
    assert b"/root/file.wav" not in server.files


def test_a_sync_that_fails_ahead_of_the_commit_is_not_forgotten() -> None:
    data = sample(SMALL)
    server = LyingServer(Lie(EXTENDED, "fail", times=1))
    with LiedTo(server) as backend:
        upload = backend.start_upload("file.wav", content_of(data), temp=new_temp_name(1, 1))
        assert isinstance(upload, ScpUpload)
        upload.write_part(0, data)
        upload.sync_ahead()
        upload.end_sync()

        with pytest.raises(LocationError):
            upload.commit()
        assert list(server.files) == []


def test_a_sync_ahead_that_finds_nobody_is_left_to_the_commit() -> None:
    server = LyingServer(Lie(OPEN, "hang up", on=2))
    with LiedTo(server) as backend:
        upload = backend.start_upload("file.wav", content_of(b"x"), temp=new_temp_name(1, 1))
        assert isinstance(upload, ScpUpload)
        upload.sync_ahead()
        upload.end_sync()

    assert server.lies_told


@pytest.mark.parametrize("lie", GET_LIES.values(), ids=GET_LIES)
@pytest.mark.parametrize("size", [SMALL, pytest.param(PART_BYTES + 1, marks=pytest.mark.matrix)])
def test_a_get_that_the_server_lies_about_leaves_no_file(lie: Lie, size: int, near: LocalBackend) -> None:
    server = LyingServer(lie, files={b"/root/file.wav": bytearray(sample(size))})
    with LiedTo(server) as backend, near:
        [outcome] = get_all(backend, [GetItem("file.wav", content_of(sample(size)), near, "file.wav")])

        assert server.lies_told
        assert outcome.error is not None
        assert not near.exists("file.wav")


def test_a_file_that_ends_early_never_looks_complete() -> None:
    server = LyingServer(Lie(READ, "short end", on=5), files={b"/root/file.wav": bytearray(sample(SMALL))})
    with LiedTo(server) as backend, pytest.raises(SourceChanged, match="earlier than it should"):
        read_all(backend, "file.wav")


def test_after_a_lie_the_next_file_goes_over_a_new_connection() -> None:
    server = LyingServer(Lie(WRITE, "other id", on=3, times=1))
    with LiedTo(server) as backend:
        first, second = put_all(backend, [put_item("one", sample(SMALL)), put_item("two", b"x", 1)], Limits(requests=1))

    assert isinstance(first.error, Unreachable)
    assert second.error is None
    assert server.files[b"/root/two"] == b"x"


def test_names_that_lead_elsewhere_are_not_listed() -> None:
    names = [b"../x", b"a/b", b"", b".", b"..", b"\xff.wav", b"x" * 100_000, b"a\nb", b"a\\b", b"good.wav"]
    with LiedTo(LyingServer(names=names)) as backend:
        assert [entry.key for entry in backend.list()] == ["good.wav"]


def test_a_listing_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_NAMES", 50_000)
    with LiedTo(LyingServer(endless=True)) as backend, pytest.raises(LocationError, match="more than 50,000 names"):
        for _ in backend.list():
            pass


def test_a_listing_that_breaks_off_is_never_taken_for_a_short_one() -> None:
    files = {b"/root/file.wav": bytearray(b"x")}
    for how in ("fail", "hang up", "other id", "garbage", "huge"):
        server = LyingServer(Lie(READDIR, how, on=2), files=dict(files))
        with LiedTo(server) as backend, pytest.raises(AudiotuiError):
            list(backend.list())


def test_a_server_that_falls_silent_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ANSWER_S", 0.2)
    with LiedTo(LyingServer(Lie(WRITE, "silence", on=3))) as backend:
        [outcome] = put_all(backend, [put_item("file.wav", sample(SMALL))])

    assert isinstance(outcome.error, Unreachable)
    assert "has not answered" in outcome.error.message
