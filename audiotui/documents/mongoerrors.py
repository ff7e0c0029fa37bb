"""Errors of the MongoDB driver as errors for people; whether a retry can help is decided by class and code."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

_TOO_LARGE = (
    "the document is larger than the 16 MB that MongoDB takes",
    "Keep further versions under another asset id, or give shorter parameters: all versions are in one document.",
)
_LARGE_WORDS = ("too large", "larger than")

_REASONS: dict[int, tuple[str, str]] = {
    13: ("the user may not do this", "Give the user the role readWrite on the database."),
    18: ("the user or password is wrong", "Check library.documents in the configuration."),
    121: ("the document is not of the form that the database asks for", "Report it as an error in audiotui."),
}


def is_passing(error: Exception) -> bool:
    """Whether the same call may work a moment later, with an outcome that has to be looked at first."""
    if isinstance(error, errors.ConnectionFailure | errors.ExecutionTimeout | errors.WTimeoutError):
        return True
    if isinstance(error, errors.BulkWriteError):
        details = error.details or {}
        concerns = [one.get("code") for one in details.get("writeConcernErrors", [])]
        codes = [one.get("code") for one in details.get("writeErrors", [])]
        return any(code in PASSING_CODES for code in (*concerns, *codes))
    if isinstance(error, errors.PyMongoError) and error.has_error_label("RetryableWriteError"):
        return True
    return isinstance(error, errors.OperationFailure) and error.code in PASSING_CODES


def as_service_error(error: Exception, name: str) -> AudiotuiError:
    """The error for people; its cause is the driver's."""
    code, words = _told(error)
    if any(one in words for one in _LARGE_WORDS):  # there are four codes for it, and one stands for much else
        reason, hint = _TOO_LARGE
    else:
        reason, hint = _REASONS.get(code, (words, "Check that the server runs and can be reached."))
    return DatabaseFailed(f"{name} failed: {reason}.", hint, service=name, retryable=is_passing(error))


def unusable(error: Exception, name: str) -> ConfigError:
    """The error for an address that no client can be made of."""
    reason = str(error).partition("\n")[0][:200].rstrip(".")
    return ConfigError(
        f"Cannot use the address of {name}: {reason}.",
        "Check library: documents: in the configuration; what is special in a password is percent-encoded.",
    )


def _told(error: Exception) -> tuple[int, str]:
    """The code (0 if there is none) and the words of an error; of several writes, those of the first that failed.

    Duplicates among them are an ordinary outcome, and come second.
    """
    if isinstance(error, errors.ServerSelectionTimeoutError):
        return 0, "no server answers"
    if isinstance(error, errors.BulkWriteError) and (failed := (error.details or {}).get("writeErrors")):
        worst = min(failed, key=lambda one: one.get("code") == DUPLICATE_KEY)
        code, words = worst.get("code"), str(worst.get("errmsg", ""))
    else:
        code, words = getattr(error, "code", None), str(error)
    first_line = words.partition("\n")[0].partition(", full error")[0]
    return code or 0, f"{type(error).__name__}: {first_line[:200]}".rstrip(".")
