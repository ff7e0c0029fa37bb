"""Buckets of Amazon S3 and of compatible services; boto3 does the control calls."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING, Any, ClassVar

from audiotui.backends.objectstore.backend import ObjectStoreBackend
from audiotui.backends.objectstore.bucket import Connection
from audiotui.backends.objectstore.clients import client_config, isolated_session
from audiotui.backends.objectstore.control import Head
from audiotui.backends.objectstore.listing import Listing
from audiotui.backends.objectstore.multipart import hex_of
from audiotui.backends.objectstore.target import DEFAULT_REGION, READ_TIMEOUT_S, Keys, Target, folder_prefix
from audiotui.errors import AccessDenied
from audiotui.model import SecretStr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import boto3
    from mypy_boto3_s3.client import S3Client

    from audiotui.backends.options import S3Options


class S3Backend(ObjectStoreBackend):
    """A bucket of S3. Credentials come from the options or, if they name none, from AWS's usual chain.

    ``silence_s`` is how long the server may say nothing before it counts as gone.
    """

    kind: ClassVar[str] = "s3"

    def __init__(
        self,
        name: str,
        options: S3Options,
        *,
        library_id: str = "",
        used_before: bool = False,
        silence_s: float = READ_TIMEOUT_S,
    ) -> None:
        super().__init__(name, library_id=library_id, used_before=used_before, checksums=options.checksums)
        self._options = options
        self._silence_s = silence_s
        self._client: S3Client | None = None

    def _connect(self) -> Connection:
        import boto3
        from botocore.config import Config

        options = self._options
        if options.aws_access_key_id:
            session = boto3.Session(botocore_session=isolated_session())
            keys = _keys_of_options(options)
        else:
            session = boto3.Session(profile_name=options.profile or None)
            keys = self._keys_of_chain(session)
        region = options.region_name or session.region_name or DEFAULT_REGION
        target = Target(
            bucket=options.bucket,
            prefix=folder_prefix(options.prefix),
            endpoint=options.endpoint_url.rstrip("/") or aws_endpoint(region),
            region=region,
            keys=keys,
            virtual_style=options.wants_virtual_style,
            ca_file=options.ca_file,
            silence_s=self._silence_s,
            storage_class=options.storage_class,
            encryption=options.server_side_encryption,
            kms_key_id=options.sse_kms_key_id,
        )
        self._client = session.client(
            "s3",
            endpoint_url=target.endpoint,
            region_name=region,
            verify=str(options.ca_file) if options.ca_file else True,
            config=Config(**client_config(target)),
            **_explicit(keys()) if options.aws_access_key_id else {},
        )
        return Connection(target, BotoControl(self._client, target.bucket))

    def _part_client(self) -> S3Client:
        if self._client is None:
            raise RuntimeError(f"{self!r} is not open")
        return self._client

    def _keys_of_chain(self, session: boto3.Session) -> Callable[[], Keys]:
        found = session.get_credentials()
        if found is None:
            raise AccessDenied(
                f"Cannot use {self.name}: no credentials for AWS were found.",
                "Give aws_access_key_id and aws_secret_access_key, name a profile, or sign in to AWS.",
                location=self.name,
            )

        def current() -> Keys:
            now = found.get_frozen_credentials()
            token = SecretStr(now.token) if now.token else None
            return Keys(now.access_key or "", SecretStr(now.secret_key or ""), token)

        return current


class BotoControl:
    """The control calls of S3 by boto3's client."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._listing = Listing(client, bucket)

    def head(self, name: str) -> Head:
        """What lies under a name."""
        found = self._client.head_object(Bucket=self._bucket, Key=name, ChecksumMode="ENABLED")
        measured = found.get("ChecksumSHA256", "")
        return Head(
            name,
            found["ContentLength"],
            found["ETag"].strip('"'),
            found["LastModified"],
            found.get("VersionId", ""),
            sha256=hex_of(measured) if measured and "-" not in measured else "",
            composite_sha256=hex_of(measured) if "-" in measured else "",
            noted_sha256=found.get("Metadata", {}).get("sha256", ""),
            attributes=found.get("Metadata", {}),
        )

    def list(self, prefix: str) -> Iterator[Head]:
        """Everything whose name begins with the prefix."""
        return self._listing.objects(prefix)

    def copy(self, name: str, new_name: str, *, etag: str) -> None:
        """Copy an object of this version inside the bucket."""
        source: Any = {"Bucket": self._bucket, "Key": name}
        self._client.copy_object(
            Bucket=self._bucket, Key=new_name, CopySource=source, CopySourceIfMatch=f'"{etag}"', IfNoneMatch="*"
        )

    def delete(self, name: str) -> None:
        """Remove what lies under a name, if anything does."""
        self._client.delete_object(Bucket=self._bucket, Key=name)

    def presign(self, name: str, seconds: int, *, content_type: str) -> str:
        """A link that reads it, and says that it is of the media type."""
        return self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": name, "ResponseContentType": content_type},
            ExpiresIn=seconds,
        )

    def bucket_exists(self) -> bool:
        """Whether the bucket is there."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except self._client.exceptions.ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                return False
            raise
        return True

    def create_bucket(self) -> None:
        """Make the bucket."""
        self._client.create_bucket(Bucket=self._bucket)

    def put_with_wrong_sum(self, name: str) -> None:
        """Send an object whose SHA-256 is not the one that the request names; no bytes, so that it needs no room."""
        wrong = b64encode(hashlib.sha256(b"other bytes").digest()).decode()
        self._client.put_object(Bucket=self._bucket, Key=name, Body=b"", ChecksumSHA256=wrong)


def aws_endpoint(region: str) -> str:
    """The address of Amazon's own service in a region."""
    return f"https://s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def _keys_of_options(options: S3Options) -> Callable[[], Keys]:
    keys = Keys(options.aws_access_key_id, options.aws_secret_access_key or SecretStr(""), options.aws_session_token)
    return lambda: keys


def _explicit(keys: Keys) -> dict[str, Any]:
    return {
        "aws_access_key_id": keys.access_key,
        "aws_secret_access_key": keys.secret_key.reveal(),
        "aws_session_token": keys.session_token.reveal() if keys.session_token else None,
    }
