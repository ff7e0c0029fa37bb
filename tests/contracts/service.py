"""What the service promises, asked of it with every storage and every store of documents that it knows.

A test module subclasses ``ServiceContract`` and gives it a ``service``, ``another`` (the same one, as another process
has it) and the speech ``server``.
"""

from __future__ import annotations

import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import AssetNotFound, AudiotuiError, DownloadFailed, InvalidInput
from audiotui.library.reading import UnsatisfiableRange, record_of
from audiotui.library.reconciling import Trouble
from tests.library.sounds import streamed_wav, wav
from tests.servers.speech import CLEANUP, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.library import AudioLibraryService, SaveProgress
    from tests.servers.speech import SpeechServer

ASSET = "123e4567-e89b-12d3-a456-426614174000"
CUSTOMER, USER = "customer_123", "user_456"
KEY = f"{CUSTOMER}/{USER}/audio/{ASSET}.wav"


def call(**changes: Any) -> dict[str, Any]:
    """The arguments of the call that the documentation shows, with changes."""
    return {
        "asset_id": ASSET,
        "customer_id": CUSTOMER,
        "user_id": USER,
        "audio_url": "/temp/audio_xyz.wav",
        "text": "Hello world",
        "duration": 0.1,
        "voice": "kokoro-82m",
        "voice_name": "Kokoro",
        "language": "en",
        "speed": 1.0,
        "model": "kokoro-82m",
        "folder": "greetings",
        "tags": ["test", "demo"],
        **changes,
    }


def read(service: AudioLibraryService, asset_id: str = ASSET, **which: Any) -> bytes:
    return b"".join(service.stream_asset(asset_id, customer_id=CUSTOMER, **which).pieces)


def keys_in(service: AudioLibraryService) -> set[str]:
    return {key for key, _ in service.parts.shelf.list()}


def without_url(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "storage": {name: value for name, value in result["storage"].items() if name != "url"}}


