"""What a speech server is asked for: a file, speech for a text, the removal of a temporary file."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from audiotui.errors import DownloadFailed
from audiotui.speech.download import Asked, Fetch, FetchLimits, Sink, question_for
from audiotui.speech.failures import Failure, of_status, of_transport
from audiotui.speech.rules import Rules, Target
from audiotui.speech.transport import CheckedTransport, resolve
from audiotui.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from audiotui.model import SecretStr
    from audiotui.speech.addresses import Address

CLEANUP_PATH = "api/cleanup/temp/"
SPEECH_PATH = "v1/audio/speech"

TOLD_PATH, REAL_PATH = "download/", "v1/download/"
"""Kokoro-FastAPI tells of its files under the first, in ``X-Download-Path``, and serves them under the second."""

REMOVAL_S = 8.0
"""How long the removal of a temporary file may take: the end of a program may wait for it, and it is tried again."""

GONE = frozenset({404, 410})
"""What the server says of a temporary file that somebody else removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechServer:
    """Which server, and what it may send."""

    url: str
    key: SecretStr | None = None
    allowed_hosts: Sequence[str] = ()
    allow_public_hosts: bool = False
    limits: FetchLimits = field(default_factory=FetchLimits)


class SpeechClient:
    """Talks with one speech server, from any thread; close it, or let it be garbage."""

    def __init__(
        self,
        server: SpeechServer,
        *,
        resolver: Callable[[str, int], list[Address]] = resolve,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.server = server
        self.rules = Rules(server.url, allowed_hosts=server.allowed_hosts, allow_public_hosts=server.allow_public_hosts)
        self._resolver = resolver
        self._clock = clock
        self._sleep = sleep
        self._opening = threading.Lock()
        self._opened: CheckedTransport | None = None
        self._told = {"user-agent": f"audiotui/{__version__}", "accept-encoding": "identity", "accept": "*/*"}

    def check(self, url: str) -> Target:
        """The URL in its parts, if it may be fetched; DownloadFailed otherwise."""
        return self.rules.target(url)

    def download(self, url: str, sink: Sink) -> None:
        """Put the file at a URL into a sink.

        Raises:
            DownloadFailed: it may not be fetched, or is not to be had.
        """
        target = self.rules.target(url)
        asked = Asked("GET", headers=self._headers(target))
        try:
            self._fetch().run(asked, target, sink)
        except Failure as failure:
            told = self.rules.base_url + TOLD_PATH
            if failure.status not in GONE or not target.url.startswith(told):
                raise
            real = self.rules.target(REAL_PATH + target.url.removeprefix(told))
            try:
                self._fetch().run(asked, real, sink)
            except Failure:
                raise failure from None

    def speak(self, parameters: Mapping[str, Any], sink: Sink) -> None:
        """Let the server speak, in the way of OpenAI's ``POST /v1/audio/speech``; the answer goes into a sink.

        Raises:
            DownloadFailed: the server refuses, or does not answer.
        """
        target = self.rules.target(SPEECH_PATH)
        headers = {"content-type": "application/json", **self._headers(target)}
        content = json.dumps(dict(parameters), ensure_ascii=False).encode()
        self._fetch().run(Asked("POST", headers=headers, content=content), target, sink)

    def remove_temporary(self, name: str) -> None:
        """Remove a temporary file of the server; one that is gone already is fine.

        Raises:
            DownloadFailed: the server does not do it.
        """
        target = self.rules.target(CLEANUP_PATH + quote(name, safe=""))
        if not target.url.startswith(self.rules.base_url + CLEANUP_PATH) or "/" in name or name in {"", ".", ".."}:
            raise DownloadFailed(f"Will not remove {name!r}: it is no temporary file's name.", retryable=False)
        question = question_for("DELETE", target, self._headers(target), head_s=REMOVAL_S, patience_s=REMOVAL_S)
        try:
            response = self._transport.ask(question)
            try:
                for _ in response.pieces():
                    pass  # read to its end, so that the connection can be used again
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise of_transport(error, target) from error
        if not response.is_success and response.status not in GONE:
            raise of_status(response, target)

    def close(self) -> None:
        """Close the connections; a later use opens new ones."""
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    @property
    def _transport(self) -> CheckedTransport:
        with self._opening:
            if self._opened is None:
                self._opened = CheckedTransport(self.rules, self._resolver)
            return self._opened

    def _fetch(self) -> Fetch:
        return Fetch(self._transport, self.rules, self.server.limits, clock=self._clock, sleep=self._sleep)

    def _headers(self, target: Target) -> Mapping[str, str]:
        """What each request says; the key is for the speech server itself and nobody else."""
        key = self.server.key
        if key is None or not self.rules.is_own(target):
            return self._told
        return {**self._told, "authorization": f"Bearer {key.reveal()}"}
