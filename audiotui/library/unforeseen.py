"""Errors that nobody foresaw: where the service catches them, and what it tells of them.

They are faults of the program. Where others wait for their turn, such an error ends only what it struck; this is the
one place that catches it, and the log has it with its traceback. Everywhere else it goes up to the caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    import logging
    from types import TracebackType


class caught:  # noqa: N801 - reads as what it makes of an error, like contextlib's suppress
    """Any error inside it ends the block and nothing more; ``error`` is that one then. Interrupts go on their way."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        return True


def tell(error: Exception, what: str, log: logging.Logger) -> None:
    """Put into the log what failed: one of our errors in a line, one that nobody foresaw with its traceback."""
    if isinstance(error, AudiotuiError):
        log.warning("%s: %s", what, error)
    else:
        log.error("%s: an error that nobody foresaw", what, exc_info=error)


def as_expected(error: Exception, what: str, log: logging.Logger, *, retryable: bool = False) -> AudiotuiError:
    """The error as one of ours: itself if it is, else one that says what failed, after the log has the whole of it."""
    if isinstance(error, AudiotuiError):
        return error
    tell(error, what, log)
    told = AudiotuiError(
        f"{what}: something unexpected happened ({type(error).__name__}).",
        "This is a fault of the program; its log has the details.",
    )
    told.retryable = retryable
    told.__cause__ = error
    return told
