"""What the answers of an object store mean to a person: one table by the store's own codes, one by HTTP status."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.objectstore.sdk_answers import Answer, answer_in
from audiotui.errors import (
    AccessDenied,
    AlreadyExists,
    AudiotuiError,
    IntegrityError,
    KeyNotFound,
    LocationError,
    LocationFull,
    NotSupported,
    SourceChanged,
    Throttled,
    Unreachable,
    UploadExpired,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Meaning(NamedTuple):
    """The error that stands for an answer, why it came about, and what to do."""

    kind: type[AudiotuiError]
    why: str
    hint: str


_NEVER = "Nothing is ever overwritten."
_LATER = "That often passes: try again later, and if it lasts, look at the server."
_ROOM = "Make room or raise the quota, then retry; nothing incomplete has a name of its own."
_RIGHTS = "Check the rights of the access key: it must be able to list, read, write and delete."
_SECRET = "Check the location's access key and secret in the configuration."  # noqa: S105 - a hint, no password
_REGION = "Set region_name to the bucket's own region."

_FULL = Meaning(LocationFull, "its quota or its disk is full", _ROOM)
_BUSY = Meaning(Throttled, "it asks for fewer requests", _LATER)
_ILL = Meaning(Unreachable, "it reports an error of its own", _LATER)
_SILENT = Meaning(Unreachable, "it waited in vain for the rest of the request", _LATER)
_OLD = Meaning(AccessDenied, "the credentials have expired", "Sign in again, or renew the session token.")
_BROKEN = Meaning(IntegrityError, "other bytes arrived there than were sent, and it refused them", _LATER)
_ELSEWHERE = Meaning(LocationError, "the bucket is in another region", _REGION)
_DENIED = Meaning(AccessDenied, "the credentials do not allow it", _RIGHTS)
_WRONG_KEY = Meaning(AccessDenied, "it does not know the credentials", _SECRET)
_WRONG_TOKEN = _WRONG_KEY._replace(
    hint="Check the location's session token, which belongs to the access key and secret and ends with them."
)
_GONE = Meaning(KeyNotFound, "there is no such file", "It may have been deleted by another program.")
_TAKEN = Meaning(AlreadyExists, "the key is taken", _NEVER)
_RACE = Meaning(Throttled, "another program is storing the same key now", _LATER)
_UNABLE = Meaning(NotSupported, "it cannot do that", "Use another server, or a location of another kind.")
_NO_KEY = Meaning(
    LocationError, "it cannot encrypt as it is asked to", "Correct server_side_encryption and sse_kms_key_id."
)
_LOST_UPLOAD = Meaning(UploadExpired, "it no longer knows the unfinished upload", "The upload starts again.")
_BAD_NAME = Meaning(LocationError, "it refuses the name", "Use a shorter or plainer key_layout, or prefix.")
_CLOCK = Meaning(AccessDenied, "the clock of this machine differs too much from the server's", "Set the clock.")
_ARCHIVED = Meaning(NotSupported, "the file lies in an archive class and cannot be read", "Restore it there first.")

NO_BUCKET = "NoSuchBucket"
"""The code for a bucket that is not there."""

NO_BUCKET_HINT = (
    "Check the bucket's name and the address, or create it; `create_bucket: true` lets a location of type minio do so."
)
"""For one that was never used."""

_NO_BUCKET = Meaning(Unreachable, "the bucket is not there", NO_BUCKET_HINT)

_BY_CODE = {
    "NoSuchKey": _GONE,
    "NoSuchVersion": _GONE,
    NO_BUCKET: _NO_BUCKET,
    "NoSuchUpload": _LOST_UPLOAD,
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "AccountProblem": _DENIED,
    "KMS.DisabledException": _DENIED,
    "InvalidAccessKeyId": _WRONG_KEY,
    "SignatureDoesNotMatch": _WRONG_KEY,
    "InvalidToken": _WRONG_TOKEN,
    "InvalidTokenId": _WRONG_TOKEN,
    "ExpiredToken": _OLD,
    "ExpiredTokenException": _OLD,
    "TokenRefreshRequired": _OLD,
    "RequestExpired": _OLD,
    "RequestTimeTooSkewed": _CLOCK,
    "PermanentRedirect": _ELSEWHERE,
    "TemporaryRedirect": _ELSEWHERE,
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "IllegalLocationConstraintException": _ELSEWHERE,
    "InvalidRegion": _ELSEWHERE,
    "ConditionalRequestConflict": _RACE,
    "OperationAborted": _RACE,
    "XMinioParentIsObject": _TAKEN,
    "XMinioObjectExistsAsDirectory": _TAKEN,
    "ExistingObjectIsDirectory": _TAKEN,
    "ExistingObjectIsFile": _TAKEN,
    "BadDigest": _BROKEN,
    "InvalidDigest": _BROKEN,
    "XAmzContentSHA256Mismatch": _BROKEN,
    "XAmzContentChecksumMismatch": _BROKEN,
    "IncompleteBody": _SILENT,
    "ClientDisconnected": _SILENT,
    "RequestTimeout": _SILENT,
    "SlowDown": _BUSY,
    "SlowDownRead": _BUSY,
    "SlowDownWrite": _BUSY,
    "Throttling": _BUSY,
    "ThrottlingException": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "TooManyRequests": _BUSY,
    "ServiceUnavailable": _BUSY,
    "XMinioServerNotInitialized": _BUSY,
    "QuotaExceeded": _FULL,
    "XMinioAdminBucketQuotaExceeded": _FULL,
    "XMinioStorageFull": _FULL,
    "InsufficientStorage": _FULL,
    "EntityTooLarge": Meaning(LocationError, "it does not take files so big", "Use another location for it."),
    "InvalidObjectState": _ARCHIVED,
    "InvalidBucketName": Meaning(LocationError, "no bucket can have that name", "Correct bucket in the configuration."),
    "KeyTooLongError": _BAD_NAME,
    "XMinioInvalidObjectName": _BAD_NAME,
    "InvalidStorageClass": Meaning(LocationError, "it has no such storage class", "Correct storage_class."),
    "KMS.NotFoundException": _NO_KEY,
    "KMSNotConfigured": _NO_KEY,
    "XMinioKMSKeyNotFound": _NO_KEY,
    "NotImplemented": _UNABLE,
    "InternalError": _ILL,
}

_BY_STATUS = {
    301: _ELSEWHERE,
    307: _ELSEWHERE,
    401: _WRONG_KEY,
    403: _DENIED,
    404: _GONE,
    405: _UNABLE,
    408: _SILENT,
    409: _RACE,
    429: _BUSY,
    500: _ILL,
    501: _UNABLE,
    502: _ILL,
    503: _BUSY,
    504: _ILL,
    507: _FULL,
}

_NONSENSE = Meaning(Unreachable, "its answer makes no sense", _LATER)
_NO_CONNECTION = Meaning(Unreachable, "no connection", "Check that the server is up and its address is right.")
_BROKE_OFF = _NO_CONNECTION._replace(why="the connection broke off")
_WANTS_TLS = Meaning(LocationError, "it wants TLS", "Write https:// in endpoint_url, or `secure: true` for minio.")

_WITHOUT_ANSWER = (
    (
        "CaUsedAsEndEntity",
        Meaning(
            LocationError,
            "it shows the certificate of an authority as its own",
            "Give the server one with CA:FALSE that the authority signed, and name the authority's in ca_file.",
        ),
    ),
    (
        "NotValidForName|not valid for|doesn't match|mismatch",
        Meaning(LocationError, "its certificate is for another name", "Write the name that its certificate has."),
    ),
    (
        "Expired|has expired|NotValidYet|not yet valid",
        Meaning(LocationError, "its certificate is not valid now", "Renew it there, or set the clock of this machine."),
    ),
    (
        "InvalidCertificate|CERTIFICATE_VERIFY_FAILED",
        Meaning(LocationError, "its certificate is not trusted", "Set ca_file to the certificate of who signed it."),
    ),
    (
        "InvalidContentType|WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|HTTP_REQUEST",
        Meaning(LocationError, "it does not speak TLS", "Write http:// in endpoint_url, or `secure: false` for minio."),
    ),
    ("dns ?error|gaierror|NameResolution", _NO_CONNECTION._replace(why="no host of that name is known")),
    ("ConnectionRefused", _NO_CONNECTION._replace(why="its host refused the connection")),
    ("TimedOut|Timeout|timed out", _NO_CONNECTION._replace(why="it does not answer")),
    ("ConnectionReset|BrokenPipe|RemoteDisconnected|IncompleteRead|broke off|closed in the middle", _BROKE_OFF),
)
"""What it means that there was no answer, by words that the SDKs or Python have for it."""

_BY_EXCEPTION = {
    "NoCredentialsError": _WRONG_KEY._replace(why="no credentials were found", hint="Give a key, or sign in to AWS."),
    "PartialCredentialsError": _WRONG_KEY._replace(why="half of the credentials is missing"),
    "CredentialRetrievalError": _WRONG_KEY._replace(why="the credentials could not be fetched", hint="Sign in again."),
    "ProfileNotFound": _WRONG_KEY._replace(why="AWS's files have no such profile", hint="Correct profile."),
    "UnauthorizedSSOTokenError": _OLD,
    "SSOTokenLoadError": _OLD,
    "TokenRetrievalError": _OLD,
    "ResponseParserError": _NONSENSE,
    "UnauthenticatedError": _WRONG_KEY,
    "PermissionDeniedError": _DENIED,
}
"""Exceptions that an SDK raises without an answer of the store, by their name."""

_UNREADABLE = (KeyError, ValueError, SyntaxError)
"""What an SDK lets through when it cannot read an answer: no such field, no number, XML that breaks off (the last)."""


def as_audiotui_error(error: Exception, *, location: str, key: str) -> AudiotuiError | None:
    """The error that stands for one of an SDK; None for one that no table knows."""
    answer = answer_in(error)
    if answer is None:
        if not isinstance(error, _UNREADABLE):
            return None
        answer = Answer(status=200)
    meaning = _meaning(error, answer)
    key = "" if _is_about_the_whole(meaning) else key
    subject = f"{key!r} at {location}" if key else location
    code = f" ({answer.code})" if answer.code else ""
    message = f"Cannot use {subject}: {meaning.why}{code}."
    hint = f"Set region_name to {answer.region!r}." if meaning is _ELSEWHERE and answer.region else meaning.hint
    if issubclass(meaning.kind, Throttled):
        return Throttled(message, hint, location=location, key=key, retry_after=answer.retry_after_s)
    if meaning is _BROKE_OFF:
        return Unreachable(message, hint, location=location, key=key, broke_off=True)
    if issubclass(meaning.kind, LocationError):
        return meaning.kind(message, hint, location=location, key=key)
    return meaning.kind(message, hint)


def _meaning(error: Exception, answer: Answer) -> Meaning:
    if answer.status == 412 or answer.code == "PreconditionFailed":
        return _TAKEN if answer.creates else Meaning(SourceChanged, "it is another version now", "Look at it again.")
    if answer.code == "NotImplemented" and "encryption" in answer.message:
        return _NO_KEY
    known = _BY_CODE.get(answer.code) or _BY_EXCEPTION.get(type(error).__name__) or _BY_STATUS.get(answer.status)
    if known is not None:
        return known
    if answer.status >= 500:
        return _ILL
    if answer.wants_tls:
        return _WANTS_TLS
    if answer.status == 400 and answer.is_bare:  # what came was cut off on its way, too early for the store to see it
        return _SILENT
    if answer.status >= 300:
        return Meaning(LocationError, f"it refuses the request with {answer.status}", "Check the location's options.")
    if answer.status:
        return _NONSENSE
    told = _told_without_answer(error, answer)
    return next((meaning for words, meaning in _WITHOUT_ANSWER if re.search(words, told)), _NO_CONNECTION)


def _told_without_answer(error: Exception, answer: Answer) -> str:
    """The words for what went wrong on the way; no names and addresses, which could contain any of them."""
    causes = list(_causes(error))
    said = [str(cause) for cause in causes if isinstance(cause, OSError)]
    return " ".join([answer.message, *(type(cause).__name__ for cause in causes), *said])


def _is_about_the_whole(meaning: Meaning) -> bool:
    """Whether the answer concerns the location and not one file of it."""
    return meaning.kind in (Unreachable, Throttled) or meaning in (_WRONG_KEY, _WRONG_TOKEN, _OLD, _CLOCK, _ELSEWHERE)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        reason = getattr(error, "reason", None)
        error = error.__cause__ or error.__context__ or (reason if isinstance(reason, BaseException) else None)
