"""A MinIO server of the tests' own, started when a test first needs it."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.buckets import BucketServer
from tests.servers.process import answers, free_port, program, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.certificates import Certificates

INSTALL = "go install github.com/minio/minio@latest (about three minutes)"


@contextmanager
def minio_server(*, shows: Certificates | None = None) -> Iterator[BucketServer]:
    """MinIO with one disk, for as long as the block runs; with a certificate to show, it speaks TLS alone."""
    command = program("minio", install=INSTALL)
    port, access_key, secret_key = free_port(), f"key{secrets.token_hex(6)}", secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="audiotui-minio-") as name:
        folder = Path(name)
        tls = ["--certs-dir", str(shows.server.parent)] if shows else []
        environment = {"MINIO_CI_CD": "1", "MINIO_ROOT_USER": access_key, "MINIO_ROOT_PASSWORD": secret_key}
        with running(
            [command, "server", "--quiet", "--address", f"127.0.0.1:{port}", *tls, str(folder / "data")],
            log=folder / "log",
            ready=lambda: answers(port),
            environment=environment,
        ):
            server = BucketServer("minio", port, access_key, secret_key, ca_file=shows.authority if shows else None)
            server.wait_until_ready()
            yield server
