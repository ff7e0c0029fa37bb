"""kill -9 at every step: what a later call or ``resume`` ends with is all of it, or none."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.documents.asset import Work
from tests.contracts.service_suite import ASSET, CUSTOMER, KEY, call, keys_in, read
from tests.library.crashing import item
from tests.library.sounds import wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]

PROGRAM = """
from audiotui.library import AudioLibraryService
with AudioLibraryService({config!r}) as service:
    {what}
"""


def die(config: Path, point: str, what: str) -> None:
    """Run something in a process that dies at a crash point."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(config=str(config), what=what)],
        env={**os.environ, "AUDIOTUI_CRASHPOINT": point},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def assert_all_agree(service: AudioLibraryService) -> None:
    """No work is left, every object has its document, every document its objects, and the catalog knows them."""
    assert list(service.parts.documents.unfinished()) == []
    documents = list(service.parts.documents.everything())
    assert keys_in(service) == {file.key for asset in documents for file in asset.files}
    assert list(service.reconcile()) == []
    assert service.parts.manager.count() == len(documents)


SAVE = f"service.save_audio_to_library(**{call()!r}); service.settle()"


@pytest.mark.parametrize(
    "point",
    [
        "library.after_claim",
        pytest.param("library.after_download", marks=pytest.mark.long),
        pytest.param("library.after_intent", marks=pytest.mark.long),
        pytest.param("local.after_temp", marks=pytest.mark.long),
        "library.after_upload",
        "library.after_document",
        "library.after_cleanup",
        pytest.param("library.after_catalog", marks=pytest.mark.long),
    ],
)
def test_a_save_that_died_is_finished_by_resume(
    services: MakeService, embedded_config: Path, server: SpeechServer, point: str
) -> None:
    server.put("audio_xyz.wav", wav())
    die(embedded_config, point, SAVE)

    service = services(embedded_config)
    report = service.resume()

    assert report.is_clean
    assert read(service) == wav()
    assert server.removed == ["audio_xyz.wav"]
    assert_all_agree(service)


@pytest.mark.parametrize("point", ["library.after_intent", "library.after_upload"])
def test_a_save_that_died_is_finished_by_the_same_call(
    services: MakeService, embedded_config: Path, server: SpeechServer, point: str
) -> None:
    server.put("audio_xyz.wav", wav())
    die(embedded_config, point, SAVE)

    service = services(embedded_config)
    service.save_audio_to_library(**call())
    service.settle()

    assert server.count("GET") == (1 if point == "library.after_upload" else 2)
    assert [one.number for one in service.list_versions(ASSET, customer_id=CUSTOMER)] == [1]
    assert_all_agree(service)


def test_another_call_on_the_id_first_finishes_what_died(
    services: MakeService, embedded_config: Path, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav(1))
    die(embedded_config, "library.after_upload", SAVE)

    service = services(embedded_config)
    service.save_audio_to_library(**call(audio_url=server.put("b.wav", wav(2))))
    service.settle()

    assert (read(service, version=1), read(service, version=2)) == (wav(1), wav(2))
    assert_all_agree(service)


def test_what_cannot_be_had_again_is_undone(services: MakeService, embedded_config: Path, server: SpeechServer) -> None:
    server.put("audio_xyz.wav", wav())
    die(embedded_config, "library.after_intent", SAVE)
    server.files.clear()

    service = services(embedded_config)
    report = service.resume()

    assert (report.undone, report.finished) == (1, 0)
    assert list(service.parts.documents.everything()) == []
    assert_all_agree(service)


@pytest.mark.parametrize("name", ["embedded_config", "servers_config", "s3_config"])
def test_what_others_put_under_the_key_just_before_is_neither_taken_nor_touched_by_resume(
    services: MakeService, server: SpeechServer, request: pytest.FixtureRequest, name: str
) -> None:
    config = request.getfixturevalue(name)
    server.put("audio_xyz.wav", wav())
    shelf, foreign = services(config).parts.shelf, wav(9)
    key = shelf._key_at(KEY)
    shelf.backend.put_small(key, foreign, sha256=hashlib.sha256(foreign).hexdigest())
    die(config, "library.after_claim", SAVE)

    service = services(config)
    report = service.resume()

    assert (report.undone, report.finished) == (1, 0)
    assert b"".join(service.parts.shelf.backend.read(key)) == foreign
    assert list(service.parts.documents.everything()) == []
    assert server.removed == []


