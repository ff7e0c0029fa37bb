"""The service with MinIO and MongoDB, and with an S3 server, keeps the same contract, on real servers."""

from __future__ import annotations

import hashlib
import urllib.request
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import DatabaseFailed, IntegrityError
from audiotui.library import AudioLibraryService
from audiotui.library.claims import utc_now
from audiotui.library.opening import open_parts
from audiotui.library.reconciling import Trouble
from audiotui.model import PART_BYTES
from tests.contracts.service import ServiceContract
from tests.contracts.service_suite import ASSET, CUSTOMER, call, read
from tests.library.sounds import big_wav, wav
from tests.library.test_crashes import assert_all_agree
from tests.servers.speech import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library.parts import Parts
    from audiotui.manager import AudioManager
    from tests.servers.buckets import BucketServer
    from tests.servers.mongo import MongoServer
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


class TestServiceOnServers(ServiceContract):
    """The contract with a bucket of MinIO and documents in MongoDB."""

    @pytest.fixture
    def service(self, services: MakeService, servers_config: Path) -> AudioLibraryService:
        return services(servers_config)

    @pytest.fixture
    def another(self, services: MakeService, servers_config: Path) -> AudioLibraryService:
        return services(servers_config)


@pytest.mark.long
class TestServiceOnS3(ServiceContract):
    """The contract with a bucket of SeaweedFS and documents in the catalog; in everyday runs one call stands for it."""

    @pytest.fixture
    def service(self, services: MakeService, s3_config: Path) -> AudioLibraryService:
        return services(s3_config)

    @pytest.fixture
    def another(self, services: MakeService, s3_config: Path) -> AudioLibraryService:
        return services(s3_config)


@pytest.mark.parametrize("kind", ["embedded_config", "servers_config"])
def test_other_bytes_of_the_same_size_are_found_though_they_came_at_once(
    services: Callable[[Path], AudioLibraryService],
    request: pytest.FixtureRequest,
    server: SpeechServer,
    minio: BucketServer,
    tmp_path: Path,
    kind: str,
) -> None:
    service = services(request.getfixturevalue(kind))
    server.put("audio_xyz.wav", wav())
    service.save_audio_to_library(**call())
    service.settle()
    shelf, file = service.parts.shelf, service.get_asset(ASSET, customer_id=CUSTOMER).current.file
    if kind == "embedded_config":
        (tmp_path / "recordings" / shelf.location_key(file)).write_bytes(wav(9))
    else:
        minio.client.put_object(Bucket=shelf.bucket, Key=file.key, Body=wav(9))

    assert [one.trouble for one in service.reconcile()] == [Trouble.DAMAGED]


@pytest.mark.parametrize("kind", ["embedded_config", "servers_config"])
def test_other_bytes_of_the_same_size_are_found_and_never_handed_out(
    request: pytest.FixtureRequest, server: SpeechServer, kind: str
) -> None:
    def opened_an_hour_ago(manager: AudioManager) -> Parts:
        return replace(open_parts(manager), clock=lambda: utc_now() - timedelta(hours=1))

    with AudioLibraryService(request.getfixturevalue(kind), opener=opened_an_hour_ago) as service:
        server.put("audio_xyz.wav", wav())
        service.save_audio_to_library(**call())
        service.settle()
        assert list(service.reconcile()) == []
        shelf, file = service.parts.shelf, service.get_asset(ASSET, customer_id=CUSTOMER).current.file
        other = wav(9)
        shelf.discard(file)
        shelf.backend.put_small(shelf.location_key(file), other, sha256=hashlib.sha256(other).hexdigest())

        found = [(one.trouble, one.asset_id) for one in service.reconcile()]
        with pytest.raises(IntegrityError, match="its bytes are not those that were stored"):
            read(service)
        with pytest.raises(IntegrityError, match="its bytes are not those that were stored"):
            service.transcode_asset(ASSET, "flac", customer_id=CUSTOMER)

    assert found == [(Trouble.DAMAGED, ASSET)]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/temp/audio_xyz.wav", id="format told"),
        pytest.param("/temp/audio_xyz", id="format not told", marks=pytest.mark.matrix),
    ],
)
@pytest.mark.parametrize("is_claimed", [False, True], ids=["at the claim", "after the claim"])
def test_a_mongodb_that_fails_in_the_middle_is_finished_by_the_next_call(
    services: MakeService,
    servers_config: Path,
    server: SpeechServer,
    mongo_server: MongoServer,
    path: str,
    is_claimed: bool,
) -> None:
    service = services(servers_config)
    service.check_health()
    server.put(path.rpartition("/")[2], wav())

    with ExitStack() as stack:

        def fail() -> None:
            stack.enter_context(mongo_server.failing(["insert", "update"], times=1_000, errorCode=10107))

        if is_claimed:
            server.fail(path, Fault(run=fail))
        else:
            fail()
        with pytest.raises(DatabaseFailed) as caught:
            service.save_audio_to_library(**call(audio_url=path))
    assert caught.value.retryable
    service.save_audio_to_library(**call(audio_url=path))
    service.settle()

    assert read(service) == wav()
    assert len(service.list_versions(ASSET, customer_id=CUSTOMER)) == 1
    assert_all_agree(service)


def test_the_link_of_an_object_says_what_it_is(
    services: MakeService, servers_config: Path, server: SpeechServer
) -> None:
    service = services(servers_config)
    server.put("audio_xyz.wav", wav())

    url = service.save_audio_to_library(**call(text="Grüße", tags=["ü"]))["storage"]["url"]

    assert "X-Amz-Expires=604800" in url
    with urllib.request.urlopen(url) as answer:
        assert answer.headers["content-type"] == "audio/wav"
        assert answer.headers["x-amz-meta-asset-id"] == ASSET
        assert answer.read() == wav()


def test_a_file_of_several_parts_is_kept_whole(
    services: MakeService, servers_config: Path, server: SpeechServer
) -> None:
    service = services(servers_config)
    sound = big_wav(PART_BYTES + 1_000_000)
    server.put("audio_xyz.wav", sound)

    service.save_audio_to_library(**call(duration=None))

    file = service.get_asset(ASSET, customer_id=CUSTOMER).current.file
    assert len(sound) > PART_BYTES
    assert len(file.part_sha256) == 2
    assert read(service) == sound


def test_an_s3_server_keeps_the_audio_too(services: MakeService, s3_config: Path, server: SpeechServer) -> None:
    service = services(s3_config)
    server.put("audio_xyz.wav", wav())

    result = service.save_audio_to_library(**call())
    service.settle()

    assert result["storage"]["key"].startswith("voices/")
    with urllib.request.urlopen(result["storage"]["url"]) as answer:
        assert answer.read() == wav()
    assert_all_agree(service)
