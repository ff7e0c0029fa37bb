"""A sync that failed: some systems tell it once and then forget, so what it was for counts as not written."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import GetItem, Limits
from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.backends.proof import prove
from audiotui.backends.scp import ScpBackend
from audiotui.errors import IntegrityError, LocationError
from audiotui.model import VerifyLevel
from tests.contracts.samples import BIG, content_of, get_all, put, put_all, put_item, sample
from tests.thin_disk import bytes_on_disk, thin_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from tests.servers.openssh import OpenSsh
    from tests.thin_disk import ThinDisk

KEPT_BYTES = 20_000_000
"""More than one part of a file, less than two."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[ThinDisk]:
    """A disk that takes more than it can keep."""
    with thin_disk(tmp_path, KEPT_BYTES) as disk:
        yield disk


def test_a_push_to_a_host_whose_sync_failed_is_sent_again(
    openssh: OpenSsh, sshd: ExitStack, disk: ThinDisk, tmp_path: Path
) -> None:
    data, tokens = sample(BIG), [""]
    with closing(ScpBackend("nas", openssh.options(disk.path / "nas"), library_id="library-1")) as backend:
        [failed] = put_all(backend, [replace(put_item("in/big", data), on_token=tokens.append)])
        disk.mend()
        [done] = put_all(backend, [replace(put_item("in/big", data), resume_token=tokens[-1])])

        assert isinstance(failed.error, LocationError)
        assert done.error is None
        assert done.resumed_bytes == 0
        assert bytes_on_disk(disk.path / "nas" / "in" / "big") == data


def test_an_upload_to_a_host_whose_sync_failed_begins_anew(
    openssh: OpenSsh, sshd: ExitStack, disk: ThinDisk, tmp_path: Path
) -> None:
    data = sample(BIG)
    content = content_of(data)
    with closing(ScpBackend("nas", openssh.options(disk.path / "nas"), library_id="library-1")) as backend:
        upload = backend.start_upload("in/big", content)
        for number in upload.missing:
            upload.write_part(number, data[content.part_span(number)[0] :][: content.part_span(number)[1]])
        with pytest.raises(LocationError):
            upload.commit()

        assert not list(backend.list_unfinished())


def test_a_pull_to_a_disk_whose_sync_failed_is_fetched_again(disk: ThinDisk, root: Path) -> None:
    data, tokens = sample(BIG), [""]
    with (
        LocalBackend("far", LocalOptions(path=root)) as far,
        LocalBackend("near", LocalOptions(path=disk.path / "near"), library_id="library-1") as near,
    ):
        put(far, "file", data)
        item = GetItem("file", content_of(data), near, "in/file", on_token=tokens.append)
        [failed] = get_all(far, [item])
        disk.mend()
        [done] = get_all(far, [replace(item, resume_token=tokens[-1])])

        assert isinstance(failed.error, LocationError)
        assert done.error is None
        assert bytes_on_disk(disk.path / "near" / "in" / "file") == data


def test_of_many_small_files_those_that_are_told_stored_are_on_the_disk(disk: ThinDisk, root: Path) -> None:
    data = sample(400_000)
    with (
        LocalBackend("far", LocalOptions(path=root)) as far,
        LocalBackend("near", LocalOptions(path=disk.path / "near"), library_id="library-1") as near,
    ):
        put(far, "file", data)
        items = [GetItem("file", content_of(data), near, f"{number}/file", id=number) for number in range(80)]

        outcomes = get_all(far, items, Limits(requests=8))

        stored = [outcome.item.new_key for outcome in outcomes if outcome.error is None]
        assert 0 < len(stored) < len(items)
        assert all(bytes_on_disk(disk.path / "near" / key) == data for key in stored)


def test_a_new_file_whose_sync_failed_leaves_nothing(disk: ThinDisk) -> None:
    with LocalBackend("near", LocalOptions(path=disk.path / "near"), library_id="library-1") as near:
        file = near.new_file("in", new_temp_name(1, 2))
        file.write(sample(BIG))
        with pytest.raises(LocationError):
            file.sync()
        file.remove()

        assert not list(near.list_unfinished())


def test_a_stored_file_that_could_not_be_made_durable_is_looked_at_on_the_disk_from_then_on(disk: ThinDisk) -> None:
    data = sample(BIG)
    with (
        LocalBackend("near", LocalOptions(path=disk.path / "near"), library_id="library-1") as near,
    ):
        (disk.path / "near" / "in").mkdir(parents=True)
        (disk.path / "near" / "in" / "file").write_bytes(data)

        with pytest.raises(LocationError):
            near.persist("in/file")

        disk.mend()
        with pytest.raises(IntegrityError):
            prove(near, "in/file", content_of(data), level=VerifyLevel.READ_BACK)
