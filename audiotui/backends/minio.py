"""Buckets of MinIO and of any server that its SDK can talk to; the SDK does the control calls."""

from __future__ import annotations

import hashlib
import io
import threading
from base64 import b64encode
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar

from audiotui.backends.objectstore.backend import ObjectStoreBackend
from audiotui.backends.objectstore.bucket import Connection
from audiotui.backends.objectstore.clients import part_client, proxy_to
from audiotui.backends.objectstore.control import Head
from audiotui.backends.objectstore.links import LinkSigner
from audiotui.backends.objectstore.listing import Listing
from audiotui.backends.objectstore.multipart import hex_of
from audiotui.backends.objectstore.target import (
    CONNECT_TIMEOUT_S,
    CONNECTIONS,
    DEFAULT_REGION,
    READ_TIMEOUT_S,
    Keys,
    Target,
    folder_prefix,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from minio import Minio
    from mypy_boto3_s3.client import S3Client

    from audiotui.backends.options import MinioOptions


class MinioBackend(ObjectStoreBackend):
    """A bucket of a MinIO server. ``silence_s`` is how long it may say nothing before it counts as gone."""

    kind: ClassVar[str] = "minio"

    def __init__(
        self,
        name: str,
        options: MinioOptions,
        *,
        library_id: str = "",
        used_before: bool = False,
        silence_s: float = READ_TIMEOUT_S,
    ) -> None:
        super().__init__(
            name,
            library_id=library_id,
            used_before=used_before,
            checksums=options.checksums,
            may_create_bucket=options.create_bucket,
        )
        self._options = options
        self._silence_s = silence_s
        self._client: S3Client | None = None
        self._listing: Listing | None = None
        self._making_client = threading.Lock()

    def _connect(self) -> Connection:
        options = self._options
        keys = Keys(options.access_key, options.secret_key)
        target = Target(
            bucket=options.bucket,
            prefix=folder_prefix(options.prefix),
            endpoint=f"{'https' if options.secure else 'http'}://{options.endpoint}",
            region=options.region or DEFAULT_REGION,
            keys=lambda: keys,
            ca_file=options.ca_file,
            silence_s=self._silence_s,
        )
        return Connection(target, MinioControl(partial(_client, options, target), target, self._one_listing))

    def _close(self) -> None:
        super()._close()
        self._client = self._listing = None

    def _part_client(self) -> S3Client:
        with self._making_client:
            if self._client is None:
                self._client = part_client(self.target)
                self._listing = Listing(self._client, self.target.bucket)  # one for each client, never two
            return self._client

    def _one_listing(self) -> Listing:
        self._part_client()
        if self._listing is None:
            raise RuntimeError(f"{self!r} was closed in the middle of a call")
        return self._listing


_NOTED = "x-amz-meta-"


class MinioControl:
    """The control calls by MinIO's SDK; its listings would take too long.

    ``new_client`` is called when it is needed first: a push that finds nothing to do can do without the SDK.
    """

    def __init__(self, new_client: Callable[[], Minio], target: Target, listing: Callable[[], Listing]) -> None:
        self._new_client = new_client
        self._made_client: Minio | None = None
        self._making_client = threading.Lock()
        self._listing = listing
        self._bucket = target.bucket
        self._region = target.region
        self._keys = target.keys

    @property
    def _client(self) -> Minio:
        with self._making_client:  # threads that begin together would make one each
            if self._made_client is None:
                self._made_client = self._new_client()
            return self._made_client

    def head(self, name: str) -> Head:
        """What lies under a name."""
        found = self._client.stat_object(self._bucket, name, extra_headers={"x-amz-checksum-mode": "ENABLED"})
        about = found.metadata or {}
        noted = {
            name.lower().removeprefix(_NOTED): str(value)
            for name, value in about.items()
            if name.lower().startswith(_NOTED)
        }
        measured = about.get("x-amz-checksum-sha256", "")
        return Head(
            name,
            found.size or 0,
            found.etag or "",
            found.last_modified,
            found.version_id or "",
            sha256=hex_of(measured) if measured and "-" not in measured else "",
            composite_sha256=hex_of(measured) if "-" in measured else "",
            noted_sha256=noted.get("sha256", ""),
            attributes=noted,
        )

    def list(self, prefix: str) -> Iterator[Head]:
        """Everything whose name begins with the prefix."""
        return self._listing().objects(prefix)

    def copy(self, name: str, new_name: str, *, etag: str) -> None:
        """Copy an object of this version inside the bucket."""
        from minio.commonconfig import CopySource

        self._client.copy_object(self._bucket, new_name, CopySource(self._bucket, name, match_etag=etag))

    def delete(self, name: str) -> None:
        """Remove what lies under a name, if anything does."""
        self._client.remove_object(self._bucket, name)

    def presign(self, name: str, seconds: int, *, content_type: str) -> str:
        """A link that reads it, and says that it is of the media type."""
        return self._links.link(name, seconds, content_type=content_type)

    @cached_property
    def _links(self) -> LinkSigner:
        """The SDK knows where servers want a bucket's name: in the path, or in the host's."""
        sample = "x"
        address = self._client.presigned_get_object(self._bucket, sample).partition("?")[0]
        return LinkSigner(address.removesuffix(sample), self._region, self._keys())

    def bucket_exists(self) -> bool:
        """Whether the bucket is there."""
        return self._client.bucket_exists(self._bucket)

    def create_bucket(self) -> None:
        """Make the bucket, unless another process just did."""
        from minio.error import S3Error

        try:
            self._client.make_bucket(self._bucket, location=self._region)
        except S3Error as error:
            if error.code != "BucketAlreadyOwnedByYou":
                raise

    def put_with_wrong_sum(self, name: str) -> None:
        """Send an object whose SHA-256 is not the one that the request names; no bytes, so that it needs no room."""
        wrong = b64encode(hashlib.sha256(b"other bytes").digest()).decode()
        self._client.put_object(
            self._bucket, name, io.BytesIO(b""), length=0, metadata={"x-amz-checksum-sha256": wrong}
        )


def _client(options: MinioOptions, target: Target) -> Minio:
    import urllib3
    from minio import Minio

    proxy = proxy_to(target.endpoint)
    pool = (partial(urllib3.ProxyManager, proxy) if proxy else urllib3.PoolManager)(
        timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=target.silence_s),
        maxsize=CONNECTIONS,
        retries=urllib3.Retry(total=0, redirect=0, raise_on_status=False, raise_on_redirect=False),
        cert_reqs="CERT_REQUIRED",
        ca_certs=str(options.ca_file) if options.ca_file else None,
    )
    return Minio(
        options.endpoint,
        access_key=options.access_key,
        secret_key=options.secret_key.reveal(),
        secure=options.secure,
        region=target.region,
        http_client=pool,
    )
