"""What the ``library`` block says, as values: where generated speech is kept, and with whom the service talks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from audiotui.backends.options.checks import bucket_problems, host_problems, url_problems
from audiotui.backends.options.shapes import Shape, about
from audiotui.model import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.model import SecretStr

DEFAULT_BUCKET = "audio-assets"
DEFAULT_SPEECH_URL = "http://audio-generation-factory:3000"

MOST_PARALLEL = 256
"""So many saves at once; more threads only wait for each other."""

_DATABASE = re.compile(r"mongodb(\+srv)?://[^/?]+/([^/?\s.$\"]+)(\?.*)?")
_NOT_IN_HOST = re.compile(r"[^A-Za-z0-9._:\[\]-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLimits:
    """How much one save, and one client of the HTTP service, may take."""

    max_mib: int = field(default=2048, metadata=about(Shape.PORT, "the biggest file, in MiB"))
    max_seconds: int = field(default=900, metadata=about(Shape.PORT, "the longest download, retries included"))
    min_bytes_per_second: int = field(default=1000, metadata=about(Shape.PORT, "a download slower than this is broken"))
    max_store_seconds: int = field(default=60, metadata=about(Shape.PORT, "storing is not tried again after so long"))
    parallel: int = field(
        default=64, metadata={**about(Shape.PORT, "so many assets of a batch at once"), "most": MOST_PARALLEL}
    )
    requests_per_minute: int = field(default=600, metadata=about(Shape.PORT, "HTTP requests of one key or address"))
    max_upload_mib: int = field(default=256, metadata=about(Shape.PORT, "the biggest file of POST /library/upload"))

    @property
    def max_bytes(self) -> int:
        """``max_mib`` in bytes."""
        return self.max_mib * 1024 * 1024

    @property
    def max_upload_bytes(self) -> int:
        """``max_upload_mib`` in bytes."""
        return self.max_upload_mib * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the HTTP service, and the customers whose assets it opens."""

    key: SecretStr
    customers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryOptions:
    """What the configuration says of the service; all of it has a default."""

    storage: str = field(default=LOCAL, metadata=about(Shape.TEXT, "the location that keeps the files"))
    bucket: str = field(default=DEFAULT_BUCKET, metadata=about(Shape.TEXT, "its bucket; in a folder, a folder"))
    documents: SecretStr | None = field(
        default=None, metadata=about(Shape.SECRET, "mongodb://HOST/DATABASE; without it: the catalog")
    )
    speech_url: str = field(default=DEFAULT_SPEECH_URL, metadata=about(Shape.TEXT, "the speech server's address"))
    speech_key: SecretStr | None = field(
        default=None, metadata=about(Shape.SECRET, "the key that the speech server asks for")
    )
    allow_public_hosts: bool = field(
        default=False, metadata=about(Shape.FLAG, "take audio from any public https address too")
    )
    cleanup: bool = field(default=True, metadata=about(Shape.FLAG, "remove temporary files of the speech server"))
    register: bool = field(default=True, metadata=about(Shape.FLAG, "show assets in the catalog too"))
    cdn_url: str = field(default="", metadata=about(Shape.TEXT, "the address under which a CDN serves the bucket"))
    allowed_hosts: tuple[str, ...] = ()
    """Further hosts, as HOST or HOST:PORT, that audio may come from; they may be private."""
    api_keys: tuple[ApiKey, ...] = ()
    limits: ServiceLimits = field(default_factory=ServiceLimits)

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        yield from bucket_problems(self.bucket, "")
        yield from url_problems("speech_url", self.speech_url)
        if self.cdn_url:
            yield from url_problems("cdn_url", self.cdn_url)
        for host in self.allowed_hosts:
            yield from _allowed_host_problems(host)
        if self.documents is not None and not _DATABASE.fullmatch(self.documents.reveal()):
            yield "documents: it is not an address of the form mongodb://HOST/DATABASE."


def _allowed_host_problems(host: str) -> Iterator[str]:
    """What is wrong with a host that audio may come from; it is compared with those of URLs as it is."""
    if odd := _NOT_IN_HOST.search(host.rpartition("/")[2]):
        yield (
            f"allowed_hosts: {host!r} would never fit: {odd[0]!r} stands in no host's name. "
            "Name each host by itself, without wildcards, and other letters than a-z as xn--."
        )
    else:
        yield from host_problems("allowed_hosts", host)


def option_values(options: LibraryOptions | ServiceLimits) -> Iterator[tuple[str, Any, bool]]:
    """Name and value of each plain option, and whether the value is the default."""
    for option in fields(options):
        if "shape" in option.metadata:
            value = getattr(options, option.name)
            yield option.name, value, value == option.default
