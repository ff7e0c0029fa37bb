"""Errors of the MongoDB driver as errors for people; whether a retry can help is decided by class and code."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    code = getattr(error, "code", None)
    reason, hint = _REASONS.get(code or 0, (_words(error), "Check that the server runs and can be reached."))
    return DatabaseFailed(f"{name} failed: {reason}.", hint, service=name, retryable=is_passing(error))


def unusable(error: Exception, name: str) -> ConfigError:
    """The error for an address that no client can be made of."""
    reason = str(error).partition("\n")[0][:200].rstrip(".")
    return ConfigError(
        f"Cannot use the address of {name}: {reason}.",
        "Check library: documents: in the configuration; what is special in a password is percent-encoded.",
    )


def _words(error: Exception) -> str:
    if isinstance(error, errors.ServerSelectionTimeoutError):
        return "no server answers"
    first_line = str(error).partition("\n")[0].partition(", full error")[0]
    return f"{type(error).__name__}: {first_line[:200]}".rstrip(".")
