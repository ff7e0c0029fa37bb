"""A rendition that others removed or changed is made anew from its original, if that is asked for."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from audiotui.library.reconciling import Trouble
from tests.contracts.service_suite import ASSET, CUSTOMER, call, keys_in, read
from tests.library.sounds import wav
from tests.library.test_crashes import assert_all_agree, die

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.documents.asset import Asset, Rendition
    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


@pytest.fixture(params=["folder", "MinIO"])
def config(request: pytest.FixtureRequest) -> Path:
    configs = {"folder": "embedded_config", "MinIO": "servers_config"}
    path: Path = request.getfixturevalue(configs[request.param])
    return path


@pytest.fixture
def service(services: MakeService, config: Path, server: SpeechServer) -> AudioLibraryService:
    """A service with an asset."""
    made = services(config)
    server.put("audio_xyz.wav", wav(seconds=0.5))
    made.save_audio_to_library(**call())
    return made


def the_asset(service: AudioLibraryService) -> Asset:
    return service.get_asset(ASSET, customer_id=CUSTOMER)


def rendered(service: AudioLibraryService, form: str, *, loudness: bool = False) -> Rendition:
    service.transcode_asset(ASSET, form, customer_id=CUSTOMER, loudness=loudness)
    service.settle()
    return the_asset(service).renditions[-1]


def damage(service: AudioLibraryService, rendition: Rendition, trouble: Trouble) -> None:
    """Let others remove the file, or put another one in its place."""
    shelf, file = service.parts.shelf, rendition.file
    shelf.discard(file)
    if trouble is Trouble.DAMAGED:
        other = wav(3)
        shelf.backend.put_small(shelf.location_key(file), other, sha256=hashlib.sha256(other).hexdigest())


@pytest.mark.parametrize("trouble", [Trouble.LOST, Trouble.DAMAGED])
@pytest.mark.parametrize(("form", "loudness"), [("flac", False), ("opus", True)])
def test_it_is_made_anew_from_its_original(
    service: AudioLibraryService, trouble: Trouble, form: str, loudness: bool
) -> None:
    before = rendered(service, form, loudness=loudness)
    damage(service, before, trouble)

    [told] = service.reconcile()
    [mended] = service.reconcile(repair=True)
    service.settle()

    assert (told.trouble, told.key, told.is_repaired) == (trouble, before.file.key, False)
    assert (mended.trouble, mended.is_repaired, mended.remark) == (trouble, True, "made anew from the original")
    [after] = the_asset(service).renditions
    assert (after.name, after.version) == (before.name, before.version)
    assert after.file.media.duration_s == pytest.approx(before.file.media.duration_s, abs=0.05)
    assert len(read(service, rendition=after.name)) == after.file.size_bytes
    assert len(keys_in(service)) == 2
    assert_all_agree(service)


def test_other_bytes_have_another_key(service: AudioLibraryService) -> None:
    same, other = rendered(service, "flac"), rendered(service, "opus")
    for rendition in (same, other):
        damage(service, rendition, Trouble.LOST)

    list(service.reconcile(repair=True))

    after = {one.name: one.file for one in the_asset(service).renditions}
    assert after["flac"] == same.file
    assert (after["opus"].sha256 == other.file.sha256) == (after["opus"].key == other.file.key)


def test_without_its_original_it_stays_reported_with_the_reason(service: AudioLibraryService) -> None:
    rendition = rendered(service, "flac")
    damage(service, rendition, Trouble.LOST)
    service.parts.shelf.discard(the_asset(service).current.file)

    found = {one.key: one for one in service.reconcile(repair=True)}

    assert not any(one.is_repaired for one in found.values())
    assert the_asset(service).renditions == (rendition,)
    assert the_asset(service).pending is None
    assert found[rendition.file.key].remark


def test_after_a_crash_it_is_made_by_the_next_repair(
    services: MakeService, service: AudioLibraryService, config: Path
) -> None:
    damage(service, rendered(service, "flac"), Trouble.LOST)
    service.close()
    die(config, "library.after_rendition", "list(service.reconcile(repair=True))")
    again = services(config)

    again.resume()
    found = list(again.reconcile(repair=True))
    again.settle()

    assert [one.is_repaired for one in found] == [True]
    assert_all_agree(again)


def test_a_damaged_file_stays_where_the_other_copy_is_damaged_too(
    archived: AudioLibraryService, tmp_path: Path
) -> None:
    stored = tmp_path / "recordings" / "audio-assets" / the_asset(archived).current.file.key
    [copy] = list((tmp_path / "archive").rglob("*.wav"))
    for path in (stored, copy):
        path.chmod(0o644)
        path.write_bytes(wav()[:-1] + b"x")
        os.utime(path, (2e9, 2e9))

    [found] = archived.reconcile(repair=True)

    assert (found.trouble, found.is_repaired) == (Trouble.DAMAGED, False)
    assert found.remark.startswith("the copy at archive cannot be taken: ")
    assert stored.exists()
