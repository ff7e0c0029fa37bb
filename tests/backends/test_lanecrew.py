"""Many small files out of a bucket beside big ones: what arrives, and what is left over when it ends."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Content, GetItem, Limits
from audiotui.backends.items import FixedFeed
from audiotui.backends.local import LocalBackend
from audiotui.backends.minio import MinioBackend
from audiotui.backends.options import LocalOptions, MinioOptions
from audiotui.backends.transfers import GetTransfer
from audiotui.errors import KeyNotFound, LocationError, SourceChanged, SourceDamaged, TransferCancelled, Unreachable
from audiotui.model import SecretStr
from tests.contracts.samples import BIG, content_of, get_all, read_all, sample
from tests.servers.playing import Play, PlayingServer, answer, chunked, of_objects, part, playing_server
from tests.servers.relay import Relay
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from audiotui.backends.base import Backend, Outcome
    from audiotui.backends.localupload import LocalUpload
    from tests.servers.buckets import BucketServer

ODD = "Content-Encoding: identity"
"""With it the line leaves an answer to obstore, which has nothing against it."""

SIZES = (1, 300, 200_000, 1_048_576, 1_048_577, 0)


@pytest.fixture(scope="module")
def files(minio: BucketServer) -> Iterator[tuple[str, dict[str, bytes]]]:
    """A bucket with small files and a big one, and their bytes."""
    bucket = minio.new_bucket()
    found = {f"é {number}.wav": sample(size, number) for number, size in enumerate(SIZES * 6)}
    found["big.wav"] = sample(BIG)
    for key, data in found.items():
        minio.client.put_object(Bucket=bucket, Key=key, Body=data)
    found["packed.wav"] = b"as it is"
    minio.client.put_object(Bucket=bucket, Key="packed.wav", Body=b"as it is", ContentEncoding="gzip")
    yield bucket, found
    minio.empty(bucket)


@pytest.fixture
def player() -> Iterator[PlayingServer]:
    """A store that is told what to answer."""
    with playing_server() as player:
        player.usual = of_objects({})
        yield player


def bucket_at(port: int, bucket: str = "takes", keys: tuple[str, str] = ("someone", "canary")) -> Backend:
    """A location that is there."""
    options = MinioOptions(
        endpoint=f"127.0.0.1:{port}", secure=False, bucket=bucket, access_key=keys[0], secret_key=SecretStr(keys[1])
    )
    return MinioBackend("studio", options)


def real(minio: BucketServer, bucket: str, *, port: int = 0) -> Backend:
    """The real one, or what stands before it."""
    return bucket_at(port or minio.port, bucket, (minio.access_key, minio.secret_key))


def wanted(files: dict[str, bytes], near: Backend) -> list[GetItem]:
    """An item for each file, in their order."""
    return [GetItem(key, content_of(data), near, key, id=number) for number, (key, data) in enumerate(files.items())]


def paths(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files as a player has them."""
    return {f"/takes/{key}": data for key, data in files.items()}


def movers() -> list[threading.Thread]:
    """The threads of all that is moved."""
    return [thread for thread in threading.enumerate() if thread.name == "audiotui-mover"]


