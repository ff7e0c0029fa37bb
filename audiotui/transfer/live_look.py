"""Looks at locations while a plan is made: whether a file is there, and whether the location is there at all."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from audiotui.backends.base import Capability
from audiotui.cleanup import caught
from audiotui.errors import AudiotuiError, KeyNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from audiotui.backends.base import Backend

THREADS = 16
"""Looks at a time, where each waits for a network."""


class LiveLook:
    """Remembers what it saw; used by one thread for one plan. ``backends`` gives the backend of a location's name.

    With ``reads_only`` a location that the library never used is not even opened, which might make a folder or a
    bucket: there is nothing of the library to see there.
    """

    def __init__(self, backends: Callable[[str], Backend], *, reads_only: bool = False) -> None:
        self._backends = backends
        self._reads_only = reads_only
        self._sizes: dict[tuple[str, str], int | None] = {}
        self._troubles: dict[str, AudiotuiError | None] = {}
        self._opening: dict[str, Future[None]] = {}

    def begin(self, location: str) -> None:
        """Let another thread connect with a location meanwhile, if it lies behind a network."""
        backend = self._backends(location)
        if Capability.DIRECT not in backend.capabilities:
            opening: Future[None] = Future()
            self._opening[location] = opening
            # Not of a pool, which would keep a program that is interrupted from ending before a host has answered.
            threading.Thread(target=self._open_into, args=(backend, opening), name="audiotui-open", daemon=True).start()

    def refuse_trouble(self, location: str) -> None:
        """Raise what keeps a location from being used now."""
        if (trouble := self.trouble(location)) is not None:
            raise trouble

    def trouble(self, location: str) -> AudiotuiError | None:
        """Why a location cannot be used now; None if it can."""
        if location not in self._troubles:
            try:
                if location in self._opening:
                    self._opening[location].result()
                else:
                    self._open(self._backends(location))
                self._troubles[location] = None
            except AudiotuiError as error:
                self._troubles[location] = error
        return self._troubles[location]

    @property
    def troubles(self) -> tuple[AudiotuiError, ...]:
        """Why locations could not be used, one for each that was asked for and could not."""
        return tuple(error for error in self._troubles.values() if error is not None)

    def size(self, location: str, key: str) -> int | None:
        """The size of what lies under a key, None if nothing does.

        Raises:
            LocationError: the location does not say.
        """
        where = (location, key)
        if where not in self._sizes:
            self._sizes[where] = self._stat(location, key)
        return self._sizes[where]

    def forget(self) -> None:
        """Forget what lies under keys, so that memory does not grow with the plan."""
        self._sizes.clear()

    def note(self, location: str, sizes: Mapping[str, int | None]) -> None:
        """Remember what another way of looking saw under keys."""
        self._sizes.update(((location, key), size) for key, size in sizes.items())

    def prefetch(self, wanted: Iterable[tuple[str, str]]) -> int:
        """Look at many keys at a time; what fails now is told by ``size``. How many were behind a network."""
        far = [
            (location, key)
            for location, key in dict.fromkeys(wanted)
            if self.trouble(location) is None and Capability.DIRECT not in self._backends(location).capabilities
        ]
        if not far:
            return 0
        with ThreadPoolExecutor(THREADS) as threads:
            for where, size in zip(far, threads.map(self._stat_quietly, far), strict=True):
                if size is not _UNKNOWN:
                    self._sizes[where] = size
        return len(far)

    def _open_into(self, backend: Backend, opening: Future[None]) -> None:
        with caught() as trouble:
            self._open(backend)
        if trouble.error is not None:  # raised where the result is asked for
            opening.set_exception(trouble.error)
        else:
            opening.set_result(None)

    def _open(self, backend: Backend) -> None:
        if backend.used_before or not self._reads_only:
            backend.open()

    def _stat(self, location: str, key: str) -> int | None:
        try:
            return self._backends(location).stat(key).size_bytes
        except KeyNotFound:
            return None

    def _stat_quietly(self, where: tuple[str, str]) -> int | None:
        try:
            return self._stat(*where)
        except AudiotuiError:
            return _UNKNOWN


_UNKNOWN = -1
