"""Servers that fail at any step, answers that are lost, and claims that change hands: all of it, or none."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from audiotui.documents.base import Change
from audiotui.errors import (
    AccessDenied,
    AssetBusy,
    AudiotuiError,
    DatabaseFailed,
    DownloadFailed,
    IntegrityError,
    Unreachable,
    UploadExpired,
    UploadFailed,
)
from audiotui.library.http.app import create_app
from tests.contracts.service_suite import ASSET, CUSTOMER, KEY, call, keys_in, read
from tests.faults import Fail, Hold, LoseAnswer
from tests.library.faulty import STEPS, Faulty, Hang, unforeseen
from tests.library.sounds import wav
from tests.library.test_crashes import assert_all_agree
from tests.servers.asgi import serving
from tests.servers.speech import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.documents.asset import Asset
    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("lost", [False, True], ids=["down", "answer lost"])
def test_a_database_that_is_down_is_finished_later(faulty: Faulty, server: SpeechServer, step: str, lost: bool) -> None:
    faulty.documents.fails, faulty.documents.loses_answers = STEPS[step], lost
    # Only what does not say its format needs to be written down before it is stored.
    sound = call(audio_url=server.put("audio_xyz", wav()) if step == "intent" else "/temp/audio_xyz.wav")

    with pytest.raises(DatabaseFailed) as caught:
        faulty.service.save_audio_to_library(**sound)
    assert caught.value.retryable
    assert keys_in(faulty.service) == ({KEY} if step == "document" else set())
    faulty.heal()
    faulty.service.resume()
    downloads = server.count("GET")
    faulty.service.save_audio_to_library(**sound)
    faulty.service.settle()

    assert read(faulty.service) == wav()
    assert server.count("GET") == downloads + (step == "claim" and not lost)
    assert_all_agree(faulty.service)


def test_a_storage_that_is_down_is_finished_by_resume(faulty: Faulty) -> None:
    faulty.storage_fails(Fail(verb="put_small", times=99))

    with pytest.raises(UploadFailed) as caught:
        faulty.service.save_audio_to_library(**call())
    assert caught.value.retryable
    assert caught.value.key == f"audio-assets/{KEY}"
    faulty.heal()
    report = faulty.service.resume()

    assert (report.finished, report.failures) == (1, [])
    assert read(faulty.service) == wav()
    assert_all_agree(faulty.service)


def test_a_passing_fault_of_the_storage_is_never_seen(faulty: Faulty) -> None:
    faulty.storage_fails(Fail(verb="put_small", times=2), LoseAnswer(verb="put_small", on=3))

    faulty.service.save_audio_to_library(**call())
    faulty.service.settle()

    assert_all_agree(faulty.service)


def test_a_storage_that_hangs_is_given_up_after_the_time_that_the_configuration_allows(faulty: Faulty) -> None:
    hang = Hang(verb="put_small", times=99)
    faulty.service.parts.shelf._clock = lambda: hang.seconds[0]
    faulty.storage_fails(hang)

    with pytest.raises(UploadFailed) as caught:
        faulty.service.save_audio_to_library(**call())
    assert caught.value.retryable
    assert hang.seconds[0] <= 60 + faulty.service.parts.options.limits.max_store_seconds
    faulty.heal()

    assert faulty.service.resume().finished == 1
    assert_all_agree(faulty.service)


def test_a_storage_that_refuses_leaves_nothing(faulty: Faulty) -> None:
    faulty.storage_fails(Fail(verb="put_small", error=AccessDenied("No.", location="local")))

    with pytest.raises(UploadFailed) as caught:
        faulty.service.save_audio_to_library(**call())

    assert not caught.value.retryable
    assert isinstance(caught.value.__cause__, AccessDenied)
    assert list(faulty.service.parts.documents.everything()) == []


@pytest.mark.parametrize("kind", [IntegrityError, UploadExpired])
def test_an_upload_that_a_new_try_may_heal_is_kept_for_resume(faulty: Faulty, kind: type[AudiotuiError]) -> None:
    faulty.storage_fails(Fail(verb="put_small", times=99, error=kind("Other bytes arrived.")))

    with pytest.raises(UploadFailed) as caught:
        faulty.service.save_audio_to_library(**call())
    assert caught.value.retryable
    assert isinstance(caught.value.__cause__, kind)
    faulty.heal()
    report = faulty.service.resume()

    assert (report.finished, report.failures) == (1, [])
    assert read(faulty.service) == wav()
    assert_all_agree(faulty.service)


def test_bytes_of_others_under_the_key_are_neither_taken_nor_touched(faulty: Faulty) -> None:
    shelf, sha256 = faulty.service.parts.shelf, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    shelf.backend.put_small(f"audio-assets/{KEY}", b"x", sha256=sha256)

    with pytest.raises(UploadFailed, match="has a file") as taken:
        faulty.service.save_audio_to_library(**call())

    assert taken.value.hint.startswith("Take another asset id")
    assert list(faulty.service.parts.documents.everything()) == []
    assert b"".join(shelf.backend.read(f"audio-assets/{KEY}")) == b"x"


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_that_nobody_foresaw_leaves_nothing_of_a_save(faulty: Faulty, server: SpeechServer, step: str) -> None:
    faulty.documents.fails = unforeseen(STEPS[step])
    sound = call(audio_url=server.put("audio_xyz", wav()) if step == "intent" else "/temp/audio_xyz.wav")

    with pytest.raises(ZeroDivisionError):
        faulty.service.save_audio_to_library(**sound)

    assert keys_in(faulty.service) == set()
    assert list(faulty.service.parts.documents.everything()) == []


@pytest.mark.parametrize("step", ["intent", "rendition"])
def test_a_fault_that_nobody_foresaw_leaves_nothing_of_a_rendition(faulty: Faulty, step: str) -> None:
    faulty.service.save_audio_to_library(**call())
    steps = {**STEPS, "rendition": lambda change: change.after.renditions}
    faulty.documents.fails = unforeseen(steps[step])

    with pytest.raises(ZeroDivisionError):
        faulty.service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)

    assert faulty.service.get_asset(ASSET, customer_id=CUSTOMER).pending is None
    assert keys_in(faulty.service) == {KEY}


def test_a_fault_that_nobody_foresaw_is_told_over_http_in_the_usual_form(faulty: Faulty) -> None:
    faulty.service.save_audio_to_library(**call())
    faulty.documents.after_reading = lambda asset: asset.revision // 0

    with serving(create_app(faulty.service)) as client:
        answer = client.get(f"/library/{ASSET}", headers={"x-customer-id": CUSTOMER})

    assert (answer.status_code, answer.json()["error"]) == (500, "InternalServerError")
    assert answer.json().keys() == {"error", "message", "hint", "retryable"}


def test_what_a_storage_down_at_the_undoing_leaves_is_undone_by_resume(faulty: Faulty) -> None:
    faulty.storage_fails(
        Fail(verb="put_small", error=AccessDenied("No.", location="local")),
        Fail(verb="list_unfinished", error=Unreachable("Gone.", location="local"), times=9),
    )

    with pytest.raises(UploadFailed):
        faulty.service.save_audio_to_library(**call())
    faulty.heal()
    faulty.service.resume()

    assert_all_agree(faulty.service)


def test_a_speech_server_that_is_down_is_finished_by_resume(
    services: MakeService, embedded_config: Path, server: SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiotui.speech.failures._LONGEST_S", 0.01)
    service = services(embedded_config)
    server.put("audio_xyz.wav", wav())
    server.fail("/temp/audio_xyz.wav", Fault(status=503, times=6))

    with pytest.raises(DownloadFailed) as caught:
        service.save_audio_to_library(**call())
    assert caught.value.retryable
    report = service.resume()

    assert report.finished == 1
    assert_all_agree(service)


def test_a_claim_that_was_taken_over_writes_nothing_any_more(
    faulty: Faulty, services: MakeService, embedded_config: Path
) -> None:
    held = Hold(verb="put_small")
    faulty.storage_fails(held)
    errors: list[Exception] = []

    def save() -> None:
        try:
            faulty.service.save_audio_to_library(**call())
        except AssetBusy as error:
            errors.append(error)

    thread = threading.Thread(target=save)
    thread.start()
    assert held.reached.wait(30)
    documents = faulty.documents.inner
    asset = documents.get(CUSTOMER, ASSET)
    assert asset is not None
    assert asset.pending is not None
    left = asset.changed(asset.updated_at, pending=faulty.service.parts.claims.left(asset.pending))
    assert documents.write([Change(asset, left)]) == [True]
    services(embedded_config).save_audio_to_library(**call())
    held.release.set()
    thread.join(30)

    assert len(errors) == 1
    assert len(faulty.service.list_versions(ASSET, customer_id=CUSTOMER)) == 1
    services(embedded_config).resume()
    assert_all_agree(faulty.service)


@pytest.fixture
def ends_once_read(faulty: Faulty) -> Iterator[None]:
    """A save goes on in another thread; it ends right after somebody has read that it goes on."""
    held = Hold(verb="put_small")
    faulty.storage_fails(held)
    thread = threading.Thread(target=faulty.service.save_audio_to_library, kwargs=call())

    def end(asset: Asset) -> None:
        if asset.pending is not None and threading.current_thread() is not thread:
            held.release.set()
            thread.join(30)

    thread.start()
    assert held.reached.wait(30)
    faulty.documents.after_reading = end
    yield
    held.release.set()
    thread.join(30)


@pytest.mark.usefixtures("ends_once_read")
def test_a_call_that_saw_a_claim_which_has_just_ended_looks_again(faulty: Faulty, server: SpeechServer) -> None:
    faulty.service.save_audio_to_library(**call(audio_url=server.put("b.wav", wav(2)), text="Second"))

    assert read(faulty.service, version=1) == wav()
    assert read(faulty.service) == wav(2)


@pytest.mark.usefixtures("ends_once_read")
def test_a_resume_that_saw_a_claim_which_has_just_ended_has_nothing_to_do(faulty: Faulty) -> None:
    report = faulty.service.resume()

    assert report.is_clean
    assert (report.finished, report.undone) == (0, 0)
    assert read(faulty.service) == wav()


def test_an_edit_during_a_save_is_not_lost(faulty: Faulty, server: SpeechServer) -> None:
    faulty.service.save_audio_to_library(**call())
    faulty.service.settle()
    held = Hold(verb="put_small", on=2)
    faulty.storage_fails(held)
    second = call(audio_url=server.put("b.wav", wav(2)), folder=None, tags=None)
    thread = threading.Thread(target=faulty.service.save_audio_to_library, kwargs=second)
    thread.start()
    assert held.reached.wait(30)

    faulty.service.update_asset(ASSET, customer_id=CUSTOMER, folder="edited", tags=["edited"])
    held.release.set()
    thread.join(30)

    asset = faulty.service.get_asset(ASSET, customer_id=CUSTOMER)
    assert (asset.folder, asset.tags, len(asset.versions)) == ("edited", ("edited",), 2)


def test_a_lost_object_is_stored_again_from_another_copy(archived: AudioLibraryService) -> None:
    archived.parts.shelf.discard(archived.get_asset(ASSET, customer_id=CUSTOMER).current.file)

    [found] = archived.reconcile(repair=True)

    assert found.is_repaired
    assert "archive" in found.remark
    assert read(archived) == wav()
    assert_all_agree(archived)
