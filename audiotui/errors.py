"""Every error that audiotui raises on purpose, with its exit code and whether a retry can help.

AudiotuiError(message, hint)                                          exit 1
├── InvalidInput                                                      exit 2
├── CatalogError                                                      exit 3
│   └── RecordingNotFound · IdentityNotFound · AmbiguousId · Duplicate · IdentityInUse · CatalogBusy* ·
│       CatalogNotDurable* · SchemaTooNew · NotACatalog · CatalogDamaged · CatalogReadOnly · FileNotInRecording ·
│       JobNotFound · UndoConflict · SearchInterrupted
├── AudioError: NotAudio · UnreadableAudio · NoPlayer                 exit 4
├── LocationError(location, key): KeyNotFound · AlreadyExists · AccessDenied · LocationFull ·
│       NotSupported · UploadExpired · UnknownHostKey · HostKeyChanged · Unreachable* · Throttled*      exit 5
├── TransferError: IntegrityError (SourceDamaged) · SourceChanged · TransferCancelled · LastCopy       exit 6
├── ServiceError(service, url, key): DownloadFailed* · UploadFailed · DatabaseFailed* ·
│       AssetNotFound · AssetBusy*                                  exit 7
└── ConfigError                                                       exit 9
(* retryable; everything else is not. Errors of services may know better of a single failure)
"""

from __future__ import annotations

from typing import ClassVar

PARTLY_FAILED_EXIT_CODE = 8
"""Exit code of a command in which some items failed and the rest are done."""

CANCELLED_EXIT_CODE = 130
"""Exit code after Ctrl-C, as shells expect it."""


class AudiotuiError(Exception):
    """Base of all errors that audiotui raises on purpose.

    ``message`` says what failed and why, with names; ``hint`` says what to do about it ('' if nothing sensible can be
    said). Neither ever holds a secret. Both may hold text from outside: show them through ``text.safe_text``.
    """

    exit_code: ClassVar[int] = 1
    retryable: bool = False

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class InvalidInput(AudiotuiError):
    """An argument that no library could satisfy: empty, malformed, contradictory, not a regular file."""

    exit_code = 2


class CatalogError(AudiotuiError):
    """The catalog cannot do what was asked."""

    exit_code = 3


class RecordingNotFound(CatalogError):
    """No recording has this id."""


class IdentityNotFound(CatalogError):
    """No identity has this id."""


class AmbiguousId(CatalogError):
    """A prefix fits more than one id."""


class FileNotInRecording(CatalogError):
    """The recording has no file of this kind."""


class JobNotFound(CatalogError):
    """No transfer job has this id."""


class Duplicate(CatalogError):
    """The same bytes are already in the library; ``existing_uid`` is the recording that has them.

    ``given_back`` tells how many of its files the library had lost and now has again from the user's originals.
    """

    def __init__(self, message: str, hint: str = "", *, existing_uid: str, given_back: int = 0) -> None:
        super().__init__(message, hint)
        self.existing_uid = existing_uid
        self.given_back = given_back


class IdentityInUse(CatalogError):
    """An identity that recordings refer to cannot be deleted; ``recording_count`` says how many."""

    def __init__(self, message: str, hint: str = "", *, recording_count: int) -> None:
        super().__init__(message, hint)
        self.recording_count = recording_count


class UndoConflict(CatalogError):
    """The present is not what the edit left, so undoing it would lose a later change."""


class CatalogBusy(CatalogError):
    """Another process kept the catalog locked for longer than the busy timeout."""

    retryable = True


class CatalogNotDurable(CatalogError):
    """What is in the catalog could not be made safe against a power cut; it is there, and can be read."""

    retryable = True


class SearchInterrupted(CatalogError):
    """A search was stopped from another thread, mostly because a newer one replaced it; nobody needs to see this."""


class SchemaTooNew(CatalogError):
    """The catalog was written by a newer audiotui."""


class NotACatalog(CatalogError):
    """The file is a database of another program, or no database at all."""


