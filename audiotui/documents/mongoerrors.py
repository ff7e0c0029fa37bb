"""Errors of the MongoDB driver as errors for people: what they mean, by class, code and words, and if a retry can help.

What the driver itself says is of its own inside, and goes to the debug log.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from bson.errors import BSONError
from pymongo import errors

from audiotui.errors import ConfigError, DatabaseFailed

if TYPE_CHECKING:
    from audiotui.errors import AudiotuiError

PASSING_CODES = frozenset({
    6, 7, 50, 64, 89, 91, 112, 134, 189, 262, 290, 9001, 10107, 11600, 11602, 13435, 13436,
})  # fmt: skip
"""HostUnreachable, HostNotFound, MaxTimeMSExpired, WriteConcernTimeout, NetworkTimeout, ShutdownInProgress,
WriteConflict, ReadConcernMajorityNotAvailableYet, PrimarySteppedDown, ExceededTimeLimit, TransactionExceededLifetime,
SocketException, NotWritablePrimary, InterruptedAtShutdown, InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk,
NotPrimaryOrSecondary (the server's error_codes.yml)."""

DUPLICATE_KEY = 11000

DRIVER_ERRORS = (errors.PyMongoError, errors.InvalidOperation, BSONError)
"""All that the driver raises: a document that it cannot encode is an error of another tree."""

LOGGED = 1_000
"""So many characters of the driver's words: they may end with the documents that it could not write."""

_log = logging.getLogger(__name__)


class KeyTaken(errors.DuplicateKeyError):
    """Another document stands for the same file; the words are ours."""


class Meaning(NamedTuple):
    """Why something failed, and what to do."""

    reason: str
    hint: str


_LATER = "That often passes: try again later, and if it lasts, check that the server runs and can be reached."
_CONFIGURED = "Check library: documents: in the configuration."
_REPORT = "Report it as an error in audiotui, with the log of `-vv`."

_SLOW = Meaning("it takes too long to answer", _LATER)
_UNCONFIRMED = Meaning("too few of its servers confirmed the write in time", _LATER)
_CHANGING = Meaning("its primary stepped down, or is shutting down", _LATER)
_BROKEN = Meaning("the connection broke off", _LATER)
_SILENT = Meaning("it does not answer", _LATER)
_NOBODY = Meaning("the user or password is wrong", _CONFIGURED)
_TOO_LARGE = Meaning(
    "the document is larger than the 16 MB that MongoDB takes",
    "Keep further versions under another asset id, or give shorter parameters: all versions are in one document.",
)
_LARGE_WORDS = ("too large", "larger than")

_BY_CODE = {
    13: Meaning("the user may not do this", "Give the user the role readWrite on the database."),
    18: _NOBODY,
    50: _SLOW,
    64: _UNCONFIRMED,
    89: _SILENT,
    91: _CHANGING,
    112: Meaning("others write the same at this moment", _LATER),
    121: Meaning("the document is not of the form that the database asks for", _REPORT),
    189: _CHANGING,
    262: _SLOW,
    8000: _NOBODY,
    9001: _BROKEN,
    10107: _CHANGING,
    11600: _CHANGING,
    11602: _CHANGING,
    13435: _CHANGING,
    13436: _CHANGING,
    14031: Meaning("its disk is full", "Make room there, then try again."),
    DUPLICATE_KEY: Meaning("another document has the same key", "Look at what other programs write there."),
}

_BY_CLASS: tuple[tuple[type[Exception], Meaning], ...] = (
    (errors.WTimeoutError, _UNCONFIRMED),
    (errors.ExecutionTimeout, _SLOW),
    (errors.NotPrimaryError, _CHANGING),
    (errors.WaitQueueTimeoutError, Meaning("too many wait for a connection", "Let the program do less at once.")),
    (errors.NetworkTimeout, _SILENT),
    (errors.InvalidOperation, Meaning("the connection was closed during the call", "Try again.")),
    (BSONError, Meaning("the document holds a value that MongoDB cannot keep", "Change the parameters.")),
)

_BY_WORDS = (
    ("refused", Meaning("its host refuses the connection", _LATER)),
    ("getaddrinfo|not known|nodename|No address|name resolution", Meaning("its host is not known", _CONFIGURED)),
    ("certificate|CERTIFICATE", Meaning("its certificate is not trusted", f"{_CONFIGURED} tlsCAFile= names a file.")),
    ("SSL|TLS", Meaning("it does not speak TLS, or not ours", f"{_CONFIGURED} tls= says whether it is spoken.")),
    ("replica set", Meaning("no server of its replica set can be used", _LATER)),
    ("timed out|No servers found yet", _SILENT),
    ("response id|Message length|opcode", Meaning("what answers there is no MongoDB", _CONFIGURED)),
)
"""Of what a connection failed, by words of the driver and of Python."""


def is_passing(error: Exception) -> bool:
    """Whether the same call may work a moment later, with an outcome that has to be looked at first."""
    if isinstance(error, errors.ConnectionFailure | errors.ExecutionTimeout | errors.WTimeoutError):
        return True
    if isinstance(error, errors.BulkWriteError):
        return any(one.get("code") in PASSING_CODES for one in _failures(error))
    if isinstance(error, errors.PyMongoError) and error.has_error_label("RetryableWriteError"):
        return True
    return isinstance(error, errors.OperationFailure) and error.code in PASSING_CODES


def as_service_error(error: Exception, name: str) -> AudiotuiError:
    """The error for people; its cause is the driver's."""
    _log.debug("%s: %s: %.*s", name, type(error).__name__, LOGGED, error)
    meaning = _meaning(error)
    failed = "Cannot reach" if isinstance(error, errors.ConnectionFailure) else "Cannot use"
    message = f"{failed} {name}: {meaning.reason}."
    return DatabaseFailed(message, meaning.hint, service=name, retryable=is_passing(error))


def unusable(error: Exception, name: str) -> ConfigError:
    """The error for an address that no client can be made of."""
    reason = str(error).partition("\n")[0][:200].rstrip(".")
    return ConfigError(
        f"Cannot use the address of {name}: {reason}.",
        "Check library: documents: in the configuration; what is special in a password is percent-encoded.",
    )


def _meaning(error: Exception) -> Meaning:
    if isinstance(error, KeyTaken):
        return _BY_CODE[DUPLICATE_KEY]._replace(reason=str(error))
    code, words = _told(error)
    if any(one in words for one in _LARGE_WORDS):  # there are four codes for it, and one stands for much else
        return _TOO_LARGE
    if code in _BY_CODE:
        return _BY_CODE[code]
    for kind, meaning in _BY_CLASS:
        if isinstance(error, kind):
            return meaning
    if isinstance(error, errors.ConnectionFailure):
        return next((meaning for pattern, meaning in _BY_WORDS if re.search(pattern, words)), _BROKEN)
    if is_passing(error):
        return Meaning(f"it cannot do that now (code {code})", _LATER)
    return Meaning(f"it refuses the request (code {code})" if code else "the driver gave up", _REPORT)


def _told(error: Exception) -> tuple[int, str]:
    """The code (0 if there is none) and the words of an error, without what the driver knows besides.

    Of several writes that failed, those that decide whether a retry can help; duplicates among them are an ordinary
    outcome, and come last.
    """
    if isinstance(error, errors.BulkWriteError) and (failed := _failures(error)):
        worst = min(failed, key=lambda one: (one.get("code") not in PASSING_CODES, one.get("code") == DUPLICATE_KEY))
        return worst.get("code") or 0, str(worst.get("errmsg", ""))
    words = str(error).partition(", full error")[0].partition(", Timeout:")[0]
    return getattr(error, "code", None) or 0, words


def _failures(error: errors.BulkWriteError) -> list[dict[str, Any]]:
    """All that went wrong in a bulk of writes."""
    details = error.details or {}
    return [one for name in ("writeConcernErrors", "writeErrors") for one in details.get(name, [])]
