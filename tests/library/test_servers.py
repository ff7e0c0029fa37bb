"""The service with MinIO and MongoDB, and with an S3 server, keeps the same contract, on real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.service import ServiceContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library import AudioLibraryService

    MakeService = Callable[[Path], AudioLibraryService]


@pytest.mark.xdist_group("minio")
class TestServiceOnServers(ServiceContract):
    """The contract with a bucket of MinIO and documents in MongoDB."""

    @pytest.fixture
    def service(self, services: MakeService, servers_config: Path) -> AudioLibraryService:
        return services(servers_config)

    @pytest.fixture
    def another(self, services: MakeService, servers_config: Path) -> AudioLibraryService:
        return services(servers_config)


@pytest.mark.xdist_group("seaweed")
class TestServiceOnS3(ServiceContract):
    """The contract with a bucket of SeaweedFS and documents in the catalog."""

    @pytest.fixture
    def service(self, services: MakeService, s3_config: Path) -> AudioLibraryService:
        return services(s3_config)

    @pytest.fixture
    def another(self, services: MakeService, s3_config: Path) -> AudioLibraryService:
        return services(s3_config)