class CatalogDamaged(CatalogError):
    """SQLite reports that the catalog file is malformed."""


class CatalogReadOnly(CatalogError):
    """The catalog, or the folder it lies in, cannot be written."""


class AudioError(AudiotuiError):
    """A file that should be audio cannot be used as audio."""

    exit_code = 4


class NotAudio(AudioError):
    """The bytes are of no audio format, or hold no audio stream."""


class UnreadableAudio(AudioError):
    """An audio format was recognised, but the file is damaged or outside all sensible limits."""


class NoPlayer(AudioError):
    """There is no way to make a sound here; the message says why."""


class LocationError(AudiotuiError):
    """A storage location failed; ``location`` is its name, ``key`` the file's name there ('' if none)."""

    exit_code = 5

    def __init__(self, message: str, hint: str = "", *, location: str = "", key: str = "") -> None:
        super().__init__(message, hint)
        self.location = location
        self.key = key


class KeyNotFound(LocationError):
    """The location has no such key."""


class AlreadyExists(LocationError):
    """The key is taken, and nothing is ever overwritten."""


class AccessDenied(LocationError):
    """The location refuses this credential or this operation."""


class LocationFull(LocationError):
    """No space or no quota left."""


class NotSupported(LocationError):
    """The kind of location lacks the ability; see its ``capabilities``."""


class UploadExpired(LocationError):
    """The far side no longer knows this unfinished upload."""


class UnknownHostKey(LocationError):
    """The host was never trusted."""


class HostKeyChanged(LocationError):
    """The host shows another key than the one that was trusted."""


class Unreachable(LocationError):
    """The location does not answer, or its root is gone (a disk that is not mounted).

    ``broke_off``: it was there, and a connection to it ended; all that was under way on that fails alike.
    """

    retryable = True

    def __init__(
        self, message: str, hint: str = "", *, location: str = "", key: str = "", broke_off: bool = False
    ) -> None:
        super().__init__(message, hint, location=location, key=key)
        self.broke_off = broke_off


class Throttled(LocationError):
    """The location asks for a pause; ``retry_after`` is in seconds, None if it did not say."""

    retryable = True

    def __init__(
        self, message: str, hint: str = "", *, location: str = "", key: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint, location=location, key=key)
        self.retry_after = retry_after


class TransferError(AudiotuiError):
    """Bytes did not arrive as they should, or may not be removed."""

    exit_code = 6


class IntegrityError(TransferError):
    """Bytes differ from the SHA-256 that the catalog holds."""


class SourceDamaged(IntegrityError):
    """The bytes of the copy that was read differ: the fault is on the side that they came from."""


class SourceChanged(TransferError):
    """A file changed while it was read."""


class TransferCancelled(TransferError):
    """The user stopped the transfer; what arrived is kept for a resume."""


class LastCopy(TransferError):
    """Refused, because no other verified copy exists now."""


class ServiceError(AudiotuiError):
    """A speech, storage or document service failed.

    ``service`` names it, ``url`` (without its query) or ``key`` says at what, the cause is chained, and ``retryable``
    says of this very failure whether a retry can help.
    """

    exit_code = 7

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        service: str = "",
        url: str = "",
        key: str = "",
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.service = service
        self.url = url
        self.key = key
        if retryable is not None:
            self.retryable = retryable


class AssetNotFound(ServiceError):
    """The customer has no such asset."""


class AssetBusy(ServiceError):
    """Another process works on the asset."""

    retryable = True


class DownloadFailed(ServiceError):
    """The speech server did not deliver the audio."""

    retryable = True


class UploadFailed(ServiceError):
    """The storage did not take the audio."""


class DatabaseFailed(ServiceError):
    """The document database did not take the document."""

    retryable = True


class UnreadableDocument(ServiceError):
    """Other programs have made something of a document that no asset can be; ``key`` is ``CUSTOMER/ASSET``."""


class ConfigError(AudiotuiError):
    """The configuration cannot be used; ``message`` lists every mistake found, one a line."""

    exit_code = 9
