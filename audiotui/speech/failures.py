"""What may heal a failed request, by the class of its error and the status of its answer; and how long to wait."""

from __future__ import annotations

import random
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from audiotui.errors import DownloadFailed
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui.speech.rules import Target
    from audiotui.speech.transport import Reply

SERVICE = "speech server"

PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
MAX_RETRY_AFTER_S = 300.0

_BASE_S = 0.2
_LONGEST_S = 30.0

_HINTS = {
    401: "Check library: speech_key.",
    403: "Check library: speech_key, and that the server lets this host in.",
    404: "The temporary file is gone; generate it again.",
    410: "The temporary file is gone; generate it again.",
}


class Broken(Exception):
    """An answer of which more could be had: it stopped, or does not fit what is there. Says why."""


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (httpx.ConnectTimeout, "no connection in time"),
    (httpx.TimeoutException, "no answer in time"),
    (httpx.ConnectError, "cannot connect"),
    (httpx.RemoteProtocolError, "the answer broke off or is no HTTP"),
    (httpx.NetworkError, "the connection broke"),
    (Broken, "the answer is not whole"),
)

_NOT_TRUSTED = "its certificate is not one to trust"
_CERTIFICATE_HINT = "Give the server a certificate of a public authority for this name, or ask it by http."


class Failure(DownloadFailed):
    """A failed request, with what its answer asks for."""

    status: int | None = None
    retry_after_s: float | None = None


def of_status(response: Reply, target: Target) -> Failure:
    """The error for an answer that is none."""
    status = response.status
    failure = Failure(
        f"{SERVICE} answered {status} for {target.shown}.",
        _HINTS.get(status, "Look into the server's log."),
        service=SERVICE,
        url=target.shown,
        retryable=status in PASSING_STATUS,
    )
    failure.status = status
    failure.retry_after_s = retry_after_s(response.headers.get("retry-after", ""))
    return failure


def of_transport(error: Exception, target: Target) -> Failure:
    """The error for a request without an answer."""
    is_certificate = any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(error))
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), type(error).__name__)
    detail = safe_text(str(error), limit=200)
    is_passing = isinstance(error, httpx.TransportError | Broken) and not isinstance(
        error, httpx.UnsupportedProtocol | httpx.LocalProtocolError
    )
    return Failure(
        f"Cannot fetch {target.shown}: {_NOT_TRUSTED if is_certificate else words}{f' ({detail})' if detail else ''}.",
        _CERTIFICATE_HINT if is_certificate else "Check that the speech server runs and can be reached.",
        service=SERVICE,
        url=target.shown,
        retryable=is_passing and not is_certificate,
    )


def refused(target: Target, reason: str, hint: str) -> Failure:
    """The error for an answer that will be no better the next time."""
    return Failure(f"Cannot take {target.shown}: {reason}.", hint, service=SERVICE, url=target.shown, retryable=False)


def wait_s(attempt: int, asked_s: float | None, random_unit: Callable[[], float] = random.random) -> float:
    """The pause before try ``attempt`` (from 2): full jitter up to a doubling limit, or what the server asks for."""
    pause_s = random_unit() * min(_LONGEST_S, _BASE_S * 2.0**attempt)
    return pause_s if asked_s is None else max(pause_s, min(asked_s, MAX_RETRY_AFTER_S))


def retry_after_s(value: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float | None:
    """Seconds of a Retry-After header, given as a number or as a date (RFC 9110, section 10.2.3)."""
    if value.isascii() and value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(0.0, (at - now()).total_seconds())


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 10:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
