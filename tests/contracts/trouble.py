"""The promises about trouble: every failure is told in our own words, and nothing half done stays."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import GetItem, Limits, PutItem
from audiotui.backends.items import FixedFeed
from audiotui.backends.keys import new_temp_name
from audiotui.errors import (
    AccessDenied,
    AudiotuiError,
    KeyNotFound,
    LocationError,
    TransferCancelled,
    Unreachable,
)
from audiotui.model import PART_BYTES
from tests.contracts.samples import BIG, content_of, get_all, part_of, put, put_all, put_item, read_all, sample
from tests.contracts.suite import BackendSuite, Storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.backends.base import Backend
    from audiotui.backends.sources import BytesSource


class TroublePromises(BackendSuite):
    """Every failure is told, and nothing half done stays."""

    def test_without_rights_nothing_is_stored_and_the_reason_is_told(self, storage: Storage) -> None:
        with storage.connect_without_rights() as backend:
            outcomes = put_all(backend, [put_item("small", b"x", 1), put_item("big", sample(BIG), 2)])

        assert [type(outcome.error) for outcome in outcomes] == [AccessDenied, AccessDenied]
        with storage.connect() as allowed:
            assert list(allowed.list()) == []

    def test_a_location_that_is_gone_is_unreachable_in_every_call(self, backend: Backend, storage: Storage) -> None:
        put(backend, "file", b"x")
        content = content_of(b"x")
        calls: list[Callable[[], object]] = [
            lambda: backend.stat("file"),
            lambda: backend.exists("file"),
            lambda: list(backend.list()),
            lambda: list(backend.list("file")),
            lambda: list(backend.read("file")),
            lambda: backend.put_small("new", b"x", sha256=content.sha256),
            lambda: backend.start_upload("new", content),
            lambda: backend.delete("file"),
            lambda: backend.move("file", "new"),
            lambda: list(backend.list_unfinished("file")),
            lambda: storage.connect().open(),
            lambda: put(backend, "new", b"x"),
        ]

        with storage.gone():
            for number, call in enumerate(calls):
                with pytest.raises(Unreachable) as caught:
                    call()
                assert caught.value.location == backend.name, number
        assert [entry.key for entry in backend.list()] == ["file"]
        assert read_all(backend, "file") == b"x"

    def test_each_item_of_a_location_that_is_gone_has_that_as_its_outcome(
        self, backend: Backend, storage: Storage, near: Backend
    ) -> None:
        for key in ("one", "two"):
            put(backend, key, b"x")

        with storage.gone(), closing(storage.connect()) as fresh:
            pulled = get_all(fresh, [GetItem(key, content_of(b"x"), near, key) for key in ("one", "two")])
            pushed = put_all(fresh, [put_item(key, b"x") for key in ("three", "four")])

        assert [type(outcome.error) for outcome in pulled] == [Unreachable] * 2
        assert [type(outcome.error) for outcome in pushed] == [Unreachable] * 2

    def test_an_upload_outlives_a_location_that_goes_and_comes_back(self, backend: Backend, storage: Storage) -> None:
        data = sample(BIG)
        upload = backend.start_upload("in/file", content_of(data), temp=new_temp_name(1, 1))
        upload.write_part(0, part_of(data, 0))
        with storage.gone(), suppress(AudiotuiError):
            upload.write_part(1, part_of(data, 1))
        upload.close()

        [outcome] = put_all(backend, [replace(put_item("in/file", data), resume_token=upload.token)])

        assert outcome.error is None
        assert read_all(backend, "in/file") == data

    def test_a_read_that_is_cut_short_never_looks_complete(self, backend: Backend, storage: Storage) -> None:
        data = sample(BIG)
        put(backend, "file", data)
        pieces = backend.read("file")
        got = [next(pieces)]

        told = False
        with storage.gone():
            try:
                got.extend(pieces)
            except Unreachable:
                told = True

        assert told or b"".join(got) == data

    def test_one_item_that_fails_does_not_stop_the_others(self, backend: Backend) -> None:
        put(backend, "taken", b"other")
        items = [put_item(key, b"x", number) for number, key in enumerate(["one", "taken", "../bad", "two"])]

        outcomes = put_all(backend, items)

        assert [outcome.error is None for outcome in outcomes] == [True, False, False, True]
        assert {entry.key for entry in backend.list()} == {"one", "taken", "two"}

    def test_an_error_of_the_source_is_the_items_outcome(self, backend: Backend) -> None:
        def broken() -> BytesSource:
            raise RuntimeError("nobody foresaw this")

        items = [PutItem("one", content_of(b"x"), broken, id=1), put_item("two", b"x", 2)]

        first, second = put_all(backend, items)

        assert isinstance(first.error, LocationError)
        assert isinstance(first.error.__cause__, RuntimeError)
        assert second.error is None

    def test_a_cancelled_transfer_ends_at_once_and_can_go_on(self, backend: Backend) -> None:
        data = sample(BIG)
        limits = Limits(requests=1, bytes_in_flight=PART_BYTES)
        tokens: list[str] = []
        items = [
            replace(put_item("big", data), on_token=tokens.append, on_bytes=lambda count: limits.cancel.set()),
            put_item("never begun", b"x", 1),
        ]

        outcomes = put_all(backend, items, limits)

        assert [type(outcome.error) for outcome in outcomes] == [TransferCancelled]
        assert list(backend.list()) == []
        [again] = put_all(backend, [replace(put_item("big", data), resume_token=tokens[0])])
        assert again.error is None
        assert read_all(backend, "big") == data

    def test_giving_up_the_outcomes_stops_the_work(self, backend: Backend) -> None:
        outcomes = backend.put_many(
            FixedFeed(put_item(f"file{number}", b"x") for number in range(10_000)), Limits(requests=2)
        )
        next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]  # every backend's outcomes are a generator

        stored = sum(1 for _ in backend.list())
        assert 1 <= stored < 10_000
        assert sum(1 for _ in backend.list()) == stored

    def test_many_threads_may_use_one_backend(self, backend: Backend) -> None:
        def use(number: int) -> bool:
            # A folder for each: MinIO answers 403 to who stores in one that another's removal is just pruning.
            key, data = f"thread-{number}/file", sample(1000, seed=number)
            backend.put_small(key, data, sha256=content_of(data).sha256)
            same = read_all(backend, key) == data and backend.stat(key).size_bytes == 1000
            backend.delete(key)
            return same

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(use, range(64)))
        assert list(backend.list()) == []

    def test_a_closed_backend_opens_again_when_it_is_used(self, backend: Backend) -> None:
        put(backend, "file", b"x")

        backend.close()
        backend.close()

        assert backend.exists("file")

    def test_no_secret_is_ever_shown(
        self, backend: Backend, storage: Storage, caplog: pytest.LogCaptureFixture
    ) -> None:
        shown = [repr(backend), str(backend), repr(vars(backend))]
        with caplog.at_level(logging.DEBUG):
            upload = backend.start_upload("file", content_of(sample(BIG)), temp=new_temp_name(1, 1))
            shown += [upload.token, repr(upload), repr(vars(upload))]
            upload.abort()
            with pytest.raises(KeyNotFound) as missing:
                backend.stat("missing")
            with storage.gone(), pytest.raises(Unreachable) as gone:
                backend.stat("file")
        for error in (missing.value, gone.value):
            shown += [str(error), repr(error), repr(error.__cause__)]

        everything = "\n".join([*shown, caplog.text])
        assert not [secret for secret in storage.secrets if secret in everything]