def open_descriptors() -> int:
    """How many this process has."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("requests", [1, 3, 16])
def test_many_small_files_arrive_beside_a_big_one(
    minio: BucketServer, files: tuple[str, dict[str, bytes]], near: Backend, requests: int
) -> None:
    bucket, found = files
    items = wanted(found, near)
    told: list[int] = []
    items = [replace(item, on_bytes=told.append) for item in (items[-2], items[-1], *items[:-2])]
    with real(minio, bucket) as backend:
        outcomes = get_all(backend, items, Limits(requests=requests))

    assert [outcome.error for outcome in outcomes] == [None] * len(found)
    assert all(read_all(near, key) == data for key, data in found.items())
    assert sum(told) == sum(map(len, found.values()))
    assert not movers()


@pytest.mark.parametrize(("requests", "most"), [(1, 1), (4, 4)])
@pytest.mark.parametrize("lines", [(), (ODD,)], ids=["usual", "odd"])
def test_no_more_requests_are_in_flight_than_allowed(
    player: PlayingServer, near: Backend, requests: int, most: int, lines: tuple[str, ...]
) -> None:
    found = {"big.wav": sample(BIG), **{f"{number}.wav": sample(1_000, number) for number in range(12)}}
    with bucket_at(player.port) as backend:
        player.usual = of_objects(paths(found), lines=lines)
        player.lingers_s = 0.02
        outcomes = get_all(backend, wanted(found, near), Limits(requests=requests))

    assert [outcome.error for outcome in outcomes] == [None] * len(found)
    assert all(read_all(near, key) == data for key, data in found.items())
    assert (player.most_at_once > 1) is (most > 1)
    assert player.most_at_once <= most


def cancelled_after(backend: Backend, items: list[GetItem], is_silent: Callable[[], object]) -> list[Outcome[GetItem]]:
    """The outcomes of a transfer that is cancelled while the server says nothing."""
    limits = Limits(requests=4)
    outcomes: list[Outcome[GetItem]] = []
    running = threading.Thread(target=lambda: outcomes.extend(backend.get_many(FixedFeed(items), limits)))
    running.start()
    eventually(is_silent, what="the silence")
    began_s = time.monotonic()
    limits.cancel.set()
    running.join(PATIENCE_S)
    assert time.monotonic() - began_s < 2.0
    return outcomes


def test_a_cancelled_transfer_ends_while_the_server_is_silent(player: PlayingServer, near: Backend) -> None:
    found = {f"{number}.wav": sample(1_000, number) for number in range(12)}
    with bucket_at(player.port) as backend:
        asked = len(player.asked)
        player.usual = lambda head: Play((part(sample(1_000))[:500],), "wait")
        outcomes = cancelled_after(backend, wanted(found, near), lambda: len(player.asked) == asked + 4)

    assert len(outcomes) == 4
    assert all(isinstance(outcome.error, TransferCancelled) for outcome in outcomes)
    assert not movers()


def test_a_cancelled_transfer_ends_while_its_rate_keeps_it_waiting(
    minio: BucketServer, files: tuple[str, dict[str, bytes]], near: Backend
) -> None:
    bucket, found = files
    key = next(key for key, data in found.items() if len(data) == 1_048_576)
    limits = Limits(bytes_per_s=1_000)
    with real(minio, bucket) as backend:
        (item,) = wanted({key: found[key]}, near)
        outcomes: list[Outcome[GetItem]] = []
        running = threading.Thread(target=lambda: outcomes.extend(get_all(backend, [item, item], limits)))
        running.start()
        eventually(movers, what="the beginning")
        began_s = time.monotonic()
        limits.cancel.set()
        running.join(PATIENCE_S)

    assert time.monotonic() - began_s < 2.0
    assert not movers()


def test_files_keep_to_a_low_rate(minio: BucketServer, files: tuple[str, dict[str, bytes]], near: Backend) -> None:
    bucket, found = files
    small = {key: data for key, data in found.items() if len(data) == 200_000}
    limits = Limits(bytes_per_s=800_000)
    began_s = time.monotonic()
    with real(minio, bucket) as backend:
        outcomes = get_all(backend, wanted(small, near), limits)

    assert [outcome.error for outcome in outcomes] == [None] * len(small)
    assert time.monotonic() - began_s > (len(small) - 2) * 200_000 / 800_000


def test_an_answer_that_is_not_understood_comes_in_another_way(player: PlayingServer, near: Backend) -> None:
    found = {f"{number}.wav": sample(1_000 * number + 1, number) for number in range(20)}

    with bucket_at(player.port) as backend:
        player.usual = of_objects(paths(found), lines=(ODD,))
        outcomes = get_all(backend, wanted(found, near), Limits(bytes_in_flight=1_500))

    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert all(read_all(near, key) == data for key, data in found.items())


def test_an_answer_that_nobody_understands_is_an_error_of_its_own_file(player: PlayingServer, near: Backend) -> None:
    found = {f"{number}.wav": sample(1_000, number) for number in range(12)}
    with bucket_at(player.port) as backend:
        player.plays = [Play((chunked(206, sample(1_000), "Content-Range: bytes 0-999/1000"),))] * 3
        player.usual = lambda head: Play((answer(503),))
        outcomes = get_all(backend, wanted(found, near), Limits(requests=3))

    assert len(outcomes) == 12
    assert all(outcome.error is not None for outcome in outcomes)


def test_the_error_of_one_file_is_that_of_no_other(
    minio: BucketServer, files: tuple[str, dict[str, bytes]], near: Backend
) -> None:
    bucket, found = files
    items = wanted({key: data for key, data in found.items() if 0 < len(data) <= 200_000}, near)
    count = len(items)
    items += [
        GetItem("missing", content_of(b"x"), near, "missing", id=count),
        replace(items[0], new_key="replaced", etag="0" * 32, id=count + 1),
        replace(items[0], new_key="damaged", content=content_of(b"y"), id=count + 2),
        replace(
            items[1], new_key="shorter", content=Content(301, content_of(found[items[1].key]).sha256), id=count + 3
        ),
    ]
    with real(minio, bucket) as backend:
        outcomes = get_all(backend, items[count:] + items[:count])

    assert [outcome.error for outcome in outcomes[:count]] == [None] * count
    kinds = [type(outcome.error) for outcome in outcomes[count:]]
    assert kinds == [KeyNotFound, SourceChanged, SourceDamaged, SourceDamaged]
    assert all(read_all(near, item.new_key) == found[item.key] for item in items[:count])
    assert len(list(near.list())) == count


def test_a_key_that_leads_elsewhere_is_not_asked_for(player: PlayingServer, near: Backend) -> None:
    with bucket_at(player.port) as backend:
        asked = len(player.asked)
        outcomes = get_all(backend, [GetItem("../others/file.wav", content_of(b"x"), near, "file.wav")])

    assert [type(outcome.error) for outcome in outcomes] == [LocationError]
    assert len(player.asked) == asked


def test_a_server_that_closes_kept_connections_costs_no_file(player: PlayingServer, near: Backend) -> None:
    found = {f"{number}.wav": sample(1_000, number) for number in range(30)}
    with bucket_at(player.port) as backend:
        player.usual = of_objects(paths(found))
        assert get_all(backend, wanted({"0.wav": found["0.wav"]}, near))[0].error is None
        player.plays = [Play((), "close")]
        outcomes = get_all(backend, wanted({key: found[key] for key in list(found)[1:]}, near), Limits(requests=1))

    assert [outcome.error for outcome in outcomes] == [None] * 29


def test_a_line_that_breaks_fails_what_is_on_it_and_nothing_hangs(
    minio: BucketServer, files: tuple[str, dict[str, bytes]], near: Backend
) -> None:
    bucket, found = files
    with Relay(minio.port) as relay, real(minio, bucket, port=relay.port) as backend:
        relay.stand_still()
        outcomes: list[Outcome[GetItem]] = []
        running = threading.Thread(target=lambda: outcomes.extend(get_all(backend, wanted(found, near))))
        running.start()
        eventually(lambda: movers() and relay.connections > 1)
        relay.hang_up()
        relay.go_on()
        running.join(PATIENCE_S)

    assert len(outcomes) == len(found)
    errors = {type(outcome.error) for outcome in outcomes}
    assert Unreachable in errors
    assert errors <= {Unreachable, type(None)}  # who had no connection yet gets one afterwards
    assert not movers()


def test_nothing_is_left_open_at_the_end(
    minio: BucketServer, files: tuple[str, dict[str, bytes]], tmp_path: Path
) -> None:
    bucket, found = files

    def run(name: str, *, count: int | None) -> None:
        with LocalBackend("local", LocalOptions(path=tmp_path / name)) as near, real(minio, bucket) as backend:
            outcomes = backend.get_many(FixedFeed(wanted(found, near)), Limits())
            if count is None:
                assert [outcome.error for outcome in outcomes] == [None] * len(found)
                return
            for _ in range(count):
                next(outcomes)
            outcomes.close()  # type: ignore[attr-defined]
            assert not movers()

    run("first", count=None)
    before = open_descriptors()
    run("whole", count=None)
    run("closed early", count=3)
    run("closed at once", count=1)

    assert not movers()
    eventually(lambda: open_descriptors() <= before, what="as many descriptors as before")


def error_of_all(backend: Backend, items: list[GetItem]) -> Exception | None:
    """What ends a transfer, which ends in time."""
    errors: list[Exception] = []

    def run() -> None:
        try:
            list(backend.get_many(FixedFeed(items), Limits()))
        except RuntimeError as error:
            errors.append(error)

    running = threading.Thread(target=run, daemon=True)
    running.start()
    running.join(PATIENCE_S)
    assert not movers()
    return errors[0] if errors else None


def test_a_system_that_allows_no_more_threads_is_told(
    player: PlayingServer, near: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == "audiotui-mover" and movers():
            raise RuntimeError("can't start new thread")
        begin(thread)

    found = {"big.wav": sample(BIG), "small.wav": sample(300)}
    with bucket_at(player.port) as backend:
        player.usual = of_objects(paths(found))
        monkeypatch.setattr(threading.Thread, "start", start)
        error = error_of_all(backend, wanted(found, near))

    assert str(error) == "can't start new thread"


def test_what_nobody_foresaw_ends_all_and_nothing_waits_for_ever(
    player: PlayingServer, near: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(transfer: GetTransfer) -> None:
        raise RuntimeError("nobody foresaw it")

    found = {f"{number}.wav": sample(1_000, number) for number in range(12)}
    with bucket_at(player.port) as backend:
        player.usual = of_objects(paths(dict.fromkeys(found, sample(1_000, 99))))  # whose errors the lane deals with
        monkeypatch.setattr(GetTransfer, "close", broken)
        error = error_of_all(backend, wanted(found, near))

    assert str(error) == "nobody foresaw it"


class SlowFolder(LocalBackend):
    """A folder in which every file takes some time to be made."""

    def __init__(self, path: Path) -> None:
        super().__init__("local", LocalOptions(path=path))
        self._lock = threading.Lock()
        self._making = 0
        self.most_at_a_time = 0

    def _start_upload(self, key: str, content: Content, *, temp: str, attributes: Mapping[str, str]) -> LocalUpload:
        with self._lock:
            self._making += 1
            self.most_at_a_time = max(self.most_at_a_time, self._making)
        try:
            time.sleep(0.02)
            return super()._start_upload(key, content, temp=temp, attributes=attributes)
        finally:
            with self._lock:
                self._making -= 1


def test_files_are_written_several_at_a_time_into_a_slow_folder(minio: BucketServer, tmp_path: Path) -> None:
    bucket = minio.new_bucket()
    files = {f"{number}.wav": sample(300, number) for number in range(80)}
    for key, data in files.items():
        minio.client.put_object(Bucket=bucket, Key=key, Body=data)
    with real(minio, bucket) as far, SlowFolder(tmp_path) as near:
        outcomes = get_all(far, wanted(files, near))
        assert not [outcome.error for outcome in outcomes if outcome.error is not None]
        assert {key: read_all(near, key) for key in files} == files
        assert near.most_at_a_time > 1
    minio.empty(bucket)


def test_several_threads_keep_to_a_number_that_was_lowered(player: PlayingServer, tmp_path: Path) -> None:
    files = {f"{number}.wav": sample(300, number) for number in range(160)}
    limits = Limits(requests=8)
    with bucket_at(player.port) as far, SlowFolder(tmp_path) as near:
        player.usual = of_objects(paths(files))
        outcomes = far.get_many(FixedFeed(wanted(files, near)), limits)
        while near.most_at_a_time < 3:
            assert next(outcomes).error is None
        limits.requests = 2
        for _ in range(16):  # what was under way
            assert next(outcomes).error is None
        near.most_at_a_time = 0
        assert not [outcome.error for outcome in outcomes if outcome.error is not None]

    assert near.most_at_a_time <= 2
