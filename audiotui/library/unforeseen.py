"""What is told of errors, those that nobody foresaw among them, by work whose others wait for their turn.

Such an error is a fault of the program. It ends only what it struck; ``cleanup.caught`` holds it fast there, and the
log has it with its traceback. Everywhere else it goes up to the caller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    import logging


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
