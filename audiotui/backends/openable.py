"""Opening and closing a location, and the boundary inside which it is open and every error is one of ours.

A location is opened by whoever uses it first, and closed by anybody at any time: also while another thread is still
trying to reach it, which may take long.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from audiotui.backends.again import asked_again
from audiotui.backends.boundary import Boundary
from audiotui.backends.hooks import Hooks
from audiotui.backends.items import Capability
from audiotui.backends.lastfailure import OPENING_BORNE_S, LastFailure
from audiotui.errors import AccessDenied, KeyNotFound, LocationError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType


class Openable(Hooks):
    """The part of ``Backend`` that knows whether the location is open."""

    def __init__(self, name: str, *, library_id: str = "", used_before: bool = False) -> None:
        self.name = name
        self.library_id = library_id
        self.used_before = used_before
        self.landmarks: Mapping[str, int] = {}
        self._is_open = False
        self._opening = threading.RLock()
        self._closings = 0
        self._failure = LastFailure(Unreachable)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def open(self) -> None:
        """Connect, and make sure that the location is there and ours to use; a second call does nothing.

        Raises:
            Unreachable: the host, the bucket or the folder is not there.
            AccessDenied: the credentials are refused.
        """
        with self._opening:
            if not self._is_open:
                closings = self._closings
                with self._failure.shared():
                    self._open_patiently()
                self._is_open = True
                if closings != self._closings:  # by somebody who did not wait for this
                    self.close()
                    raise Unreachable(
                        f"{self.name} was closed while it was being reached.", "Try again.", location=self.name
                    )

    def _open_patiently(self) -> None:
        def once() -> None:
            with self._translated(""):
                self._open()

        once() if Capability.DIRECT in self.capabilities else asked_again(once)

    def close(self) -> None:
        """Give back connections; the next use opens the location again.

        A location that another thread is opening just now may take long to answer: that thread closes it then.
        """
        self._closings += 1
        if not self._opening.acquire(timeout=OPENING_BORNE_S):
            return
        try:
            if self._is_open:
                self._is_open = False
                with self._translated(""):
                    self._close()
        finally:
            self._opening.release()

    def boundary(self, key: str) -> Boundary:
        """Inside it the location is open, and every error becomes an AudiotuiError with its cause."""
        return Boundary(self, key, opens=True)

    def _translated(self, key: str) -> Boundary:
        return Boundary(self, key, opens=False)

    def _has_landmark(self) -> bool:
        """Whether one of the landmarks is there; for ``_open``, where the mark of use is not.

        Trouble with one of them, such as a link in its place, counts only if no other is there.
        """
        doubt: LocationError | None = None
        for key, size_bytes in self.landmarks.items():
            try:
                with self._translated(key):
                    if self._stat(key).size_bytes == size_bytes:
                        return True
            except KeyNotFound:
                continue
            except LocationError as error:
                if error.retryable or isinstance(error, AccessDenied):
                    raise  # it is that of all of them
                doubt = doubt or error
        if doubt is not None:
            raise doubt
        return False
