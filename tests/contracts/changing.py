"""The promises about removing and moving."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AccessDenied, AlreadyExists, SourceChanged
from tests.contracts.samples import put, put_another, read_all
from tests.contracts.suite import BackendSuite, Storage

if TYPE_CHECKING:
    from audiotui.backends.base import Backend


class ChangingPromises(BackendSuite):
    """Removing and moving do what was meant, once."""

    def test_deleting_twice_is_fine(self, backend: Backend) -> None:
        put(backend, "in/file", b"x")

        backend.delete("in/file")
        backend.delete("in/file")
        backend.delete("in/no/folder")

        assert list(backend.list()) == []

    def test_only_the_version_that_was_meant_is_deleted(self, backend: Backend) -> None:
        put(backend, "file", b"old")
        etag = backend.stat("file").etag
        put_another(backend, "file", b"new")

        with pytest.raises(SourceChanged):
            backend.delete("file", if_etag=etag)

        assert read_all(backend, "file") == b"new"
        backend.delete("file", if_etag=backend.stat("file").etag)
        assert not backend.exists("file")

    def test_a_moved_file_has_its_new_key_alone(self, backend: Backend) -> None:
        put(backend, "from/file", b"x")

        entry = backend.move("from/file", "to/another/file")

        assert entry.key == "to/another/file"
        assert [entry.key for entry in backend.list()] == ["to/another/file"]
        assert read_all(backend, "to/another/file") == b"x"

    def test_a_move_never_overwrites(self, backend: Backend) -> None:
        put(backend, "one", b"1")
        put(backend, "two", b"2")

        with pytest.raises(AlreadyExists):
            backend.move("one", "two")
        with pytest.raises(AlreadyExists):
            backend.move("one", "one")

        assert (read_all(backend, "one"), read_all(backend, "two")) == (b"1", b"2")

    def test_a_move_into_a_folder_that_cannot_be_made_is_not_a_missing_key_and_the_file_stays(
        self, backend: Backend, storage: Storage
    ) -> None:
        put(backend, "in/file", b"x")

        with storage.connect_without_rights() as guest, pytest.raises(AccessDenied):
            guest.move("in/file", ".trash/in/folders/of/its/own/file")

        assert [entry.key for entry in backend.list()] == ["in/file"]
        assert read_all(backend, "in/file") == b"x"
