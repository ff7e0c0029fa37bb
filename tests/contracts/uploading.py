"""The promises about uploads: invisible until the commit, resumable, gone after an abort."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Capability
from audiotui.backends.keys import new_temp_name
from audiotui.errors import NotSupported, UploadExpired
from audiotui.model import PART_BYTES
from tests.contracts.samples import BIG, content_of, part_of, put_all, put_item, read_all, sample
from tests.contracts.suite import BackendSuite, Storage

if TYPE_CHECKING:
    from audiotui.backends.base import Backend


class UploadPromises(BackendSuite):
    """An upload is invisible, can be resumed, and leaves nothing if it is aborted."""

    def test_an_unfinished_upload_is_invisible(self, backend: Backend, other: Backend) -> None:
        data = sample(BIG)
        upload = backend.start_upload("in/file", content_of(data), temp=new_temp_name(1, 1))
        upload.write_part(1, part_of(data, 1))
        upload.write_part(0, part_of(data, 0))

        assert not other.exists("in/file")
        assert list(other.list()) == []
        assert upload.token in {unfinished.token for unfinished in other.list_unfinished("in/file")}
        upload.write_part(2, part_of(data, 2))
        upload.commit()
        assert [entry.key for entry in other.list()] == ["in/file"]
        assert list(other.list_unfinished()) == []

    def test_a_part_may_come_in_pieces_and_counts_only_if_its_bytes_are_right(self, backend: Backend) -> None:
        data = sample(BIG)
        upload = backend.start_upload("in/file", content_of(data), temp=new_temp_name(1, 1))
        short, longer, wrong = (upload.open_part(1) for _ in range(3))
        short.write(part_of(data, 1)[:-1])
        longer.write(part_of(data, 1) + b"x")
        wrong.write(part_of(data, 0))

        assert [part.finish() for part in (short, longer, wrong)] == [False, False, False]
        assert upload.missing == [0, 1, 2]
        for number in (2, 0, 1):
            part, bytes_left = upload.open_part(number), memoryview(part_of(data, number))
            while bytes_left:
                part.write(bytes_left[:300_001])
                bytes_left = bytes_left[300_001:]
            assert part.finish()
        upload.commit()
        assert read_all(backend, "in/file") == data

    def test_a_part_may_be_put_into_memory_that_is_given_for_it(self, backend: Backend) -> None:
        data = sample(BIG)
        upload = backend.start_upload("in/file", content_of(data), temp=new_temp_name(1, 1))
        right, wrong = upload.open_part(2), upload.open_part(2)
        rest = part_of(data, 2)
        while rest:
            room = right.room(5_000)
            assert 0 < len(room) <= 5_000
            room[:], rest = rest[: len(room)], rest[len(room) :]
            right.filled(len(room))
        room = wrong.room(5_000)
        room[:] = bytes(len(room))
        wrong.filled(len(room))

        assert not right.room(5_000)
        assert [part.finish() for part in (right, wrong)] == [True, False]
        assert upload.missing == [0, 1]
        upload.abort()

    def test_an_aborted_upload_leaves_nothing(self, backend: Backend) -> None:
        upload = backend.start_upload("in/file", content_of(sample(BIG)), temp=new_temp_name(1, 1))
        upload.write_part(0, part_of(sample(BIG), 0))

        upload.abort()

        assert list(backend.list()) == []
        assert list(backend.list_unfinished("in/file")) == []

    def test_an_upload_that_lacks_parts_cannot_be_committed(self, backend: Backend) -> None:
        upload = backend.start_upload("file", content_of(sample(BIG)), temp=new_temp_name(1, 1))
        upload.write_part(0, part_of(sample(BIG), 0))

        with pytest.raises(ValueError, match="lacks 2 parts"):
            upload.commit()

        upload.abort()
        assert not backend.exists("file")

    def test_a_resumed_upload_goes_on_from_what_the_far_side_holds(self, storage: Storage) -> None:
        data = sample(BIG)
        with storage.connect() as backend:
            assert Capability.RESUME in backend.capabilities
            upload = backend.start_upload("in/file", content_of(data), temp=new_temp_name(1, 1))
            upload.write_part(0, part_of(data, 0))
            upload.close()
        sent: list[int] = []
        item = replace(put_item("in/file", data), resume_token=upload.token, on_bytes=sent.append)

        with storage.connect() as later:
            [outcome] = put_all(later, [item])

            assert outcome.error is None
            assert outcome.resumed_bytes == PART_BYTES
            assert sum(sent) == BIG - PART_BYTES
            assert read_all(later, "in/file") == data
            assert list(later.list_unfinished("in/file")) == []

    def test_a_resume_that_the_far_side_forgot_is_told_and_then_starts_again(self, backend: Backend) -> None:
        data = sample(BIG)
        upload = backend.start_upload("in/file", content_of(data), temp=new_temp_name(1, 1))
        upload.abort()

        with pytest.raises((UploadExpired, NotSupported)):
            backend.resume_upload(upload.token, "in/file", content_of(data))

        [outcome] = put_all(backend, [replace(put_item("in/file", data), resume_token=upload.token)])
        assert outcome.error is None
        assert outcome.resumed_bytes == 0
        assert read_all(backend, "in/file") == data

    def test_the_callers_journal_hears_of_an_upload_before_its_first_byte(self, backend: Backend) -> None:
        heard: list[str] = []
        item = replace(
            put_item("file", sample(BIG)),
            on_token=lambda token: heard.append(f"token {bool(token)}"),
            on_start=lambda held: heard.append(f"start {held}"),
            on_bytes=lambda count: heard.append("bytes"),
        )

        put_all(backend, [item])

        assert heard == ["token True", "start 0", "bytes", "bytes", "bytes"]

    def test_discarding_an_upload_twice_is_fine(self, backend: Backend) -> None:
        upload = backend.start_upload("in/file", content_of(sample(BIG)), temp=new_temp_name(1, 1))
        upload.write_part(0, part_of(sample(BIG), 0))
        upload.close()

        backend.discard(upload.token, key="in/file")
        backend.discard(upload.token, key="in/file")

        assert list(backend.list_unfinished("in/file")) == []
