"""What a configuration says of a bucket of a MinIO server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from audiotui.backends.options.checks import (
    CHECKSUM_CHOICES,
    bucket_problems,
    choice_problems,
    endpoint_problems,
    host_problems,
    joined,
    region_problems,
)
from audiotui.backends.options.shapes import Shape, about

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.model import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class MinioOptions:
    """A bucket of a MinIO server."""

    kind: ClassVar[str] = "minio"

    endpoint: str = field(metadata=about(Shape.TEXT, "the server as HOST or HOST:PORT, without http://"))
    bucket: str = field(metadata=about(Shape.TEXT, "the bucket's name"))
    access_key: str = field(metadata=about(Shape.TEXT, "the access key"))
    secret_key: SecretStr = field(metadata=about(Shape.SECRET, "the secret of the access key"))
    secure: bool = field(default=True, metadata=about(Shape.FLAG, "use TLS; false sends everything in the clear"))
    prefix: str = field(default="", metadata=about(Shape.TEXT, "the folder inside the bucket that holds the files"))
    region: str = field(default="", metadata=about(Shape.TEXT, "the bucket's region, if the server has any"))
    create_bucket: bool = field(default=False, metadata=about(Shape.FLAG, "make the bucket with its first file"))
    ca_file: Path | None = field(
        default=None, metadata=about(Shape.PATH, "the certificate of the server's own authority, as PEM")
    )
    checksums: str = field(
        default="auto", metadata=about(Shape.TEXT, "SHA-256 checked by the server: auto (found out), required or off")
    )

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return f"{self.endpoint}/{joined(self.bucket, self.prefix)}"

    @property
    def fingerprint(self) -> str:
        """Which target it is; the same for two names of one target."""
        return f"s3:{self.endpoint.lower()}/{joined(self.bucket, self.prefix)}"

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        yield from bucket_problems(self.bucket, self.prefix)
        yield from region_problems("region", self.region)
        about_endpoint = ("endpoint", self.endpoint)
        yield from list(host_problems(*about_endpoint)) or endpoint_problems(*about_endpoint)
        if not self.access_key:
            yield "access_key: it is empty."
        if not self.secret_key:
            yield "secret_key: it is empty."
        yield from choice_problems("checksums", self.checksums, CHECKSUM_CHOICES)
