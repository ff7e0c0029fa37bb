"""Work that cannot come to its end is taken back: all that it did, nothing that others did, and that is told."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.documents.asset import Asset, Generation, Pending, Work
from audiotui.documents.base import Change
from audiotui.errors import AccessDenied, AudiotuiError, DatabaseFailed
from audiotui.library.claims import utc_now
from audiotui.library.requests import SaveRequest, checked
from tests.contracts.documents import put, stored_file
from tests.contracts.service_suite import ASSET, CUSTOMER, KEY, USER, call, keys_in, read
from tests.faults import Fail
from tests.library.sounds import wav
from tests.servers.speech import Fault

if TYPE_CHECKING:
    from audiotui.library import AudioLibraryService
    from tests.library.faulty import Faulty
    from tests.servers.speech import SpeechServer

RENDITION = f"{CUSTOMER}/{USER}/audio/{ASSET}.copy.flac"


def refuse_renditions(change: Change) -> bool:
    """What documents do that take no rendition."""
    if change.after is not None and change.after.renditions:
        raise DatabaseFailed("No.", service="faulty", retryable=False)
    return False


def put_instead(faulty: Faulty, before: Asset, after: Asset) -> None:
    """Somebody else changes a document."""
    assert faulty.documents.inner.write([Change(before, after)]) == [True]


def the_asset(service: AudioLibraryService) -> Asset:
    return service.get_asset(ASSET, customer_id=CUSTOMER)


def test_a_rendition_that_the_documents_refuse_leaves_nothing(faulty: Faulty) -> None:
    faulty.service.save_audio_to_library(**call())
    faulty.documents.fails = refuse_renditions

    with pytest.raises(DatabaseFailed):
        faulty.service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)

    assert keys_in(faulty.service) == {KEY}
    assert the_asset(faulty.service).pending is None


def test_a_rendition_that_the_documents_refuse_leaves_the_file_that_was_there(
    faulty: Faulty, server: SpeechServer
) -> None:
    faulty.service.save_audio_to_library(**call())
    faulty.service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)
    same = read(faulty.service, rendition="flac")
    faulty.service.purge_asset(ASSET, customer_id=CUSTOMER)
    faulty.service.save_audio_to_library(**call(audio_url=server.put("again.wav", wav())))
    faulty.service.parts.shelf.backend.put_small(
        f"audio-assets/{RENDITION}", same, sha256=hashlib.sha256(same).hexdigest()
    )
    faulty.documents.fails = refuse_renditions

    with pytest.raises(DatabaseFailed):
        faulty.service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)

    assert keys_in(faulty.service) == {KEY, RENDITION}
    assert the_asset(faulty.service).pending is None


def test_what_can_never_be_made_is_not_wanted_any_more_though_the_asset_is_edited_meanwhile(faulty: Faulty) -> None:
    faulty.service.save_audio_to_library(**call())
    faulty.service.settle()
    before = the_asset(faulty.service)
    wanting = before.changed(before.updated_at, versions=(replace(before.current, wanted_rendition="flac"),))
    put_instead(faulty, before, wanting)
    faulty.service.parts.shelf.discard(before.current.file)
    edits: list[str] = []

    def edit_once(asset: Asset) -> None:
        if asset.pending is not None and asset.pending.work is Work.RENDER and not edits:
            edits.append("edited")
            put_instead(faulty, asset, asset.changed(asset.updated_at, folder="edited"))

    faulty.documents.after_reading = edit_once
    [failure] = faulty.service.resume().failures

    assert edits
    assert not failure.retryable
    assert (the_asset(faulty.service).folder, the_asset(faulty.service).unrendered) == ("edited", ())


@pytest.fixture
def undeletable(faulty: Faulty) -> Asset:
    """A save that a dead process left, of a file that is gone, at a storage that does not let us look for it."""
    request = checked(SaveRequest(CUSTOMER, ASSET, USER, Generation(text="gone"), "/temp/gone.wav"))
    now = utc_now()
    claim = Pending("t0k3n", Work.SAVE, "", now, request.as_document(), stored_file(KEY))
    left = Asset(CUSTOMER, ASSET, now, now, pending=claim)
    put(faulty.service.parts.documents, left)
    faulty.storage_fails(Fail(verb="list_unfinished", error=AccessDenied("No.", location="local"), times=1_000))
    return left


def test_what_could_not_be_undone_is_told_as_that(faulty: Faulty, undeletable: Asset) -> None:
    report = faulty.service.resume()

    assert (report.finished, report.undone, len(report.failures)) == (0, 0, 1)


def test_a_save_over_what_cannot_be_undone_fails_and_does_not_try_for_minutes(
    faulty: Faulty, undeletable: Asset, server: SpeechServer
) -> None:
    with pytest.raises(AudiotuiError):
        faulty.service.save_audio_to_library(**call())

    assert server.count("GET", "/temp/gone.wav") == 1


def test_a_work_that_another_version_has_written_is_told_and_stands_in_no_others_way(faulty: Faulty) -> None:
    now = utc_now()
    strange = Asset(CUSTOMER, "a0", now, now, pending=Pending("t0k3n", Work.SAVE, "", now, {"shape": "of tomorrow"}))
    request = checked(SaveRequest(CUSTOMER, ASSET, USER, Generation(), "/temp/audio_xyz.wav"))
    known = Asset(CUSTOMER, ASSET, now, now, pending=Pending("t0k4n", Work.SAVE, "", now, request.as_document()))
    put(faulty.service.parts.documents, strange, known)

    report = faulty.service.resume()

    assert report.finished == 1
    [failure] = report.failures
    assert "other version of audiotui" in str(failure)
    assert faulty.service.parts.documents.get(CUSTOMER, "a0") == strange
    assert faulty.service.parts.claims.held() == {}


@pytest.mark.parametrize("is_stored", [False, True], ids=["nothing stored", "stored"])
def test_a_purge_needs_no_download_of_what_was_never_finished(
    faulty: Faulty, server: SpeechServer, is_stored: bool
) -> None:
    faulty.service.save_audio_to_library(**call())
    faulty.service.settle()
    before, sound = the_asset(faulty.service), wav(2)
    request = checked(SaveRequest(CUSTOMER, ASSET, USER, Generation(text="Second"), "/temp/second.wav"))
    claim = Pending("t0k3n", Work.SAVE, "", utc_now(), request.as_document())
    second = before.changed(before.updated_at, pending=claim)
    assert faulty.service.parts.documents.write([Change(before, second)]) == [True]
    server.fail("/temp/second.wav", Fault(status=503, times=1_000))
    if is_stored:
        key = f"audio-assets/{KEY.removesuffix('.wav')}.v2.wav"
        faulty.service.parts.shelf.backend.put_small(key, sound, sha256=hashlib.sha256(sound).hexdigest())

    faulty.service.purge_asset(ASSET, customer_id=CUSTOMER)

    assert server.count("GET", "/temp/second.wav") == 0
    assert keys_in(faulty.service) == set()
    assert list(faulty.service.parts.documents.everything()) == []
