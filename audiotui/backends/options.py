"""What a configuration says of a location, one frozen class per kind, and the table of kinds.

No SDK is imported here, so a configuration is read, checked and shown without any of them. Every field describes
itself: ``option_specs`` tells name, shape, help, and whether it must be given, so that the configuration's reader, its
example file and its error messages come from one place. Values arrive with ``~``, ``${NAME}`` and relative paths
already resolved.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from functools import cache
from os.path import abspath
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from audiotui.backends.keys import key_problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.model import SecretStr

SSH_PORT = 22


class Shape(StrEnum):
    """What kind of value an option takes; the class annotation has the Python type."""

    TEXT = "text"
    PATH = "path"
    """A path on this machine, as ``pathlib.Path``."""
    PORT = "port"
    FLAG = "flag"
    SECRET = "secret"  # noqa: S105 - a word, no password
    """Text that is never shown, as ``SecretStr``."""


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """One option of a kind of location, as the configuration knows it."""

    name: str
    shape: Shape
    help: str
    required: bool
    default: Any = None


def _about(shape: Shape, text: str) -> dict[str, Any]:
    return {"shape": shape, "help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """A folder of this machine: the library's own files, an external disk, a mounted share."""

    kind: ClassVar[str] = "local"

    path: Path = field(metadata=_about(Shape.PATH, "the folder that holds the files"))

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return str(self.path)

    @property
    def fingerprint(self) -> str:
        """Which target it is; the same for two names of one target."""
        return f"folder:{abspath(self.path)}"  # noqa: PTH100 - resolve() asks the disk, which may not be mounted

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        if not self.path.is_absolute():
            yield f"path: {str(self.path)!r} is not an absolute path."


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """A bucket of Amazon S3, or of a compatible service by ``endpoint_url``."""

    kind: ClassVar[str] = "s3"

    bucket: str = field(metadata=_about(Shape.TEXT, "the bucket's name"))
    aws_access_key_id: str = field(
        default="", metadata=_about(Shape.TEXT, "the access key; without one: profile or AWS's usual chain")
    )
    aws_secret_access_key: SecretStr | None = field(
        default=None, metadata=_about(Shape.SECRET, "the secret of the access key")
    )
    region_name: str = field(default="", metadata=_about(Shape.TEXT, "the bucket's region, such as us-west-2"))
    endpoint_url: str = field(
        default="", metadata=_about(Shape.TEXT, "the address of a compatible service, such as https://s3.example.com")
    )
    prefix: str = field(default="", metadata=_about(Shape.TEXT, "the folder inside the bucket that holds the files"))
    profile: str = field(default="", metadata=_about(Shape.TEXT, "a profile of AWS's own configuration files"))

    @property
    def address(self) -> str:
        """Where it is, for people."""
        at = f" at {_host(self.endpoint_url)}" if self.endpoint_url else ""
        return f"s3://{_joined(self.bucket, self.prefix)}{at}"

    @property
    def fingerprint(self) -> str:
        """Which target it is; the same for two names of one target."""
        return f"s3:{_host(self.endpoint_url) or 'aws'}/{_joined(self.bucket, self.prefix)}"

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        yield from _bucket_problems(self.bucket, self.prefix)
        if bool(self.aws_access_key_id) != bool(self.aws_secret_access_key):
            yield "aws_access_key_id and aws_secret_access_key: give both or neither."
        if self.profile and self.aws_access_key_id:
            yield "profile: a profile and an access key exclude each other."
        if self.endpoint_url:
            yield from _url_problems("endpoint_url", self.endpoint_url)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinioOptions:
    """A bucket of a MinIO server."""

    kind: ClassVar[str] = "minio"

    endpoint: str = field(metadata=_about(Shape.TEXT, "the server as HOST or HOST:PORT, without http://"))
    bucket: str = field(metadata=_about(Shape.TEXT, "the bucket's name"))
    access_key: str = field(metadata=_about(Shape.TEXT, "the access key"))
    secret_key: SecretStr = field(metadata=_about(Shape.SECRET, "the secret of the access key"))
    secure: bool = field(default=True, metadata=_about(Shape.FLAG, "use TLS; false sends everything in the clear"))
    prefix: str = field(default="", metadata=_about(Shape.TEXT, "the folder inside the bucket that holds the files"))
    region: str = field(default="", metadata=_about(Shape.TEXT, "the bucket's region, if the server has any"))

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return f"{self.endpoint}/{_joined(self.bucket, self.prefix)}"

    @property
    def fingerprint(self) -> str:
        """Which target it is; the same for two names of one target."""
        return f"s3:{self.endpoint.lower()}/{_joined(self.bucket, self.prefix)}"

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        yield from _bucket_problems(self.bucket, self.prefix)
        yield from _host_problems("endpoint", self.endpoint)
        if not self.access_key:
            yield "access_key: it is empty."
        if not self.secret_key:
            yield "secret_key: it is empty."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScpOptions:
    """A folder of a host that is reached by SSH."""

    kind: ClassVar[str] = "scp"

    host: str = field(metadata=_about(Shape.TEXT, "the host's name, address, or alias of ~/.ssh/config"))
    remote_path: str = field(metadata=_about(Shape.TEXT, "the folder on the host that holds the files"))
    user: str = field(default="", metadata=_about(Shape.TEXT, "the user there; without one: as ssh does"))
    port: int = field(default=SSH_PORT, metadata=_about(Shape.PORT, "the port of the SSH server"))
    identity_file: Path | None = field(
        default=None, metadata=_about(Shape.PATH, "the private key; without one: the agent")
    )
    known_hosts: Path | None = field(
        default=None, metadata=_about(Shape.PATH, "the file of trusted host keys; without one: ssh's own")
    )

    @property
    def address(self) -> str:
        """Where it is, for people."""
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port != SSH_PORT else ""
        return f"{user}{self.host}{port}:{self.remote_path}"

    @property
    def fingerprint(self) -> str:
        """Which target it is; the same for two names of one target."""
        return f"scp:{self.user}@{self.host.lower()}:{self.port}:{self.remote_path.rstrip('/')}"

    def problems(self) -> Iterator[str]:
        """Every mistake in the values, each as a sentence that names the option."""
        yield from _host_problems("host", self.host, port=False)
        if not self.remote_path or "\0" in self.remote_path:
            yield "remote_path: it is empty." if not self.remote_path else "remote_path: it has a NUL character."
        if not 1 <= self.port <= 65535:
            yield f"port: {self.port} is not between 1 and 65535."
        if self.user.startswith("-"):
            yield f"user: {self.user!r} begins with '-'."


