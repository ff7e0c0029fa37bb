"""``resume`` after an outage: what is saved first, the rest a few at once, and no waiting in vain for a dead server."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest

from audiotui.documents.asset import Asset, Generation, Pending, Work
from audiotui.errors import DownloadFailed, IntegrityError
from audiotui.library.claims import utc_now
from audiotui.library.following import TOGETHER
from audiotui.library.leftovers import PARALLEL
from audiotui.library.requests import SaveRequest, checked
from tests.contracts.documents import asset, put
from tests.contracts.service_suite import CUSTOMER, USER
from tests.faults import Fail
from tests.library.sounds import wav
from tests.servers.speech import CLEANUP, Fault
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from audiotui.documents.base import Change
    from audiotui.library import AudioLibraryService
    from audiotui.library.leftovers import ResumeReport
    from tests.library.faulty import Faulty
    from tests.servers.speech import SpeechServer

MANY = 3 * PARALLEL


def begun(asset_id: str) -> Asset:
    """A save whose process died right after its claim."""
    request = SaveRequest(CUSTOMER, asset_id, USER, Generation(text=asset_id), f"/temp/{asset_id}.wav")
    now = utc_now()
    claim = Pending(f"token-{asset_id}", Work.SAVE, "", now, checked(request).as_document(), is_unsynced=True)
    return Asset(CUSTOMER, asset_id, now, now, pending=claim)


@pytest.fixture
def left(faulty: Faulty, server: SpeechServer) -> list[str]:
    """Saves that dead processes left, by id, of files that the speech server has."""
    ids = [f"p{number:02}" for number in range(MANY)]
    for number, one in enumerate(ids):
        server.put(f"{one}.wav", wav(number))
    put(faulty.service.parts.documents, *map(begun, ids))
    return ids


def resuming(service: AudioLibraryService) -> tuple[threading.Thread, list[ResumeReport]]:
    """A resume in another thread, and the place for its report."""
    reports: list[ResumeReport] = []
    thread = threading.Thread(target=lambda: reports.append(service.resume()))
    thread.start()
    return thread, reports


def stored(service: AudioLibraryService) -> int:
    return service.count_assets(customer_id=CUSTOMER).count


def not_tried(report: ResumeReport) -> int:
    return sum(error.message.startswith("Not tried, because ") for error in report.failures)


def test_what_is_saved_is_told_to_the_catalog_before_anything_is_downloaded(
    faulty: Faulty, server: SpeechServer
) -> None:
    release = threading.Event()
    server.put("p0.wav", wav())
    server.fail("/temp/p0.wav", Fault(run=lambda: release.wait(PATIENCE_S)))
    put(faulty.service.parts.documents, begun("p0"), asset(asset_id="saved", is_unsynced=True))

    thread, reports = resuming(faulty.service)
    eventually(lambda: server.count("GET", "/temp/p0.wav"))
    known = [one.text for one in faulty.service.parts.manager.find()]
    release.set()
    thread.join(PATIENCE_S)

    assert known == ["Hello world"]
    assert (reports[0].finished, reports[0].failures) == (1, [])
    assert list(faulty.service.parts.documents.unfinished()) == []


def test_several_saves_are_finished_at_once(faulty: Faulty, server: SpeechServer, left: list[str]) -> None:
    together = threading.Barrier(PARALLEL)
    for one in left:
        server.fail(f"/temp/{one}.wav", Fault(run=lambda: together.wait(PATIENCE_S)))

    report = faulty.service.resume()

    assert (report.finished, report.failures) == (len(left), [])
    assert stored(faulty.service) == len(left)
    assert list(faulty.service.parts.documents.unfinished()) == []


def test_after_a_failure_of_the_speech_server_the_others_do_not_wait_for_it(
    faulty: Faulty, server: SpeechServer, left: list[str]
) -> None:
    for one in left:
        server.fail(f"/temp/{one}.wav", Fault(status=503, times=1_000))

    report = faulty.service.resume()

    assert len(report.failures) == len(left)
    assert all(error.retryable for error in report.failures)
    assert 1 <= len(left) - not_tried(report) <= PARALLEL
    assert len({path for method, path, _ in server.requests if method == "GET"}) == len(left) - not_tried(report)
    server.faults.clear()
    assert faulty.service.resume().finished == len(left)


def test_a_file_that_never_comes_keeps_no_other_from_being_finished(
    faulty: Faulty, server: SpeechServer, left: list[str]
) -> None:
    never = f"/temp/{left[0]}.wav"
    server.fail(never, Fault(status=503, run=lambda: eventually(lambda: stored(faulty.service))))
    server.fail(never, Fault(status=503, times=1_000))

    report = faulty.service.resume()

    assert report.finished == len(left) - 1
    [failure] = report.failures
    assert isinstance(failure, DownloadFailed)


def test_a_storage_that_gets_other_bytes_than_were_sent_is_none_that_is_down(faulty: Faulty, left: list[str]) -> None:
    faulty.storage_fails(Fail(verb="put_small", times=1_000, error=IntegrityError("Other bytes arrived there.")))

    report = faulty.service.resume()

    assert len(report.failures) == len(left)
    assert all(error.retryable for error in report.failures)
    assert not_tried(report) == 0
    faulty.heal()
    assert faulty.service.resume().finished == len(left)


def test_what_the_storage_has_already_needs_no_speech_server(
    faulty: Faulty, server: SpeechServer, left: list[str]
) -> None:
    last, sound = left[-1], wav(len(left) - 1)
    key = f"audio-assets/{CUSTOMER}/{USER}/audio/{last}.wav"
    faulty.service.parts.shelf.backend.put_small(key, sound, sha256=hashlib.sha256(sound).hexdigest())
    for one in left:
        server.fail(f"/temp/{one}.wav", Fault(status=503, times=1_000))

    report = faulty.service.resume()

    assert (report.finished, len(report.failures)) == (1, len(left) - 1)
    assert faulty.service.get_asset(last, customer_id=CUSTOMER).is_visible


def test_after_a_failure_of_the_storage_nothing_more_is_downloaded(
    faulty: Faulty, server: SpeechServer, left: list[str]
) -> None:
    faulty.storage_fails(Fail(verb="put_small", times=1_000))

    report = faulty.service.resume()

    assert len(report.failures) == len(left)
    assert not_tried(report) >= len(left) - PARALLEL
    assert server.count("GET") <= PARALLEL


@pytest.mark.parametrize("is_one", [True, False], ids=["one of them", "all of them"])
def test_temporary_files_that_cannot_be_removed_are_left_once_several_in_a_row_could_not(
    faulty: Faulty, server: SpeechServer, is_one: bool
) -> None:
    saved = [asset(asset_id=f"a{number:02}", cleanup=(f"{number}.wav",)) for number in range(20)]
    put(faulty.service.parts.documents, *saved)
    for number in range(20):
        server.put(f"{number}.wav", wav())
        if number == 3 or not is_one:
            server.fail(f"{CLEANUP}{number}.wav", Fault(status=503, times=1_000))

    report = faulty.service.resume()

    assert len(server.removed) == (19 if is_one else 0)
    assert len(report.failures) == (1 if is_one else 20)
    assert server.count("DELETE") == 20 if is_one else server.count("DELETE") < 10
    assert not_tried(report) == 20 - server.count("DELETE")


def test_documents_that_take_nothing_are_asked_once_for_all_that_follows_saves(faulty: Faulty) -> None:
    put(
        faulty.service.parts.documents,
        *(asset(asset_id=f"a{number:03}", is_unsynced=True) for number in range(3 * TOGETHER)),
    )
    tried: list[str] = []

    def fail(change: Change) -> object:
        tried.append(change.id[1])
        return True

    faulty.documents.fails = fail
    [failure] = faulty.service.resume().failures

    assert failure.retryable
    assert tried == ["a000"]


@pytest.mark.parametrize("is_begun", [True, False], ids=["a work", "what follows a save"])
def test_an_error_that_nobody_foresaw_keeps_no_other_from_being_finished(
    faulty: Faulty, server: SpeechServer, caplog: pytest.LogCaptureFixture, is_begun: bool
) -> None:
    ids = ["p0", "p1", "p2"]
    for number, one in enumerate(ids):
        server.put(f"{one}.wav", wav(number))
    put(
        faulty.service.parts.documents,
        *(begun(one) if is_begun else asset(asset_id=one, is_unsynced=True) for one in ids),
    )
    faulty.documents.fails = lambda change: change.id[1] == "p1" and 1 / 0

    report = faulty.service.resume()

    [failure] = report.failures
    assert "p1" in failure.message
    assert "(ZeroDivisionError)" in failure.message
    assert "Traceback" in caplog.text
    assert [one.asset_id for one in faulty.service.parts.documents.unfinished()] == ["p1"]
