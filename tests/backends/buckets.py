"""Buckets under test: what the contract suite does with them, for each kind on each server."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from audiotui.backends.minio import MinioBackend
from audiotui.backends.objectstore.target import READ_TIMEOUT_S
from audiotui.backends.options import MinioOptions, S3Options
from audiotui.backends.s3 import S3Backend
from audiotui.model import SecretStr
from tests.servers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.base import Backend
    from tests.servers.buckets import BucketServer

LIBRARY = "library-1"


class BucketStorage:
    """A bucket behind a relay, so that it can be away without stopping the server."""

    def __init__(
        self,
        server: BucketServer,
        bucket: str,
        relay: Relay,
        kind: Literal["s3", "minio"],
        *,
        silence_s: float = READ_TIMEOUT_S,
    ) -> None:
        self.server = server
        self.bucket = bucket
        self.relay = relay
        self.kind = kind
        self.silence_s = silence_s
        self.secrets = (server.secret_key,)
        self._used = False

    def connect(self) -> Backend:
        """A backend for the bucket, as of a library that knows whether it has files there."""
        used, self._used = self._used or self._is_marked(), True
        return self._backend(self.server.secret_key, used=used and self._is_marked())

    @contextmanager
    def connect_without_rights(self) -> Iterator[Backend]:
        """The secret is wrong."""
        backend = self._backend("not the secret", used=False)
        try:
            yield backend
        finally:
            backend.close()

    @contextmanager
    def gone(self) -> Iterator[None]:
        """The server does not answer."""
        with self.relay.away():
            yield

    def damage(self, key: str) -> None:
        """Put an object with one changed bit in its place."""
        client = self.server.client
        found = client.get_object(Bucket=self.bucket, Key=key)
        data = bytearray(found["Body"].read())
        data[len(data) // 2] ^= 1
        client.put_object(Bucket=self.bucket, Key=key, Body=bytes(data))

    def connect_with(self, *, prefix: str) -> Backend:
        """A backend for a folder in the bucket that was never used."""
        return self._backend(self.server.secret_key, used=False, prefix=prefix)

    def _is_marked(self) -> bool:
        return bool(
            self.server.client.list_objects_v2(Bucket=self.bucket, Prefix=f".audiotui-location/{LIBRARY}").get(
                "Contents"
            )
        )

    def _backend(self, secret: str, *, used: bool, prefix: str = "") -> Backend:
        if self.kind == "minio":
            minio = MinioOptions(
                endpoint=self.relay.address,
                bucket=self.bucket,
                prefix=prefix,
                access_key=self.server.access_key,
                secret_key=SecretStr(secret),
                secure=False,
            )
            return MinioBackend("archive", minio, library_id=LIBRARY, used_before=used, silence_s=self.silence_s)
        s3 = S3Options(
            endpoint_url=f"http://{self.relay.address}",
            bucket=self.bucket,
            prefix=prefix,
            aws_access_key_id=self.server.access_key,
            aws_secret_access_key=SecretStr(secret),
        )
        return S3Backend("archive", s3, library_id=LIBRARY, used_before=used, silence_s=self.silence_s)


@contextmanager
def bucket_storage(
    server: BucketServer, bucket: str, kind: Literal["s3", "minio"], *, silence_s: float = READ_TIMEOUT_S
) -> Iterator[BucketStorage]:
    """An empty bucket behind a relay of its own."""
    server.empty(bucket)
    with Relay(server.port) as relay:
        yield BucketStorage(server, bucket, relay, kind, silence_s=silence_s)


def bucket_at(
    kind: str,
    address: str,
    *,
    tls: bool,
    ca_file: Path | None = None,
    bucket: str = "takes",
    keys: tuple[str, str] = ("someone", "canary-secret"),
) -> Backend:
    """A location that was never opened; ``address`` is HOST:PORT."""
    key, secret = keys[0], SecretStr(keys[1])
    if kind == "minio":
        minio = MinioOptions(
            endpoint=address, secure=tls, bucket=bucket, access_key=key, secret_key=secret, ca_file=ca_file
        )
        return MinioBackend("studio", minio)
    scheme = "https" if tls else "http"
    s3 = S3Options(
        endpoint_url=f"{scheme}://{address}",
        bucket=bucket,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        ca_file=ca_file,
    )
    return S3Backend("studio", s3)
