"""A part of an audio is a part of what was kept: of one file, and never of another one that took its place."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import IntegrityError
from tests.contracts.service_suite import CUSTOMER, USER
from tests.faults import Hold
from tests.library.sounds import big_wav, wav
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.documents.asset import Asset
    from audiotui.library import AudioLibraryService
    from tests.library.faulty import Faulty

BIG = big_wav(3_000_000)


def keep(service: AudioLibraryService, folder: Path, sound: bytes) -> Asset:
    """An asset with a sound."""
    path = folder / "sound.wav"
    path.write_bytes(sound)
    service.save_file(path, customer_id=CUSTOMER, user_id=USER, asset_id="a1")
    return service.get_asset("a1", customer_id=CUSTOMER)


def part(service: AudioLibraryService, span: str) -> bytes:
    return b"".join(service.stream_asset("a1", customer_id=CUSTOMER, span=span).pieces)


def put_instead(service: AudioLibraryService, asset: Asset, sound: bytes) -> None:
    """Somebody else puts another sound in the place of an asset's file."""
    shelf, file = service.parts.shelf, asset.current.file
    shelf.discard(file)
    shelf.backend.put_small(shelf.location_key(file), sound, sha256=hashlib.sha256(sound).hexdigest())


@pytest.fixture(params=["folder", "MinIO", "S3"])
def service(request: pytest.FixtureRequest, services: Callable[[Path], AudioLibraryService]) -> AudioLibraryService:
    """A service with each kind of storage."""
    configs = {"folder": "embedded_config", "MinIO": "servers_config", "S3": "s3_config"}
    return services(request.getfixturevalue(configs[request.param]))


@pytest.mark.parametrize("sound", [wav(), BIG], ids=["short", "long"])
def test_a_part_is_that_of_what_was_kept(service: AudioLibraryService, tmp_path: Path, sound: bytes) -> None:
    keep(service, tmp_path, sound)

    for span, wanted in (("bytes=10-19", sound[10:20]), ("bytes=-5", sound[-5:]), ("bytes=1-", sound[1:])):
        assert part(service, span) == wanted


@pytest.mark.parametrize("sound", [wav(), BIG], ids=["short", "long"])
def test_no_part_comes_of_a_file_of_another_size(service: AudioLibraryService, tmp_path: Path, sound: bytes) -> None:
    put_instead(service, keep(service, tmp_path, sound), sound + b"more")

    with pytest.raises(IntegrityError, match="is damaged"):
        part(service, "bytes=0-9")


def test_no_part_comes_of_other_bytes_of_a_short_file(service: AudioLibraryService, tmp_path: Path) -> None:
    put_instead(service, keep(service, tmp_path, wav()), wav(2))

    with pytest.raises(IntegrityError, match="is damaged"):
        part(service, "bytes=0-9")


@pytest.mark.parametrize("other", [BIG[::-1], BIG + b"more"], ids=["of its size", "longer"])
def test_no_part_comes_of_a_file_that_takes_the_place_of_a_long_one(
    faulty: Faulty, tmp_path: Path, other: bytes
) -> None:
    asset = keep(faulty.service, tmp_path, BIG)
    held = Hold(verb="read")
    faulty.storage_fails(held)
    ends: list[bytes | Exception] = []

    def read() -> None:
        try:
            ends.append(part(faulty.service, "bytes=0-9"))
        except IntegrityError as error:
            ends.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    assert held.reached.wait(PATIENCE_S)
    put_instead(faulty.service, asset, other)
    held.release.set()
    thread.join(PATIENCE_S)

    assert isinstance(ends[0], IntegrityError)
