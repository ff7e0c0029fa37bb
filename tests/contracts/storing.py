"""The promises about storing: bytes come back as they went, and nothing is ever overwritten."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import GetItem, PutItem
from audiotui.backends.keys import new_temp_name
from audiotui.backends.sources import BytesSource
from audiotui.errors import AlreadyExists, SourceDamaged
from audiotui.model import PART_BYTES, VerifyLevel
from tests.contracts.samples import BIG, content_of, get_all, part_of, put, put_all, put_item, read_all, sample
from tests.contracts.suite import BackendSuite
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from audiotui.backends.base import Backend

SIZES = (0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, BIG)


class StoringPromises(BackendSuite):
    """Bytes come back as they went, and a key that is taken stays as it is."""

    @pytest.mark.parametrize("size", SIZES)
    def test_bytes_come_back_as_they_went(self, backend: Backend, near: Backend, size: int) -> None:
        data = sample(size)
        put(backend, "in/file", data)

        [fetched] = get_all(backend, [GetItem("in/file", content_of(data), near, "out/file")])

        assert fetched.error is None
        assert backend.stat("in/file").size_bytes == size
        assert read_all(near, "out/file") == data

    def test_what_was_stored_is_told(self, backend: Backend) -> None:
        [outcome] = put_all(backend, [put_item("file", b"x")])

        entry = backend.stat("file")
        assert outcome.entry is not None
        assert outcome.entry.level >= VerifyLevel.SIZE
        assert (outcome.entry.key, outcome.entry.etag) == ("file", entry.etag)
        assert entry.etag
        assert entry.modified_at is not None
        assert entry.modified_at.tzinfo is not None
        assert not outcome.existed

    def test_a_key_that_is_taken_is_never_overwritten(self, backend: Backend) -> None:
        put(backend, "file", b"first")
        second = content_of(b"second")

        with pytest.raises(AlreadyExists) as caught:
            backend.put_small("file", b"second", sha256=second.sha256)

        assert (caught.value.location, caught.value.key) == (backend.name, "file")
        assert read_all(backend, "file") == b"first"

    def test_a_commit_never_overwrites_what_came_meanwhile(self, backend: Backend, other: Backend) -> None:
        data = sample(BIG)
        upload = backend.start_upload("file", content_of(data), temp=new_temp_name(1, 1))
        for number in upload.missing:
            upload.write_part(number, part_of(data, number))
        put(other, "file", b"first")

        with pytest.raises(AlreadyExists):
            upload.commit()

        upload.abort()
        assert read_all(backend, "file") == b"first"
        assert list(backend.list_unfinished("file")) == []

    def test_of_many_who_store_one_key_at_once_one_wins(self, backend: Backend, other: Backend) -> None:
        together = threading.Barrier(8)

        def store(number: int) -> bool:
            data = f"writer {number}".encode()
            together.wait(PATIENCE_S)
            try:
                backends = (backend, other)
                backends[number % 2].put_small("file", data, sha256=content_of(data).sha256)
            except AlreadyExists:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(store, range(8)))

        assert sum(won) == 1
        assert read_all(backend, "file") == f"writer {won.index(True)}".encode()

    def test_storing_the_same_bytes_again_is_a_success_that_says_so(self, backend: Backend) -> None:
        for size in (10, BIG):
            put(backend, f"file{size}", sample(size))

            [again] = put_all(backend, [put_item(f"file{size}", sample(size))])

            assert again.error is None
            assert again.existed
            assert again.entry is not None
            assert again.entry.level >= VerifyLevel.STORAGE_SUM
            assert list(backend.list_unfinished(f"file{size}")) == []

    def test_other_bytes_under_the_key_are_reported_and_kept(self, backend: Backend) -> None:
        for size in (10, BIG):
            put(backend, f"file{size}", sample(size, seed=1))

            [outcome] = put_all(backend, [put_item(f"file{size}", sample(size, seed=2))])

            assert isinstance(outcome.error, AlreadyExists)
            assert "other bytes" in outcome.error.message
            assert read_all(backend, f"file{size}") == sample(size, seed=1)

    @pytest.mark.parametrize("size", [10, BIG])
    def test_bytes_that_are_not_those_of_the_catalog_are_not_stored(self, backend: Backend, size: int) -> None:
        wrong = sample(size)[:-1] + b"\0"
        item = PutItem("file", content_of(sample(size)), lambda: BytesSource(wrong))

        [outcome] = put_all(backend, [item])

        assert isinstance(outcome.error, SourceDamaged)
        assert not backend.exists("file")