Options = LocalOptions | S3Options | MinioOptions | ScpOptions
"""The options of any location."""


@dataclass(frozen=True, slots=True)
class KindSpec:
    """One kind of location: its options, and where its backend is ('' if this version has none)."""

    options: type[LocalOptions] | type[S3Options] | type[MinioOptions] | type[ScpOptions]
    title: str
    """What a message calls locations of this kind."""
    backend: str = ""
    """``module:class``, imported when a location of the kind is first used."""

    @property
    def ready(self) -> bool:
        """False if locations of this kind can be configured but not used yet."""
        return bool(self.backend)


KINDS: dict[str, KindSpec] = {
    "local": KindSpec(LocalOptions, "folders", "audiotui.backends.local:LocalBackend"),
    "s3": KindSpec(S3Options, "S3 locations"),
    "minio": KindSpec(MinioOptions, "MinIO locations"),
    "scp": KindSpec(ScpOptions, "SSH hosts"),
}
"""Every kind of location by the ``type`` that names it in the configuration."""


@cache
def option_specs(kind: str) -> tuple[OptionSpec, ...]:
    """The options of a kind, in the order in which the example configuration shows them."""
    return tuple(
        OptionSpec(
            name=option.name,
            shape=option.metadata["shape"],
            help=option.metadata["help"],
            required=option.default is MISSING,
            default=None if option.default is MISSING else option.default,
        )
        for option in fields(KINDS[kind].options)
    )


def _bucket_problems(bucket: str, prefix: str) -> Iterator[str]:
    if not bucket or "/" in bucket or key_problem(bucket):
        yield f"bucket: {bucket!r} is no bucket's name."
    if prefix.strip("/") and key_problem(prefix.strip("/")):
        yield f"prefix: {key_problem(prefix.strip('/'))}."


def _url_problems(name: str, url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        yield f"{name}: it is not an address that begins with http:// or https:// and has a host."
    elif parts.username or parts.password:
        yield f"{name}: it holds a user or a password; give credentials as options of their own."


def _host_problems(name: str, host: str, *, port: bool = True) -> Iterator[str]:
    if "//" in host or "/" in host or "@" in host:
        yield f"{name}: give the host alone, without http://, user or path."
    elif not host or host.startswith("-") or key_problem(host) or any(map(str.isspace, host)):
        yield f"{name}: {host!r} is no host's name."
    elif port and not _port_is_valid(host):
        yield f"{name}: {host!r} has no valid port after ':'."


def _port_is_valid(host: str) -> bool:
    try:
        return (urlsplit(f"//{host}").port or 1) > 0
    except ValueError:
        return False


def _host(url: str) -> str:
    """Host and port of an address, without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _joined(bucket: str, prefix: str) -> str:
    return "/".join(filter(None, (bucket, prefix.strip("/"))))
