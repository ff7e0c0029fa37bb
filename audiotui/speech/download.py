"""One file over HTTP into a sink: in pieces, with limits, and on from where it broke off.

A server may send too much, too slowly, without end, cut short, compressed, or another file than before; each is
noticed here. Whether the bytes are audio is for others to say.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import httpx

from audiotui.speech.failures import Broken, Failure, of_status, of_transport, refused, wait_s
from audiotui.speech.question import Question
from audiotui.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audiotui.speech.rules import Rules, Target
    from audiotui.speech.transport import CheckedTransport, Reply

MAX_HOPS = 5
SPEED_WINDOW_S = 20.0
"""The speed is judged over so long a time."""

CONNECT_S, PATIENCE_S = 10.0, 60.0
"""How long a connection may take, and each piece that comes or goes."""

_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Sink(Protocol):
    """Where the bytes go."""

    @property
    def size_bytes(self) -> int:
        """How many there are."""

    def write(self, data: bytes | memoryview) -> None:
        """Append some, which are good until this returns."""

    def restart(self) -> None:
        """Forget all: they begin again."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one fetch may take."""

    max_bytes: int = 2 * 1024**3
    max_seconds: float = 900.0
    min_bytes_per_second: float = 1000.0
    tries: int = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, wherever it lies."""

    method: str
    headers: Mapping[str, str]
    content: bytes = b""


class Fetch:
    """One file on its way; made for one call of ``run``."""

    def __init__(
        self,
        transport: CheckedTransport,
        rules: Rules,
        limits: FetchLimits,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = transport
        self._rules = rules
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._deadline_s = clock() + limits.max_seconds
        self._validator = ""

    def run(self, request: Asked, target: Target, sink: Sink) -> None:
        """Send the request, following redirects and trying again, until its answer is in the sink whole.

        Raises:
            DownloadFailed: it is not to be had; ``retryable`` says whether a later call may have it.
        """
        for attempt in range(2, self._limits.tries + 2):
            try:
                self._try(request, target, sink)
            except Failure as error:
                failure = error
            except (httpx.HTTPError, httpx.InvalidURL, Broken) as error:
                failure = of_transport(error, target)
                failure.__cause__ = error
            else:
                return
            pause_s = wait_s(attempt, failure.retry_after_s)
            if not failure.retryable or attempt > self._limits.tries or self._clock() + pause_s > self._deadline_s:
                raise failure
            self._sleep(pause_s)

    def _try(self, request: Asked, target: Target, sink: Sink) -> None:
        if sink.size_bytes and not (self._validator and request.method == "GET"):
            sink.restart()
        for _ in range(MAX_HOPS + 1):
            response = self._transport.ask(self._question(request, target, sink))
            try:
                if response.status not in _REDIRECTS:
                    self._take(response, target, sink)
                    return
                if request.method != "GET":
                    raise refused(target, "the server redirects what was sent to it", "Give the address it ends at.")
                location = response.headers.get("location", "")
                if not location:
                    raise refused(target, "it redirects to nowhere", "Look into the server's log.")
                target = self._rules.target(location, after=target)
            finally:
                response.close()
        raise refused(target, f"it was redirected more than {MAX_HOPS} times", "Give the address that it ends at.")

    def _question(self, request: Asked, target: Target, sink: Sink) -> Question:
        headers = request.headers
        if not self._rules.is_own(target):  # the key is for the speech server, wherever that redirects to
            headers = {name: value for name, value in headers.items() if name != "authorization"}
        if sink.size_bytes:
            headers = {**headers, "range": f"bytes={sink.size_bytes}-", "if-range": self._validator}
        left_s = max(1.0, self._deadline_s - self._clock())
        return question_for(request.method, target, headers, request.content, head_s=left_s)

    def _take(self, response: Reply, target: Target, sink: Sink) -> None:
        if response.status == 416 and sink.size_bytes:
            sink.restart()
            raise Broken("the rest is not to be had")
        if response.status not in {200, 206}:
            raise of_status(response, target)
        total_bytes = self._begin(response, target, sink)
        pace = _Pace(self._clock, self._limits.min_bytes_per_second)
        for piece in response.pieces():
            sink.write(piece)
            if sink.size_bytes > self._limits.max_bytes:
                raise self._too_big(target)
            if self._clock() > self._deadline_s:
                raise refused(target, f"it took longer than {self._limits.max_seconds:.0f} s", "Raise max_seconds.")
            pace.took(len(piece))
        if total_bytes is not None and sink.size_bytes != total_bytes:
            raise Broken(f"{sink.size_bytes} bytes came of {total_bytes}")
        if not sink.size_bytes:
            raise Broken("the answer is empty")

    def _begin(self, response: Reply, target: Target, sink: Sink) -> int | None:
        """Look at the headers; the size of the whole file, if it is said."""
        headers = response.headers
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise refused(target, "the server compressed it, although plain bytes were asked for", "Switch that off.")
        total_bytes = _number(headers.get("content-length", ""))
        if response.status == 206:
            total_bytes = _rest_of(headers.get("content-range", ""), sink.size_bytes)
        elif sink.size_bytes:
            sink.restart()  # it is another file now, or the server knows no ranges
        if (total_bytes or 0) > self._limits.max_bytes:
            raise self._too_big(target)
        self._validator = _validator(headers)
        return total_bytes

    def _too_big(self, target: Target) -> Failure:
        limit = format_bytes(self._limits.max_bytes)
        return refused(target, f"it is bigger than {limit}", "Raise library: limits: max_mib.")


def question_for(
    method: str,
    target: Target,
    headers: Mapping[str, str],
    content: bytes = b"",
    *,
    head_s: float,
    patience_s: float = PATIENCE_S,
) -> Question:
    """A request with our time-outs."""
    connect_s = min(CONNECT_S, patience_s)
    return Question(
        method=method,
        target=target,
        headers=headers,
        content=content,
        head_s=head_s,
        patience_s=patience_s,
        connect_s=connect_s,
    )


class _Pace:
    """Notices that an answer trickles."""

    def __init__(self, clock: Callable[[], float], min_bytes_per_second: float) -> None:
        self._clock = clock
        self._wanted = min_bytes_per_second
        self._since_s = clock()
        self._bytes = 0

    def took(self, count: int) -> None:
        """Count bytes; Broken if a whole window had too few."""
        self._bytes += count
        elapsed_s = self._clock() - self._since_s
        if elapsed_s < SPEED_WINDOW_S:
            return
        if self._bytes < self._wanted * elapsed_s:
            raise Broken(f"only {self._bytes} bytes came in {elapsed_s:.0f} s")
        self._since_s, self._bytes = self._clock(), 0


def _validator(headers: Mapping[str, str]) -> str:
    """What If-Range can hold the next request to: a strong ETag, else the date (RFC 9110, section 13.1.5)."""
    etag = headers.get("etag", "")
    if not (etag.isascii() and etag.isprintable()) or etag.startswith("W/"):
        return ""
    return etag or headers.get("last-modified", "")


def _rest_of(content_range: str, offset: int) -> int | None:
    """The size of the whole file, if the answer goes on at ``offset``."""
    match = _RANGE.fullmatch(content_range)
    if match is None or int(match[1]) != offset:
        raise Broken(f"the answer begins elsewhere: {content_range[:60]!r}")
    return None if match[3] == "*" else int(match[3])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