class ServiceContract:
    """All promises."""

    @pytest.fixture
    def service(self) -> AudioLibraryService:
        """The service under test, with an empty storage."""
        raise NotImplementedError

    @pytest.fixture
    def another(self) -> AudioLibraryService:
        """The same service, as another process has it."""
        raise NotImplementedError

    def test_the_call_keeps_the_audio(self, service: AudioLibraryService, server: SpeechServer) -> None:
        sound = wav()
        server.put("audio_xyz.wav", sound)

        result = service.save_audio_to_library(**call())

        shelf = service.parts.shelf
        key = shelf.stored_key(shelf.location_key(service.get_asset(ASSET, customer_id=CUSTOMER).current.file))
        assert key.endswith(KEY)
        assert without_url(result) == {
            "asset_id": ASSET,
            "storage": {"bucket": shelf.bucket, "key": key, "size": len(sound)},
        }
        assert urllib.request.urlopen(result["storage"]["url"]).read() == sound

    def test_everything_is_described(self, service: AudioLibraryService, server: SpeechServer) -> None:
        server.put("audio_xyz.wav", wav(seconds=0.25))

        service.save_audio_to_library(**call(text="A" * 80, parameters={"seed": 7}, provider="local"))

        record = record_of(service.get_asset(ASSET, customer_id=CUSTOMER))
        assert (record["name"], record["type"], record["source"]) == ("A" * 50, "audio", "generated")
        assert (record["folder"], record["tags"]) == ("greetings", ["test", "demo"])
        assert (record["duration"], record["declared_duration"], record["duration_differs"]) == (0.25, 0.1, True)
        assert (record["format"], record["sample_rate"], record["channels"]) == ("wav", 8000, 1)
        assert record["generation"] == {
            "text": "A" * 80,
            "provider": "local",
            "model": "kokoro-82m",
            "voice": "kokoro-82m",
            "voice_name": "Kokoro",
            "language": "en",
            "speed": 1.0,
            "parameters": {"seed": 7},
        }
        assert (record["version"], record["versions"], record["is_deleted"]) == (1, [], False)

    def test_an_equal_call_gives_the_stored_asset_without_a_download(
        self, service: AudioLibraryService, another: AudioLibraryService, server: SpeechServer
    ) -> None:
        server.put("audio_xyz.wav", wav())
        first = service.save_audio_to_library(**call())
        service.settle()

        second = another.save_audio_to_library(**call(folder="elsewhere", tags=[], duration=None))

        assert without_url(second) == without_url(first)
        assert server.count("GET") == 1
        assert service.get_asset(ASSET, customer_id=CUSTOMER).folder == "greetings"

    @pytest.mark.parametrize(
        "change",
        [{"audio_url": "/temp/b.wav"}, {"text": "Other"}, {"speed": 1.5}, {"parameters": {"seed": 1}}],
        ids=["url", "text", "speed", "parameters"],
    )
    def test_another_request_is_a_new_version_and_keeps_the_old_one(
        self, service: AudioLibraryService, server: SpeechServer, change: dict[str, Any]
    ) -> None:
        server.put("audio_xyz.wav", wav(1))
        first = service.save_audio_to_library(**call())
        service.settle()
        for name in ("audio_xyz.wav", "b.wav"):
            server.put(name, wav(2))

        second = service.save_audio_to_library(**call(**change))

        assert second["storage"]["key"] == first["storage"]["key"].replace(".wav", ".v2.wav")
        assert read(service) == wav(2)
        assert read(service, version=1) == wav(1)
        assert [one.number for one in service.list_versions(ASSET, customer_id=CUSTOMER)] == [1, 2]
        assert without_url(service.save_audio_to_library(**call())) == without_url(first)

    def test_two_at_once_on_one_id_never_mix(
        self, service: AudioLibraryService, another: AudioLibraryService, server: SpeechServer
    ) -> None:
        requests = {f"text {number % 3}": f"/temp/{number % 3}.wav" for number in range(3)}
        for number in range(3):
            server.put(f"{number}.wav", wav(number))
        together = threading.Barrier(6)

        def save(number: int) -> dict[str, Any]:
            together.wait(30)
            text = f"text {number % 3}"
            which = (service, another)[number % 2]
            return which.save_audio_to_library(**call(text=text, audio_url=requests[text]))

        with ThreadPoolExecutor(6) as pool:
            results = list(pool.map(save, range(6)))

        versions = service.list_versions(ASSET, customer_id=CUSTOMER)
        assert len(versions) == 3
        for version in versions:
            number = int(version.generation.text[-1])
            assert read(service, version=version.number) == wav(number)
            keys = {results[n]["storage"]["key"] for n in range(6) if n % 3 == number}
            assert keys == {version.file.key}
        assert keys_in(service) == {one.file.key for one in versions}

    def test_the_temporary_file_is_removed_afterwards(self, service: AudioLibraryService, server: SpeechServer) -> None:
        server.put("audio_xyz.wav", wav())

        service.save_audio_to_library(**call())
        service.settle()

        assert server.removed == ["audio_xyz.wav"]
        assert service.get_asset(ASSET, customer_id=CUSTOMER).cleanup == ()

    def test_a_removal_that_fails_never_fails_the_call_and_is_done_later(
        self, service: AudioLibraryService, another: AudioLibraryService, server: SpeechServer
    ) -> None:
        server.put("audio_xyz.wav", wav())
        server.fail(f"{CLEANUP}audio_xyz.wav", Fault(status=500))

        service.save_audio_to_library(**call())
        service.settle()
        assert server.removed == []
        report = another.resume()

        assert report.is_clean
        assert server.removed == ["audio_xyz.wav"]

    def test_streamed_headers_are_read_by_their_real_length(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        server.put("audio_xyz.wav", streamed_wav())

        service.save_audio_to_library(**call())

        assert service.get_asset(ASSET, customer_id=CUSTOMER).current.file.media.duration_s == 0.1

    @pytest.mark.parametrize(
        "body",
        [b"<html><body>502 Bad Gateway</body></html>", b"RIFF\x00\x00\x00\x00WAVE", wav()[:30]],
        ids=["html", "header", "cut"],
    )
    def test_what_is_no_audio_leaves_nothing(
        self, service: AudioLibraryService, server: SpeechServer, body: bytes
    ) -> None:
        server.put("audio_xyz.wav", body)

        with pytest.raises(DownloadFailed) as caught:
            service.save_audio_to_library(**call())

        assert not caught.value.retryable
        self.assert_nothing_is_there(service)

    def test_a_file_that_vanished_leaves_nothing(self, service: AudioLibraryService, server: SpeechServer) -> None:
        with pytest.raises(DownloadFailed, match="404"):
            service.save_audio_to_library(**call())

        self.assert_nothing_is_there(service)

    def test_a_failed_version_leaves_the_one_before(self, service: AudioLibraryService, server: SpeechServer) -> None:
        server.put("audio_xyz.wav", wav())
        service.save_audio_to_library(**call())

        with pytest.raises(DownloadFailed):
            service.save_audio_to_library(**call(audio_url="/temp/gone.wav"))

        assert read(service) == wav()
        assert service.get_asset(ASSET, customer_id=CUSTOMER).pending is None

    def test_a_url_that_may_not_be_fetched_is_refused_at_once(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        for url in ("http://169.254.169.254/x.wav", "file:///etc/passwd", "http://evil.example/x.wav"):
            with pytest.raises(DownloadFailed):
                service.save_audio_to_library(**call(audio_url=url))

        self.assert_nothing_is_there(service)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"asset_id": "../x"},
            {"user_id": {"$ne": None}},
            {"parameters": {"$where": 1}},
        ],
        ids=str,
    )
    def test_what_cannot_be_taken_is_refused_before_anything_happens(
        self, service: AudioLibraryService, server: SpeechServer, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidInput):
            service.save_audio_to_library(**call(**wrong))

        assert server.requests == []

    def test_assets_are_found_by_what_they_are(self, service: AudioLibraryService, server: SpeechServer) -> None:
        for number, (folder, voice) in enumerate([("a", "anna"), ("a/b", "ben"), ("c", "anna")]):
            url = server.put(f"{number}.wav", wav(number))
            service.save_audio_to_library(
                **call(asset_id=f"a{number}", audio_url=url, folder=folder, voice=voice, text=f"Take {number}")
            )

        def ids(**wanted: Any) -> list[str]:
            return sorted(one.asset_id for one in service.list_assets(customer_id=CUSTOMER, **wanted))

        assert ids() == ["a0", "a1", "a2"]
        assert ids(folder="a") == ["a0", "a1"]
        assert ids(voice="anna") == ["a0", "a2"]
        assert ids(text="TAKE 2") == ["a2"]
        assert ids(tag="demo", user_id=USER, limit=2, offset=2) != []
        assert service.list_assets(customer_id="somebody_else") == []
        totals = service.count_assets(customer_id=CUSTOMER)
        assert (totals.count, totals.size_bytes) == (3, 3 * len(wav()))

    def test_folder_and_tags_can_be_changed(self, service: AudioLibraryService, server: SpeechServer) -> None:
        self.save(service, server)

        service.update_asset(ASSET, customer_id=CUSTOMER, folder="/new//place/", tags=["x", "x", "y"])

        asset = service.get_asset(ASSET, customer_id=CUSTOMER)
        assert (asset.folder, asset.tags) == ("new/place", ("x", "y"))

    def test_a_deleted_asset_comes_back(self, service: AudioLibraryService, server: SpeechServer) -> None:
        self.save(service, server)

        service.delete_asset(ASSET, customer_id=CUSTOMER)
        assert service.list_assets(customer_id=CUSTOMER) == []
        assert [one.asset_id for one in service.list_assets(customer_id=CUSTOMER, deleted=True)] == [ASSET]
        service.restore_asset(ASSET, customer_id=CUSTOMER)

        assert [one.asset_id for one in service.list_assets(customer_id=CUSTOMER)] == [ASSET]
        assert read(service) == wav()

    def test_saving_a_deleted_asset_again_brings_it_back(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        self.save(service, server)
        service.delete_asset(ASSET, customer_id=CUSTOMER)

        service.save_audio_to_library(**call())

        assert not service.get_asset(ASSET, customer_id=CUSTOMER).is_deleted

    def test_a_purge_leaves_nothing_and_the_id_is_free_again(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        self.save(service, server)
        service.save_audio_to_library(**call(text="second", audio_url=server.put("b.wav", wav(2))))
        service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)

        service.purge_asset(ASSET, customer_id=CUSTOMER)

        self.assert_nothing_is_there(service)
        server.put("audio_xyz.wav", wav(3))
        assert service.save_audio_to_library(**call())["storage"]["key"].endswith(KEY)

    def test_nobody_sees_the_assets_of_others(self, service: AudioLibraryService, server: SpeechServer) -> None:
        self.save(service, server)
        other: dict[str, Any] = {"customer_id": "customer_999"}

        for attempt in (
            lambda: service.get_asset(ASSET, **other),
            lambda: service.get_url(ASSET, **other),
            lambda: service.stream_asset(ASSET, **other),
            lambda: service.delete_asset(ASSET, **other),
            lambda: service.update_asset(ASSET, **other, folder="x"),
            lambda: service.purge_asset(ASSET, **other),
            lambda: service.transcode_asset(ASSET, "flac", **other),
            lambda: service.list_versions(ASSET, **other),
        ):
            with pytest.raises(AssetNotFound):
                attempt()

        assert read(service) == wav()

    def test_the_same_id_of_two_customers_is_two_assets(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        self.save(service, server)
        server.put("audio_xyz.wav", wav(9))

        result = service.save_audio_to_library(**call(customer_id="customer_999"))

        assert "customer_999/" in result["storage"]["key"]
        assert read(service) == wav()

    def test_links_are_made_for_at_most_seven_days(self, service: AudioLibraryService, server: SpeechServer) -> None:
        self.save(service, server)

        for expires in (1, 604_800):
            assert service.get_url(ASSET, customer_id=CUSTOMER, expires=expires)
        for expires in (0, -1, 604_801, 8 * 24 * 3600):
            with pytest.raises(InvalidInput, match="cannot be valid for"):
                service.get_url(ASSET, customer_id=CUSTOMER, expires=expires)

    @pytest.mark.parametrize(
        ("span", "wanted"),
        [
            ("", slice(None)),
            ("bytes=100-", slice(100, None)),
            ("bytes=-10", slice(-10, None)),
        ],
    )
    def test_ranges_are_streamed(
        self, service: AudioLibraryService, server: SpeechServer, span: str, wanted: slice
    ) -> None:
        self.save(service, server)

        assert read(service, span=span) == wav()[wanted]

    def test_a_range_beyond_the_end_is_refused(self, service: AudioLibraryService, server: SpeechServer) -> None:
        self.save(service, server)

        with pytest.raises(UnsatisfiableRange):
            service.stream_asset(ASSET, customer_id=CUSTOMER, span="bytes=999999-")

    def test_a_batch_gives_each_item_its_own_end(self, service: AudioLibraryService, server: SpeechServer) -> None:
        items: list[dict[str, Any]] = [
            call(asset_id=f"a{number}", audio_url=server.put(f"{number}.wav", wav(number))) for number in range(8)
        ]
        items[3]["audio_url"] = "/temp/missing.wav"
        items[5]["asset_id"] = "no id"
        items[6]["colour"] = "red"
        told: list[SaveProgress] = []

        outcomes = service.save_many(items, listener=told.append)

        assert [one.index for one in outcomes if one.error] == [3, 5, 6]
        assert [one.index for one in outcomes] == list(range(8))
        assert (told[-1].done, told[-1].failed) == (8, 3)
        assert service.count_assets(customer_id=CUSTOMER).count == 5

    def test_a_batch_can_be_stopped(self, service: AudioLibraryService, server: SpeechServer) -> None:
        cancel = threading.Event()
        items = (
            call(asset_id=f"a{number}", audio_url=server.put(f"{number}.wav", wav(number))) for number in range(1000)
        )

        outcomes = service.save_many(items, parallel=2, listener=lambda _: cancel.set(), cancel=cancel)

        assert 0 < len(outcomes) < 30
        assert service.count_assets(customer_id=CUSTOMER).count == len(outcomes)

    @pytest.mark.parametrize("form", ["flac", "opus"])
    def test_a_rendition_is_made_once_beside_the_original(
        self, service: AudioLibraryService, server: SpeechServer, form: str
    ) -> None:
        server.put("audio_xyz.wav", wav(seconds=0.5))
        service.save_audio_to_library(**call())

        first = service.transcode_asset(ASSET, form, customer_id=CUSTOMER)
        again = service.transcode_asset(ASSET, form, customer_id=CUSTOMER)

        assert without_url(first) == without_url(again)
        asset = service.get_asset(ASSET, customer_id=CUSTOMER)
        assert [one.name for one in asset.renditions] == [form]
        assert asset.renditions[0].file.media.duration_s == pytest.approx(0.5, abs=0.06)
        assert read(service) == wav(seconds=0.5)
        assert len(read(service, rendition=form)) == first["storage"]["size"]

    def test_transcoding_on_the_way_in_is_asked_for_with_the_save(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        server.put("audio_xyz.wav", wav(seconds=0.5))

        service.save_audio_to_library(**call(transcode="flac", loudness=True))

        assert [one.name for one in service.get_asset(ASSET, customer_id=CUSTOMER).renditions] == ["flac-loud"]

    def test_what_was_generated_is_found_instead_of_paid_for_twice(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        self.save(service, server)
        wanted: dict[str, Any] = {
            "customer_id": CUSTOMER,
            "voice": "kokoro-82m",
            "model": "kokoro-82m",
            "language": "en",
        }

        found = service.find_generated("Hello world", **wanted)

        assert found is not None
        assert found.asset_id == ASSET
        assert service.find_generated("Hello world", **{**wanted, "customer_id": "customer_999"}) is None
        assert service.find_generated("Hello world!", **wanted) is None
        assert service.find_generated("Hello world", **wanted, speed=1.1) is None

    def test_speech_is_generated_kept_and_used_again(self, service: AudioLibraryService, server: SpeechServer) -> None:
        server.voice = lambda parameters: wav(len(parameters["input"]))
        wanted: dict[str, Any] = {
            "customer_id": CUSTOMER,
            "user_id": USER,
            "voice": "af_bella(2)+af_sky",
            "model": "kokoro",
            "parameters": {"volume_multiplier": 1.5},
        }

        first = service.generate("Good morning", **wanted)
        second = service.generate("Good morning", **wanted)
        third = service.generate("Good morning", **wanted, reuse=False)

        assert first["asset_id"] == second["asset_id"] != third["asset_id"]
        assert len(server.spoken) == 2
        assert server.spoken[0] == {
            "input": "Good morning",
            "voice": "af_bella(2)+af_sky",
            "model": "kokoro",
            "speed": 1.0,
            "response_format": "wav",
            "volume_multiplier": 1.5,
        }
        asset = service.get_asset(first["asset_id"], customer_id=CUSTOMER)
        assert asset.current.generation.parameters == {"volume_multiplier": 1.5, "response_format": "wav"}

    def test_a_file_of_the_caller_is_kept_too(
        self, service: AudioLibraryService, server: SpeechServer, tmp_path: Path
    ) -> None:
        path = tmp_path / "take.wav"
        path.write_bytes(wav(4))

        result = service.save_file(path, customer_id=CUSTOMER, user_id=USER, text="Recorded", tags=["take"])
        again = service.save_file(
            path, customer_id=CUSTOMER, user_id=USER, asset_id=result["asset_id"], text="Recorded"
        )

        assert without_url(again) == without_url(result)
        record = record_of(service.get_asset(result["asset_id"], customer_id=CUSTOMER))
        assert (record["source"], record["tags"]) == ("uploaded", ["take"])
        assert read(service, result["asset_id"]) == wav(4)

    def test_the_library_shows_what_was_saved(self, service: AudioLibraryService, server: SpeechServer) -> None:
        self.save(service, server)
        service.settle()

        [row] = service.parts.manager.find("hello")

        recording = service.parts.manager.get_recording(row.uid)
        assert (recording.text, recording.folder, recording.tags) == ("Hello world", "greetings", ("demo", "test"))
        assert recording.ai_identity is not None
        assert (recording.ai_identity.model, recording.ai_identity.voice) == ("kokoro-82m", "kokoro-82m")
        assert recording.metadata["asset_id"] == ASSET
        assert recording.duration_s == 0.1
        [copy] = recording.files[0].copies
        assert copy.location == service.parts.shelf.name

    def test_the_library_follows_every_change(self, service: AudioLibraryService, server: SpeechServer) -> None:
        self.save(service, server)
        manager = service.parts.manager
        service.save_audio_to_library(**call(text="Good bye", audio_url=server.put("b.wav", wav(2))))
        service.update_asset(ASSET, customer_id=CUSTOMER, folder="new")
        service.settle()

        [row] = manager.find()
        assert (row.text, row.folder) == ("Good bye", "new")
        assert [file.version for file in manager.get_recording(row.uid).files] == [2, 1]
        service.delete_asset(ASSET, customer_id=CUSTOMER)
        service.settle()
        assert list(manager.find()) == []
        service.restore_asset(ASSET, customer_id=CUSTOMER)
        service.settle()
        assert [one.uid for one in manager.find()] == [row.uid]
        service.purge_asset(ASSET, customer_id=CUSTOMER)
        assert list(manager.find()) == []
        assert manager.list_trash() == []

    def test_reconciling_finds_nothing_where_all_is_well(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        self.save(service, server)
        service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)
        service.settle()

        assert list(service.reconcile()) == []

    def test_reconciling_finds_what_others_broke_and_only_reports_it(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        for number in range(2):
            url = server.put(f"{number}.wav", wav(number))
            service.save_audio_to_library(**call(asset_id=f"a{number}", audio_url=url))
        service.settle()
        shelf = service.parts.shelf
        lost = service.get_asset("a0", customer_id=CUSTOMER).current.file
        shelf.discard(lost)
        stray = shelf.location_key(lost).replace("a0", "stray")
        shelf.backend.put_small(stray, b"x", sha256="2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")

        found = {(one.trouble, one.asset_id, one.is_repaired) for one in service.reconcile()}

        assert found == {(Trouble.LOST, "a0", False), (Trouble.ORPHAN, "stray", False)}
        assert len(keys_in(service)) == 2

    def test_health_is_told(self, service: AudioLibraryService, server: SpeechServer) -> None:
        service.check_health()

    def save(self, service: AudioLibraryService, server: SpeechServer) -> None:
        """The call of the documentation, kept."""
        server.put("audio_xyz.wav", wav())
        service.save_audio_to_library(**call())
        service.settle()

    def assert_nothing_is_there(self, service: AudioLibraryService) -> None:
        """Neither object nor document."""
        assert keys_in(service) == set()
        assert list(service.parts.documents.everything()) == []
        with pytest.raises(AudiotuiError):
            service.get_asset(ASSET, customer_id=CUSTOMER)
