"""What a configuration says of a bucket of Amazon S3 or of a compatible service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from audiotui.backends.options.checks import (
    CHECKSUM_CHOICES,
    bucket_problems,
    choice_problems,
    endpoint_problems,
    host,
    is_address,
    joined,
    region_problems,
    url_problems,
)
from audiotui.backends.options.shapes import Shape, about

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.model import SecretStr

ADDRESSING_STYLES = ("auto", "virtual", "path")
ENCRYPTIONS = ("", "AES256", "aws:kms", "aws:kms:dsse")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """A bucket of Amazon S3, or of a compatible service by ``endpoint_url``."""

    kind: ClassVar[str] = "s3"

    bucket: str = field(metadata=about(Shape.TEXT, "the bucket's name"))
    aws_access_key_id: str = field(
        default="", metadata=about(Shape.TEXT, "the access key; without one: profile or AWS's usual chain")
    )
    aws_secret_access_key: SecretStr | None = field(
        default=None, metadata=about(Shape.SECRET, "the secret of the access key")
    )
    region_name: str = field(default="", metadata=about(Shape.TEXT, "the bucket's region, such as us-west-2"))
    endpoint_url: str = field(
        default="", metadata=about(Shape.TEXT, "the address of a compatible service, such as https://s3.example.com")
    )
    prefix: str = field(default="", metadata=about(Shape.TEXT, "the folder inside the bucket that holds the files"))
    profile: str = field(default="", metadata=about(Shape.TEXT, "a profile of AWS's own configuration files"))
    aws_session_token: SecretStr | None = field(
        default=None, metadata=about(Shape.SECRET, "the session token of temporary credentials")
    )
    addressing_style: str = field(
        default="auto",
        metadata=about(Shape.TEXT, "where the bucket stands in an address: virtual (in the host), path, or auto"),
    )
    ca_file: Path | None = field(
        default=None, metadata=about(Shape.PATH, "the certificate of the server's own authority, as PEM")
    )
    storage_class: str = field(default="", metadata=about(Shape.TEXT, "the storage class, such as STANDARD_IA"))
    server_side_encryption: str = field(
        default="", metadata=about(Shape.TEXT, "encryption at rest: AES256, aws:kms or aws:kms:dsse")
    )
    sse_kms_key_id: str = field(default="", metadata=about(Shape.TEXT, "the key of aws:kms; without one: AWS's own"))
    checksums: str = field(
        default="auto", metadata=about(Shape.TEXT, "SHA-256 checked by the server: auto (found out), required or off")
    )

    @property
    def address(self) -> str:
        """Where it is, for people."""
        at = f" at {host(self.endpoint_url)}" if self.endpoint_url else ""
        return f"s3://{joined(self.bucket, self.prefix)}{at}"

    @property
    def fingerprint(self) -> str:
        """Which target it is; the same for two names of one target."""
        return f"s3:{host(self.endpoint_url) or 'aws'}/{joined(self.bucket, self.prefix)}"

    @property
    def wants_virtual_style(self) -> bool:
        """Whether the bucket goes into the host's name; a name with dots fits no certificate there."""
        if self.addressing_style != "auto":
            return self.addressing_style == "virtual"
        return not self.endpoint_url and "." not in self.bucket

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        yield from bucket_problems(self.bucket, self.prefix)
        yield from region_problems("region_name", self.region_name)
        if bool(self.aws_access_key_id) != bool(self.aws_secret_access_key):
            yield "aws_access_key_id and aws_secret_access_key: give both or neither."
        if self.profile and self.aws_access_key_id:
            yield "profile: a profile and an access key exclude each other."
        if self.endpoint_url:
            about_endpoint = ("endpoint_url", self.endpoint_url)
            yield from list(url_problems(*about_endpoint)) or endpoint_problems(*about_endpoint)
        if self.aws_session_token and not self.aws_access_key_id:
            yield "aws_session_token: it belongs to an access key, which is missing."
        if self.sse_kms_key_id and not self.server_side_encryption.startswith("aws:kms"):
            yield "sse_kms_key_id: it needs server_side_encryption aws:kms."
        yield from choice_problems("addressing_style", self.addressing_style, ADDRESSING_STYLES)
        if self.addressing_style == "virtual" and is_address(self.endpoint_url):
            yield "addressing_style: virtual puts the bucket before a host's name, and endpoint_url has an address."
        yield from choice_problems("server_side_encryption", self.server_side_encryption, ENCRYPTIONS)
        yield from choice_problems("checksums", self.checksums, CHECKSUM_CHOICES)
