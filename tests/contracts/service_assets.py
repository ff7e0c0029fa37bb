"""What the service promises of assets that are kept: finding, changing, reading, sharing, repairing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import AssetNotFound, InvalidInput
from audiotui.library.reading import UnsatisfiableRange, record_of
from audiotui.library.reconciling import Trouble
from tests.library.sounds import wav

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.library import AudioLibraryService, SaveProgress
    from tests.servers.speech import SpeechServer
from tests.contracts.service_suite import ASSET, CUSTOMER, KEY, USER, ServiceSuite, call, keys_in, read, without_url


class AssetPromises(ServiceSuite):
    """Assets that are there."""

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
            with pytest.raises(InvalidInput, match="link that is valid for"):
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
        items: list[Any] = [
            call(asset_id=f"a{number}", audio_url=server.put(f"{number}.wav", wav(number))) for number in range(9)
        ]
        items[3]["audio_url"] = "/temp/missing.wav"
        items[5]["asset_id"] = "no id"
        items[6]["colour"] = "red"
        items[7] = "a7"
        told: list[SaveProgress] = []

        outcomes = service.save_many(items, listener=told.append)

        assert [one.index for one in outcomes if one.error] == [3, 5, 6, 7]
        assert [one.index for one in outcomes] == list(range(9))
        assert (told[-1].done, told[-1].failed) == (9, 4)
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

    def test_a_tag_is_found_by_the_spelling_with_which_it_was_saved(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        server.put("audio_xyz.wav", wav())
        service.save_audio_to_library(**call(tags=["cafe\u0301 ", "plain"]))

        for spelling in ("cafe\u0301 ", "caf\u00e9", " plain"):
            found = service.list_assets(customer_id=CUSTOMER, tag=spelling)
            assert [asset.asset_id for asset in found] == [ASSET], spelling
        assert service.list_assets(customer_id=CUSTOMER, tag="") == []

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
        assert service.generate("Hello world", **wanted, user_id=USER)["asset_id"] == ASSET
        assert not server.spoken

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
        del wanted["user_id"]
        found = service.find_generated("Good morning", **wanted)
        assert found is not None
        assert found.asset_id == third["asset_id"]
        wanted["parameters"] = {**wanted["parameters"], "response_format": "flac"}
        assert service.find_generated("Good morning", **wanted) is None
        asset = service.get_asset(first["asset_id"], customer_id=CUSTOMER)
        assert asset.current.generation.parameters == {"volume_multiplier": 1.5, "response_format": "wav"}

    def test_what_a_later_version_has_replaced_is_spoken_again(
        self, service: AudioLibraryService, server: SpeechServer
    ) -> None:
        server.voice = lambda parameters: wav(len(parameters["input"]))
        wanted: dict[str, Any] = {"customer_id": CUSTOMER, "user_id": USER, "voice": "af", "model": "kokoro"}
        for text in ("One", "Three"):
            service.generate(text, **wanted, asset_id=ASSET)

        again = service.generate("One", **wanted)
        of_that_id = service.generate("One", **wanted, asset_id=ASSET, reuse=False)

        assert len(server.spoken) == 3
        assert again["asset_id"] != of_that_id["asset_id"] == ASSET
        assert of_that_id["storage"]["size"] == again["storage"]["size"]
        assert read(service, again["asset_id"]) == wav(3)
        assert [one.generation.text for one in service.list_versions(ASSET, customer_id=CUSTOMER)] == ["One", "Three"]

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
