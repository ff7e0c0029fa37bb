"""Which bucket, where, and with which rights: all that a client of an object store needs to know."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.model import SecretStr

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60
"""How long a server may be silent, in the middle of an answer or before it."""

REQUEST_TIMEOUT_S = 600
"""For one request of at most 16 MiB in all."""

CONNECTIONS = 64
"""Kept open to the server; the engine never has more requests in flight."""

DEFAULT_REGION = "us-east-1"

_MEDIA_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
}


class Keys(NamedTuple):
    """Credentials at one moment."""

    access_key: str
    secret_key: SecretStr
    session_token: SecretStr | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A bucket and the folder in it. ``prefix`` is '' or ends in a slash; ``endpoint`` is a full address."""

    bucket: str
    prefix: str
    endpoint: str
    region: str
    keys: Callable[[], Keys] = field(repr=False)
    """The credentials to sign with now; those of a role change from hour to hour."""
    virtual_style: bool = False
    """The bucket is part of the host's name, not of the path."""
    ca_file: Path | None = None
    silence_s: float = READ_TIMEOUT_S
    storage_class: str = ""
    encryption: str = ""
    kms_key_id: str = ""

    @property
    def is_encrypted_on_the_way(self) -> bool:
        """Whether requests go through TLS."""
        return self.endpoint.startswith("https://")

    @property
    def address(self) -> str:
        """Where requests go: the endpoint, whose host begins with the bucket's name in virtual style."""
        if not self.virtual_style:
            return self.endpoint
        scheme, _, rest = self.endpoint.partition("://")
        return f"{scheme}://{self.bucket}.{rest}"

    def name(self, key: str) -> str:
        """What the file of a key is called in the bucket."""
        return self.prefix + key

    def key(self, name: str) -> str:
        """The key of what lies under a name."""
        return name[len(self.prefix) :]


def folder_prefix(prefix: str) -> str:
    """The prefix of an option as names in the bucket begin with it."""
    folder = prefix.strip("/")
    return f"{folder}/" if folder else ""


def media_type(key: str) -> str:
    """What a browser should take a file for, by the end of its key."""
    extension = "." + key.rpartition("/")[2].rpartition(".")[2].lower()
    return _MEDIA_TYPES.get(extension) or mimetypes.guess_type(key)[0] or "application/octet-stream"
