"""What is asked over a connection, as it goes over the line; and an answer as far as its head tells.

The URLs and the errors are httpx's; its requests and answers are not, because a service that keeps many small files
would spend a fifth of its time in making and taking apart what nobody asks them for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.speech.rules import Target

_PORTS = {"http": 80, "https": 443}
_PATH = re.compile(r"/[!-~]*")


class Origin(NamedTuple):
    """Whom a connection leads to."""

    scheme: str
    host: str
    port: int
    host_header: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. ``patience_s`` is for each piece that comes or goes, ``head_s`` for all before the answer's body."""

    method: str
    target: Target
    headers: Mapping[str, str]
    """Their names in small letters; host and length are not among them."""
    content: bytes = b""
    head_s: float
    patience_s: float
    connect_s: float
    origin: Origin = field(init=False)
    path: str = field(init=False)

    def __post_init__(self) -> None:
        origin, path = _address(self.target)
        object.__setattr__(self, "origin", origin)
        object.__setattr__(self, "path", path)

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        """The headers, host and length among them."""
        length = {"content-length": str(len(self.content))} if self.content else {}
        return [("host", self.origin.host_header), *self.headers.items(), *length.items()]

    @property
    def written(self) -> bytes:
        """The request as it goes over the line.

        Raises:
            httpx.LocalProtocolError: a server would read something else in it.
        """
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        for name, value in self.all_headers:
            if not (value.isascii() and value.isprintable() and value == value.strip()):
                raise httpx.LocalProtocolError(f"the header {name} has characters that no header can have")
            lines.append(f"{name}: {value}")
        if not _PATH.fullmatch(self.path):
            raise httpx.LocalProtocolError("the path has characters that no request can have")
        return "\r\n".join([*lines, "\r\n"]).encode("ascii") + self.content


class Answer(NamedTuple):
    """The head of an answer; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]

    @property
    def is_success(self) -> bool:
        """Whether the server did what it was asked for."""
        return 200 <= self.status < 300


def _address(target: Target) -> tuple[Origin, str]:
    """Whom to ask for a URL, and for what path."""
    if target.plain_path:  # httpx looks at each character of a URL, for each request
        return _origin(target.url.removesuffix(target.plain_path)), target.plain_path
    url = httpx.URL(target.url)
    return _origin_of(url), url.raw_path.decode("ascii")


@lru_cache(maxsize=16)
def _origin(root: str) -> Origin:
    return _origin_of(httpx.URL(root))


def _origin_of(url: httpx.URL) -> Origin:
    return Origin(url.scheme, url.host, url.port or _PORTS[url.scheme], url.netloc.decode("ascii"))
