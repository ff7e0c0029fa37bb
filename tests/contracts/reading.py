"""The promises about reading, listing and proof: exact, complete, and never fooled by damage."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Capability, GetItem
from audiotui.backends.proof import prove
from audiotui.errors import (
    AlreadyExists,
    IntegrityError,
    NotSupported,
    SourceChanged,
    SourceDamaged,
)
from audiotui.model import VerifyLevel
from tests.contracts.samples import BIG, content_of, get_all, put, put_all, put_another, put_item, read_all, sample
from tests.contracts.suite import BackendSuite, Storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.backends.base import Backend


class ReadingPromises(BackendSuite):
    """What is read, listed and measured is exact and complete."""

    def test_reading_gives_exactly_the_range(self, backend: Backend) -> None:
        data = sample(3_000_000)
        put(backend, "file", data)

        assert read_all(backend, "file") == data
        assert read_all(backend, "file", offset=0, length=0) == b""
        assert read_all(backend, "file", offset=0, length=10) == data[:10]
        assert read_all(backend, "file", offset=1_234_567, length=100_000) == data[1_234_567:1_334_567]
        assert read_all(backend, "file", offset=2_999_999) == data[-1:]
        assert read_all(backend, "file", offset=2_999_990, length=100) == data[-10:]
        assert read_all(backend, "file", offset=3_000_000) == b""
        assert read_all(backend, "file", offset=4_000_000, length=10) == b""
        assert read_all(backend, "file", offset=500_000, length=2_000_000) == data[500_000:2_500_000]
        assert read_all(backend, "file", offset=1_500_000, length=2_000_000) == data[1_500_000:]
        assert read_all(backend, "file", offset=3_000_000, length=2_000_000) == b""

    def test_reading_one_version_refuses_another(self, backend: Backend) -> None:
        put(backend, "file", b"old")
        etag = backend.stat("file").etag
        put_another(backend, "file", b"new")

        assert read_all(backend, "file", if_etag=backend.stat("file").etag) == b"new"
        for length in (10, 2_000_000, None):
            with pytest.raises(SourceChanged):
                read_all(backend, "file", length=length, if_etag=etag)

    def test_a_source_reads_what_is_stored_and_notices_an_exchange(self, backend: Backend, other: Backend) -> None:
        put(backend, "file", b"0123456789")
        source = backend.open_source("file")

        assert source.read_at(2, 5) == b"23456"
        source.check_unchanged()
        with pytest.raises(SourceChanged):
            source.read_at(5, 6)
        put_another(other, "file", b"9876543210")
        with pytest.raises(SourceChanged):
            source.check_unchanged()
        source.close()
        source.close()

    def test_a_damaged_file_is_not_fetched(self, backend: Backend, near: Backend, storage: Storage) -> None:
        for size in (10, BIG):
            key = f"file{size}"
            put(backend, key, sample(size))
            storage.damage(key)

            [outcome] = get_all(backend, [GetItem(key, content_of(sample(size)), near, key)])

            assert isinstance(outcome.error, SourceDamaged)
            assert not near.exists(key)

    def test_a_listing_is_complete_beyond_a_page(self, backend: Backend) -> None:
        keys = {f"many/{number:04}" for number in range(1001)}
        outcomes = put_all(backend, (put_item(key, b"") for key in keys))

        assert all(outcome.error is None for outcome in outcomes)
        assert {entry.key for entry in backend.list()} == keys

    def test_a_prefix_is_a_plain_string(self, backend: Backend) -> None:
        keys = ["a-b", "ab/c", "ab/cd/e", "abc", "b/a"]
        put_all(backend, (put_item(key, b"x", number) for number, key in enumerate(keys)))

        def listed(prefix: str) -> list[str]:
            return sorted(entry.key for entry in backend.list(prefix))

        assert listed("") == keys
        assert listed("a") == ["a-b", "ab/c", "ab/cd/e", "abc"]
        assert listed("ab") == ["ab/c", "ab/cd/e", "abc"]
        assert listed("ab/") == ["ab/c", "ab/cd/e"]
        assert listed("ab/c") == ["ab/c", "ab/cd/e"]
        assert listed("ab/cd/") == ["ab/cd/e"]
        assert listed("ab/cd/e") == ["ab/cd/e"]
        assert listed("nothing") == listed("ab/c/x") == []

    def test_a_key_beside_its_own_prefix_is_stored_or_refused_in_words(self, backend: Backend) -> None:
        put(backend, "a", b"file")
        put(backend, "a-b", b"beside")
        put(backend, "f/b", b"below")
        stored = {"a", "a-b", "f/b"}
        for key in ("a/b", "f"):
            with suppress(AlreadyExists):
                put(backend, key, b"late")
                stored.add(key)

        assert {key for key in ("a", "a-b", "a/b", "f", "f/b") if backend.exists(key)} == stored
        assert read_all(backend, "a") == b"file"
        assert read_all(backend, "f/b") == b"below"

    def test_damage_behind_its_back_is_seen(self, backend: Backend, storage: Storage) -> None:
        for size in (10, BIG):
            key, content = f"file{size}", content_of(sample(size))
            put(backend, key, sample(size))

            assert prove(backend, key, content, level=VerifyLevel.READ_BACK).level == VerifyLevel.READ_BACK
            storage.damage(key)
            with pytest.raises(IntegrityError):
                prove(backend, key, content, level=VerifyLevel.READ_BACK)

    def test_a_checksum_tells_damage_from_health(self, backend: Backend, storage: Storage) -> None:
        if Capability.CHECKSUM not in backend.capabilities:
            with pytest.raises(NotSupported):
                backend.checksum("file")
            return
        for size in (10, BIG):
            key, content = f"file{size}", content_of(sample(size))
            put(backend, key, sample(size))
            before = backend.checksum(key)
            storage.damage(key)
            after = backend.checksum(key)

            assert before.matches(content) is True
            if after.level == VerifyLevel.READ_BACK:
                assert after.matches(content) is False

    def test_an_ability_that_is_not_declared_is_refused_in_words(self, backend: Backend) -> None:
        put(backend, "file", b"x")
        calls: dict[Capability, Callable[[], object]] = {
            Capability.CHECKSUM: lambda: backend.checksum("file"),
            Capability.PRESIGN: lambda: backend.presign("file", 60),
        }

        for capability, call in calls.items():
            if capability in backend.capabilities:
                call()
            else:
                with pytest.raises(NotSupported):
                    call()
