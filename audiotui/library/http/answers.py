"""What becomes of an error on its way to a client: a status by a table, and words without secrets."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from audiotui.errors import (
    AssetBusy,
    AssetNotFound,
    AudioError,
    AudiotuiError,
    CatalogBusy,
    CatalogError,
    CatalogNotDurable,
    DatabaseFailed,
    DownloadFailed,
    InvalidInput,
    LocationError,
    TransferError,
    UnreadableDocument,
    UploadFailed,
)
from audiotui.library.reading import UnsatisfiableRange
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUSES: tuple[tuple[type[AudiotuiError], int], ...] = (
    (UnsatisfiableRange, 416),
    (InvalidInput, 400),
    (AssetNotFound, 404),
    (AssetBusy, 409),
    (AudioError, 422),
    (DownloadFailed, 422),
    (UploadFailed, 502),
    (LocationError, 502),
    (TransferError, 502),
    (DatabaseFailed, 503),
    (CatalogBusy, 503),
    (CatalogNotDurable, 503),
    (CatalogError, 500),
    (UnreadableDocument, 500),
)
"""By class, the narrower ones first, of errors that no retry helps; what may work later is 503, unless it is 409."""

RETRY_AFTER_S = "5"

_NAMES = dict.fromkeys((400, 413, 422), InvalidInput.__name__)
"""Requests that cannot be understood are called as those that cannot be fulfilled."""


def status_of(error: AudiotuiError) -> int:
    """The HTTP status that an error stands for."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    return 503 if error.retryable and status in {422, 500, 502} else status


def body_of(error: AudiotuiError) -> dict[str, Any]:
    """What a client is told."""
    kind = next((kind for kind, _ in STATUSES if isinstance(error, kind)), AudiotuiError)
    return {"error": kind.__name__, "message": error.message, "hint": error.hint, "retryable": error.retryable}


def words(status: int, message: str, hint: str) -> dict[str, Any]:
    """What a client is told where no error of the service stands behind the status."""
    name = _NAMES.get(status) or HTTPStatus(status).phrase.replace(" ", "")
    return {"error": name, "message": message, "hint": hint, "retryable": status == HTTPStatus.TOO_MANY_REQUESTS}


def problem_of(problem: Mapping[str, Any]) -> str:
    """One mistake in a request, as pydantic tells it, as a sentence; what was sent is not repeated."""
    place, *path = problem["loc"]
    name = ".".join(str(one) for one in path)
    where = f"{place} {safe_text(name, limit=80)}" if name else f"{place}"
    return f"Cannot take the {where}: {problem['msg']}."
