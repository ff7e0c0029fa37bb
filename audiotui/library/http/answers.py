"""What becomes of an error on its way to a client: a status by a table, and words without secrets."""

from __future__ import annotations

from typing import Any

from audiotui.errors import (
    AssetBusy,
    AssetNotFound,
    AudioError,
    AudiotuiError,
    CatalogBusy,
    DatabaseFailed,
    DownloadFailed,
    InvalidInput,
    UploadFailed,
)
from audiotui.library.reading import UnsatisfiableRange

STATUSES: tuple[tuple[type[AudiotuiError], int], ...] = (
    (UnsatisfiableRange, 416),
    (InvalidInput, 400),
    (AssetNotFound, 404),
    (AssetBusy, 409),
    (AudioError, 422),
    (DownloadFailed, 422),
    (UploadFailed, 502),
    (DatabaseFailed, 503),
    (CatalogBusy, 503),
)
"""By class, the narrower ones first, of errors that no retry helps; what can be retried at another server is 503."""

RETRY_AFTER_S = "5"


def status_of(error: AudiotuiError) -> int:
    """The HTTP status that an error stands for."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    return 503 if error.retryable and status in {422, 502} else status


def body_of(error: AudiotuiError) -> dict[str, Any]:
    """What a client is told."""
    kind = next((kind for kind, _ in STATUSES if isinstance(error, kind)), AudiotuiError)
    return {"error": kind.__name__, "message": error.message, "hint": error.hint, "retryable": error.retryable}
