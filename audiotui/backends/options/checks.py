"""Checks that the options of several kinds share; each mistake is a sentence that names the option."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from audiotui.backends.keys import key_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHECKSUM_CHOICES = ("auto", "required", "off")
"""Whether an object store is asked to compare files with their SHA-256."""


_BUCKET = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
"""What any server takes; the oldest ones at Amazon have capitals and underscores."""

_NOT_IN_ENDPOINT = re.compile(r"""[^!-~]|["#%<>?\\^`{|}]""")
"""The clients of object stores take the address as it is, and one of them panics over such characters."""


_REGION = re.compile("[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
"""What the clients of object stores take, which make a part of a host's name of it."""


def bucket_problems(bucket: str, prefix: str) -> Iterator[str]:
    """What is wrong with a bucket's name and the folder inside it."""
    if not _BUCKET.fullmatch(bucket):
        yield f"bucket: {bucket!r} is no bucket's name; only letters, digits, '.', '-' and '_' stand in one."
    if prefix.strip("/") and key_problem(prefix.strip("/")):
        yield f"prefix: {key_problem(prefix.strip('/'))}."


def url_problems(name: str, url: str) -> Iterator[str]:
    """What is wrong with the address of a service."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        yield f"{name}: it is not an address that begins with http:// or https:// and has a host."
    elif parts.username or parts.password:
        yield f"{name}: it holds a user or a password; give credentials as options of their own."
    elif parts.query or parts.fragment:
        yield f"{name}: it has a query or a fragment; leave out what begins with ? or #."


def endpoint_problems(name: str, endpoint: str) -> Iterator[str]:
    """Characters that the address of an object store cannot have."""
    if odd := _NOT_IN_ENDPOINT.search(endpoint):
        yield f"{name}: {odd[0]!r} cannot stand in it; a host's name with other letters than a-z is written as xn--."


def region_problems(name: str, region: str) -> Iterator[str]:
    """What is wrong with the name of a region; '' is none."""
    if region and not _REGION.fullmatch(region):
        yield f"{name}: {region!r} is no region's name; only letters, digits and '-' stand in one, such as us-west-2."


def choice_problems(name: str, value: str, choices: Sequence[str]) -> Iterator[str]:
    """Whether a value is one of those that an option takes; '' among them stands for none."""
    if value not in choices:
        yield f"{name}: {value!r} is none of {', '.join(filter(None, choices))}."


def host_problems(name: str, host: str, *, port: bool = True) -> Iterator[str]:
    """What is wrong with the name of a host, with ``port`` also as HOST:PORT."""
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


def is_address(url: str) -> bool:
    """Whether the host of a URL is a number and no name."""
    try:
        ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return True


def host(url: str) -> str:
    """Host and port of an address, without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def joined(bucket: str, prefix: str) -> str:
    """Bucket and folder as one path."""
    return "/".join(filter(None, (bucket, prefix.strip("/"))))
