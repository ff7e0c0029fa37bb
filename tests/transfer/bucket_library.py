"""A small library whose location ``archive`` is a bucket, opened by any process from a file beside it."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config

from audiotui.backends.base import open_backend
from audiotui.backends.options import MinioOptions, S3Options
from audiotui.model import CopyState, SecretStr
from tests.transfer.library import Library

if TYPE_CHECKING:
    from tests.servers.buckets import BucketServer

FILE = "registry.bucket.json"


@dataclass(frozen=True)
class BucketAt:
    """Where the bucket is."""

    kind: Literal["s3", "minio"]
    port: int
    access_key: str
    secret_key: str
    bucket: str
    prefix: str
    checksums: str = "auto"

    def options(self) -> S3Options | MinioOptions:
        """The same as a location's options."""
        if self.kind == "minio":
            return MinioOptions(
                endpoint=f"127.0.0.1:{self.port}",
                secure=False,
                bucket=self.bucket,
                prefix=self.prefix,
                checksums=self.checksums,
                access_key=self.access_key,
                secret_key=SecretStr(self.secret_key),
            )
        return S3Options(
            endpoint_url=f"http://127.0.0.1:{self.port}",
            bucket=self.bucket,
            prefix=self.prefix,
            checksums=self.checksums,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=SecretStr(self.secret_key),
        )

    def untrue(self, expected: dict[str, Path]) -> list[str]:
        """In which ways the prefix and what should lie there differ, asked past everything that is tested.

        The server's own MD5 is compared, and of files of several parts, which have none, every byte.
        """
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.prefix}/")
        found = {
            each["Key"].removeprefix(f"{self.prefix}/"): each["ETag"].strip('"')
            for page in pages
            for each in page.get("Contents", [])
        }
        wrong = [
            f"catalog lacks {key}" for key in sorted(found.keys() - expected.keys()) if not key.startswith(".audiotui")
        ]
        for key, path in expected.items():
            data = path.read_bytes()
            if key not in found:
                wrong.append(f"catalog has {key}, which is not there")
            elif "-" in found[key]:
                stored = client.get_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}")["Body"].read()
                wrong += [] if stored == data else [f"{key} has wrong bytes"]
            elif found[key] != hashlib.md5(data).hexdigest():
                wrong.append(f"{key} has wrong bytes")
        return wrong


def put_beside(
    folder: Path,
    server: BucketServer,
    kind: Literal["s3", "minio"],
    bucket: str,
    prefix: str,
    checksums: str = "auto",
) -> None:
    """Let the library in a folder have this bucket as its archive."""
    at = BucketAt(kind, server.port, server.access_key, server.secret_key, bucket, prefix, checksums)
    (folder / FILE).write_text(json.dumps(asdict(at)), encoding="utf-8")


class BucketLibrary(Library):
    """A library with the bucket that the file beside it names."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.at = BucketAt(**json.loads((folder / FILE).read_text(encoding="utf-8")))
        self.requests = 16
        options = self.at.options()
        self.catalog.ensure_location("archive", options.kind, options.fingerprint)
        self.backends["archive"] = open_backend(
            "archive",
            options,
            library_id=self.catalog.library_id,
            used_before=self.catalog.has_copies_at("archive"),
        )

    def untruths(self, location: str) -> list[str]:
        """Every way in which the files of a location and the catalog differ; [] if the catalog tells the truth."""
        if location != "archive":
            return super().untruths(location)
        unfinished = [f"unfinished {one.key}" for one in self.backends["archive"].list_unfinished()]
        return unfinished + self.at.untrue(
            {
                copy.key: self.folder / "local" / copy.key
                for file in self.files(self.all_ids())
                for copy in file.copies
                if copy.location == location and copy.state is CopyState.PRESENT
            }
        )


def main(folder: str) -> None:
    """Run every job that waits, until somebody kills this process."""
    with BucketLibrary(Path(folder)) as library:
        while (job_id := library.journal.next_job()) is not None:
            library.run(job_id)


if __name__ == "__main__":
    main(*sys.argv[1:])
