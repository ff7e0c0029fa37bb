"""Services with every kind of storage and documents, each on real servers, and a speech server with faults."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from audiotui.library import AudioLibraryService
from tests.contracts.service_suite import call
from tests.library.clock import Clock
from tests.library.faulty import Faulty
from tests.library.sounds import wav
from tests.servers.speech import SpeechServer, speech

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.servers.buckets import BucketServer
    from tests.servers.mongo import MongoServer

_EMBEDDED = """audio_manager:
  db_path: library.db
  locations:
    local: {{type: local, path: recordings}}
  library:
    speech_url: {speech}
"""

_SERVERS = """audio_manager:
  db_path: library.db
  locations:
    local: {{type: local, path: recordings}}
    studio:
      type: minio
      endpoint: 127.0.0.1:{minio.port}
      bucket: {bucket}
      access_key: {minio.access_key}
      secret_key: {minio.secret_key}
      secure: false
  library:
    storage: studio
    documents: {mongo}
    speech_url: {speech}
"""

_S3 = """audio_manager:
  db_path: library.db
  locations:
    local: {{type: local, path: recordings}}
    bucket:
      type: s3
      endpoint_url: http://127.0.0.1:{s3.port}
      bucket: {bucket}
      prefix: {prefix}
      region_name: us-east-1
      aws_access_key_id: {s3.access_key}
      aws_secret_access_key: {s3.secret_key}
  library:
    storage: bucket
    speech_url: {speech}
"""


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    """A speech server."""
    with speech() as running:
        yield running


def _written(folder: Path, text: str) -> Path:
    path = folder / "audiotui.yaml"
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def embedded_config(tmp_path: Path, server: SpeechServer) -> Path:
    """Files in a folder, documents in the catalog."""
    return _written(tmp_path, _EMBEDDED.format(speech=server.url))


@pytest.fixture
def servers_config(tmp_path: Path, server: SpeechServer, minio: BucketServer, mongo_server: MongoServer) -> Path:
    """Files in a bucket of MinIO that is not there yet, documents in MongoDB."""
    text = _SERVERS.format(
        speech=server.url,
        minio=minio,
        bucket=f"audio-assets-{secrets.token_hex(6)}",
        mongo=mongo_server.address(f"t{secrets.token_hex(8)}"),
    )
    return _written(tmp_path, text)


@pytest.fixture(scope="session")
def s3_bucket(seaweed: BucketServer) -> str:
    """One bucket for all tests: SeaweedFS gives each bucket volumes of its own, and has few."""
    return seaweed.new_bucket()


@pytest.fixture
def s3_config(tmp_path: Path, server: SpeechServer, seaweed: BucketServer, s3_bucket: str) -> Path:
    """Files in a folder of a bucket of an S3 server, documents in the catalog."""
    prefix = f"voices/{secrets.token_hex(6)}"
    return _written(tmp_path, _S3.format(speech=server.url, s3=seaweed, bucket=s3_bucket, prefix=prefix))


@pytest.fixture
def services() -> Iterator[Callable[[Path], AudioLibraryService]]:
    """Makes services, and closes them."""
    made: list[AudioLibraryService] = []

    def make(path: Path) -> AudioLibraryService:
        made.append(AudioLibraryService(path))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def service(services: Callable[[Path], AudioLibraryService], embedded_config: Path) -> AudioLibraryService:
    """A service without any server but the one that speaks."""
    return services(embedded_config)


@pytest.fixture
def archived(
    services: Callable[[Path], AudioLibraryService], embedded_config: Path, server: SpeechServer
) -> AudioLibraryService:
    """A service with one asset, of which another location, the folder ``archive``, has a copy."""
    text = embedded_config.read_text().replace("  library:", "    archive: {type: local, path: archive}\n  library:")
    embedded_config.write_text(text)
    service = services(embedded_config)
    server.put("audio_xyz.wav", wav())
    service.save_audio_to_library(**call())
    service.settle()
    service.parts.manager.push_recordings("", "archive")
    return service


@pytest.fixture
def faulty(embedded_config: Path, server: SpeechServer) -> Iterator[Faulty]:
    """A service that fails as ordered, and a sound for it, ``/temp/audio_xyz.wav``; at the end it works again."""
    server.put("audio_xyz.wav", wav())
    made = Faulty(embedded_config)
    yield made
    made.heal()
    made.service.close()


@pytest.fixture
def clock() -> Clock:
    """Time that the test moves."""
    return Clock()
