"""What the service promises of a save: all of it or none, once, under its key."""

from __future__ import annotations

import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import DownloadFailed, InvalidInput
from audiotui.library.reading import record_of
from tests.library.sounds import coded, streamed_wav, wav, with_a_hole
from tests.servers.speech import CLEANUP, Fault

if TYPE_CHECKING:
    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer
from tests.contracts.service_suite import ASSET, CUSTOMER, KEY, ServiceSuite, call, keys_in, read, without_url


class SavingPromises(ServiceSuite):
    """Keeping audio."""

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
        [
            b"<html><body>502 Bad Gateway</body></html>",
            b"RIFF\x00\x00\x00\x00WAVE",
            wav()[:30],
            with_a_hole(coded("FLAC"), begin=0.01, end=0.9),
        ],
        ids=["html", "header", "cut", "damaged"],
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
            {"parameters": ["seed"]},
            {"audio_url": ""},
            {"transcode": "exe"},
            {"transcode": ["mp3"]},
            {"loudness": True},
        ],
        ids=str,
    )
    def test_what_cannot_be_taken_is_refused_before_anything_happens(
        self, service: AudioLibraryService, server: SpeechServer, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidInput):
            service.save_audio_to_library(**call(**wrong))

        assert server.requests == []
