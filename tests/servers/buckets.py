"""A running server of buckets as the tests see it: its address, its keys, and its buckets by plain S3 calls."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.servers.process import START_S
from tests.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3.client import S3Client


@dataclass
class BucketServer:
    """Host, port and keys of a server on loopback."""

    name: str
    port: int
    access_key: str
    secret_key: str = field(repr=False)
    ca_file: Path | None = field(default=None, kw_only=True)
    """Who signed its certificate; without one it speaks no TLS."""

    @cached_property
    def client(self) -> S3Client:
        """A client of its own, past everything that is tested."""
        return boto3.client(
            "s3",
            endpoint_url=f"{'https' if self.ca_file else 'http'}://127.0.0.1:{self.port}",
            verify=str(self.ca_file) if self.ca_file else True,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )

    def wait_until_ready(self) -> None:
        """Wait until a bucket can be made and written to; some servers listen long before that."""
        eventually(self._takes_objects, what=f"{self.name} taking an object", patience_s=START_S)

    def new_bucket(self) -> str:
        """The name of a bucket that was made just now."""
        name = f"audiotui-{secrets.token_hex(6)}"
        self.client.create_bucket(Bucket=name)
        return name

    def empty(self, bucket: str) -> None:
        """Remove all objects and all unfinished uploads of a bucket."""
        while found := self.client.list_objects_v2(Bucket=bucket).get("Contents"):
            # Until the listing is empty: what hides behind another name is listed once that is gone.
            names = [each["Key"] for each in found]
            if plain := [name for name in names if name.isprintable()]:
                self.client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name} for name in plain]})
            for name in set(names).difference(plain):  # no XML can carry these
                self.client.delete_object(Bucket=bucket, Key=name)
        for upload in self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            self.client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    def remove(self, bucket: str) -> None:
        """Remove a bucket with all that is in it; one that is not there is fine."""
        try:
            self.empty(bucket)
            self.client.delete_bucket(Bucket=bucket)
        except self.client.exceptions.NoSuchBucket:
            pass

    def _takes_objects(self) -> bool:
        try:
            bucket = self.new_bucket()
            self.client.put_object(Bucket=bucket, Key="ready", Body=b"x")
            self.client.delete_object(Bucket=bucket, Key="ready")
            self.client.delete_bucket(Bucket=bucket)
        except (BotoCoreError, ClientError):
            return False
        return True