def test_what_lay_under_the_key_before_is_neither_taken_nor_touched_by_resume(
    services: MakeService, embedded_config: Path, server: SpeechServer, tmp_path: Path
) -> None:
    server.put("audio_xyz.wav", wav())
    die(embedded_config, "library.after_download", SAVE)
    foreign = tmp_path / "recordings" / "audio-assets" / KEY
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(wav(9))
    os.utime(foreign, (1_000_000_000, 1_000_000_000))

    service = services(embedded_config)
    report = service.resume()

    assert report.undone == 1
    assert list(service.parts.documents.everything()) == []
    assert foreign.read_bytes() == wav(9)


@pytest.mark.parametrize(("point", "kept"), [("library.after_intent", 0), ("library.after_upload", 1)])
def test_an_upload_that_died_is_all_or_nothing(
    services: MakeService, embedded_config: Path, server: SpeechServer, tmp_path: Path, point: str, kept: int
) -> None:
    (tmp_path / "take.wav").write_bytes(wav())
    what = f"service.save_file({str(tmp_path / 'take.wav')!r}, customer_id='anna', user_id='u1', asset_id='a1')"
    die(embedded_config, point, what)

    service = services(embedded_config)
    service.resume()

    assert service.count_assets(customer_id="anna").count == kept
    assert_all_agree(service)


@pytest.mark.parametrize(
    "point", ["library.after_discard", pytest.param("library.after_forget", marks=pytest.mark.long)]
)
def test_a_purge_that_died_is_finished_and_seen_by_nobody_meanwhile(
    services: MakeService, embedded_config: Path, server: SpeechServer, point: str
) -> None:
    server.put("audio_xyz.wav", wav())
    die(embedded_config, point, f"{SAVE}; service.purge_asset({ASSET!r}, customer_id={CUSTOMER!r})")

    service = services(embedded_config)
    assert service.list_assets(customer_id=CUSTOMER, deleted=None) == []
    [begun] = service.parts.documents.unfinished()
    assert begun.pending is not None
    assert begun.pending.work is Work.PURGE
    service.resume()

    assert list(service.parts.documents.everything()) == []
    assert_all_agree(service)


def test_a_rendition_that_died_is_undone_and_can_be_made(
    services: MakeService, embedded_config: Path, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav(seconds=0.3))
    what = f"{SAVE}; service.transcode_asset({ASSET!r}, 'flac', customer_id={CUSTOMER!r})"
    die(embedded_config, "library.after_rendition", what)

    service = services(embedded_config)
    service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)
    service.settle()

    assert len(service.get_asset(ASSET, customer_id=CUSTOMER).renditions) == 1
    assert_all_agree(service)


def crash_loop(config: Path, service: Callable[[], AudioLibraryService], server: SpeechServer, **size: int) -> None:
    """Kill a saving program again and again; then resume once, and compare everything."""
    sounds = {f"{number}.wav": wav(number) for number in range(size["saves"])}
    for name, sound in sounds.items():
        server.put(name, sound)

    done = subprocess.run(
        [sys.executable, "-m", "tests.library.crashing", str(config), *map(str, (*size.values(), 7))],
        capture_output=True,
        text=True,
        check=True,
    )

    after = service()
    report = after.resume()
    assert done.stdout.split() == [str(size["kills"])], done.stderr
    assert report.is_clean, report.failures
    assert report.busy == 0
    assert_all_agree(after)
    kept = {asset.asset_id: asset for asset in after.parts.documents.everything()}
    assert kept
    for number in range(size["saves"]):
        wanted: dict[str, Any] = item(number)
        is_kept = wanted["asset_id"] in kept
        assert (f"{number}.wav" in server.files) != is_kept
        if is_kept:
            stream = after.stream_asset(wanted["asset_id"], customer_id=wanted["customer_id"])
            assert b"".join(stream.pieces) == wav(number)


@pytest.mark.matrix
def test_twenty_random_kills_leave_nothing_wrong(
    services: MakeService, embedded_config: Path, server: SpeechServer
) -> None:
    crash_loop(embedded_config, lambda: services(embedded_config), server, kills=20, saves=40)


@pytest.mark.long
def test_three_hundred_random_kills_over_five_hundred_saves_leave_nothing_wrong(
    services: MakeService, servers_config: Path, server: SpeechServer
) -> None:
    crash_loop(servers_config, lambda: services(servers_config), server, kills=300, saves=500)
