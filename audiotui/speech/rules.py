"""Which URLs may be fetched: the speech server's own, those of hosts that the configuration trusts, else public https.

A URL comes from a request, so it may be meant to reach what only this machine can reach. It is judged three times: as
it is written, after each redirect, and by the address that is dialled in the end.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urljoin, urlsplit

from audiotui.errors import DownloadFailed
from audiotui.speech.addresses import Address, is_public
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from urllib.parse import SplitResult

MAX_URL = 2_000

REMEMBERED = 512
"""So many verdicts on URLs are kept: each save asks several times about the same ones."""

_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"{}|^`]|[^\x00-\x7f]")
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]")
_NUMERIC_END = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")
_PLAIN_PATH = re.compile(r"/?[A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
"""A path of names that stand for themselves: what it is joined to stays as it is."""
_TEMPORARY = "temp"
"""The folder of a speech server in which its temporary files lie, and nothing else."""
_NAME = re.compile(r"(?!\.{1,2}\Z)[^\x00-\x1f\x7f-\x9f/\\%]{1,255}")
"""What may be a temporary file's name: nothing that leaves its folder, also if a server decodes it once more."""
_USER = re.compile(r"(?<=//)[^/?#]*@")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be fetched, in its parts."""

    scheme: str
    host: str
    port: int
    url: str
    is_trusted: bool
    plain_path: str = ""
    """The path that the URL ends with, if it is one of names that stand for themselves."""

    @property
    def shown(self) -> str:
        """The URL for messages: without its query, which may hold a signature."""
        return safe_text(self.url.partition("?")[0], limit=300)


class Rules:
    """What one service may fetch.

    ``base_url`` is the speech server; relative URLs are joined to it. ``allowed_hosts`` are HOST or HOST:PORT. Both may
    be private, and may be plain http.
    """

    def __init__(self, base_url: str, *, allowed_hosts: Sequence[str] = (), allow_public_hosts: bool = False) -> None:
        self.base_url = base_url.rstrip("/") + "/"
        parts = urlsplit(base_url)
        self._base = (parts.scheme, _plain(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme, 0))
        self._allowed = {_host_and_port(host) for host in allowed_hosts}
        self._allow_public = allow_public_hosts
        self._judged_before = lru_cache(REMEMBERED)(self._judge)

    def target(self, url: str, *, after: Target | None = None) -> Target:
        """The URL, relative to the speech server or to the page ``after`` that redirects to it, if it may be fetched.

        Raises:
            DownloadFailed: it may not; nothing was connected to.
        """
        return self._judged_before(url, after)

    def _judge(self, url: str, after: Target | None) -> Target:
        if len(url) > MAX_URL or _UNSAFE.search(url):
            _refuse(url, "it is too long, or has a character that URLs do not have", "Percent-encode it.")
        if after is None and len(url) > 2 and _PLAIN_PATH.fullmatch(url):
            return self._on_the_server(url)
        is_path = after is None and url.startswith("/") and not url.startswith("//")
        # A path of the server lies below its address, as all else that it is asked for, not beside it.
        whole, parts, port = _joined(self.base_url if after is None else after.url, f".{url}" if is_path else url)
        host = _plain(parts.hostname or "")
        self._check_form(parts, host, url)
        if after is not None and after.scheme == "https" and parts.scheme != "https":
            _refuse(url, "it leads from https to http", "Use https all the way.")
        is_trusted = (parts.scheme, host, port) == self._base or self._is_allowed(host, port)
        if not is_trusted:
            self._check_public(parts, host, port, url)
        return Target(parts.scheme, host, port, whole, is_trusted)

    def _on_the_server(self, path: str) -> Target:
        """The URL of a plain path, which is fine if that of any other one is."""
        sample = "/x" if path.startswith("/") else "x"
        found = self._judged_before(sample, None)
        url = found.url.removesuffix(sample) + path
        whole_path = "/" + url.split("/", 3)[3]
        return replace(found, url=url, plain_path=whole_path if _PLAIN_PATH.fullmatch(whole_path) else "")

    def trusts(self, host: str, port: int) -> bool:
        """Whether a connection may go to a private address."""
        host = _plain(host)
        return (host, port) == self._base[1:] or self._is_allowed(host, port)

    def check_addresses(self, host: str, port: int, addresses: Sequence[Address]) -> None:
        """Raise DownloadFailed unless all addresses that a name stands for may be dialled."""
        if self.trusts(host, port):
            return
        for address in addresses:
            if not is_public(address):
                _refuse(f"{host}:{port}", f"it stands for {address}, which is no public address", _ALLOW)

    def is_own(self, target: Target) -> bool:
        """Whether it is a page of the speech server itself."""
        return target.url.startswith(self.base_url) and (target.scheme, target.host, target.port) == self._base

    def temporary_name(self, url: str) -> str | None:
        """The name of the temporary file that a URL of the speech server stands for; None if it is none of its.

        Only a file right in a folder called ``temp`` is one: another one of that name is not what was fetched. One of
        a name that might leave the folder, where a server takes it apart, has none here.
        """
        try:
            name = unquote(self._temporary(url), errors="strict")
        except UnicodeDecodeError:
            return None
        return name if _NAME.fullmatch(name) else None

    def is_temporary(self, url: str) -> bool:
        """Whether a URL stands for a temporary file of the speech server, whatever that is called."""
        return bool(self._temporary(url))

    def _temporary(self, url: str) -> str:
        """The last part of the URL of a file right in the speech server's folder; '' of any other one."""
        target = self.target(url)
        path = target.plain_path or urlsplit(target.url).path
        folder, _, last = path.rpartition("/")
        is_its_own = (target.scheme, target.host, target.port) == self._base
        return last if is_its_own and folder.rpartition("/")[2] == _TEMPORARY else ""

    def _check_form(self, parts: SplitResult, host: str, url: str) -> None:
        if parts.scheme not in _PORTS:
            _refuse(url, f"its scheme is {parts.scheme!r}", "Give an http or https URL.")
        if "@" in parts.netloc or parts.fragment or url.endswith("#"):
            _refuse(url, "it has a user, a password or a fragment", "Leave them out.")
        shown = f"[{host}]" if ":" in host else host
        if not _HOST.fullmatch(shown):
            _refuse(url, "its host is no host's name", "Give a name or an address.")
        if (parts.hostname or "").endswith(".") and _address(host) is not None:
            _refuse(url, "its host is an address with a dot behind it, which nobody finds", "Leave out the dot.")
        if ":" not in host and _NUMERIC_END.fullmatch(host) and _address(host) is None:
            _refuse(url, "its host is a number in a form that hides which", "Write the address as a.b.c.d.")

    def _check_public(self, parts: SplitResult, host: str, port: int, url: str) -> None:
        if not self._allow_public:
            _refuse(url, f"{host} is neither the speech server nor one of allowed_hosts", _ALLOW)
        if parts.scheme != "https":
            _refuse(url, "other hosts are asked by https only", "Use https, or name the host in allowed_hosts.")
        address = _address(host)
        if address is not None:
            self.check_addresses(host, port, [address])

    def _is_allowed(self, host: str, port: int) -> bool:
        return (host, port) in self._allowed or (host, None) in self._allowed


_ALLOW = "If that is meant, name the host under library: allowed_hosts."


def _joined(base: str, url: str) -> tuple[str, SplitResult, int]:
    """A URL made absolute, its parts and its port."""
    try:
        given = urlsplit(url)
        whole = urljoin(base, url)
        parts = urlsplit(whole)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        _refuse(url, "it is no URL", "Check its host and port.")
    if not given.netloc and (given.scheme in _PORTS or url.startswith("//")):
        _refuse(url, "it names no host", "Give a path such as /temp/x.wav, or a whole URL.")  # urljoin takes the base's
    return whole, parts, port


def _plain(host: str) -> str:
    return host.lower().removesuffix(".")


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _host_and_port(text: str) -> tuple[str, int | None]:
    parts = urlsplit(f"//{text}")
    return _plain(parts.hostname or ""), parts.port


def _refuse(url: str, reason: str, hint: str) -> NoReturn:
    shown = safe_text(_USER.sub("…@", url.partition("?")[0]), limit=200)
    raise DownloadFailed(
        f"Will not fetch {shown!r}: {reason}.", hint, service="speech server", url=shown, retryable=False
    )
