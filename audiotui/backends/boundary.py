"""The edge of a backend: what an SDK, the system or a server raises leaves it as one of the project's own errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from types import TracebackType

    from audiotui.backends.openable import Openable

PANIC_MODULE = "pyo3_runtime"
"""Of the exception in which a panic of a library in Rust comes; it derives from no ``Exception``."""


class Boundary:
    """The context of ``Backend.boundary``. Each file crosses it many times, and a generator takes thrice as long."""

    __slots__ = ("_backend", "_key", "_opens")

    def __init__(self, backend: Openable, key: str, *, opens: bool) -> None:
        self._backend = backend
        self._key = key
        self._opens = opens

    def __enter__(self) -> None:
        if self._opens and not self._backend._is_open:
            self._backend.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An SDK may raise anything; only what ends a thread or a generator passes, and what is translated already.
        if isinstance(error, Exception):
            if not isinstance(error, AudiotuiError):
                raise self._backend._translate(error, self._key) from error
        elif kind is not None and kind.__module__ == PANIC_MODULE:
            raise self._backend._translate(RuntimeError(str(error)), self._key) from error
