"""Proof of copies that were just made, where a storage stores without proving; in threads beside those that move."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from audiotui.backends.base import Capability, Limits
from audiotui.backends.proof import prove
from audiotui.cleanup import caught
from audiotui.crashpoints import crashpoint
from audiotui.errors import AudiotuiError, IntegrityError, KeyNotFound, LocationError
from audiotui.model import VerifyLevel

if TYPE_CHECKING:
    import queue
    from typing import Any

    from audiotui.backends.base import Backend, Content, Entry

THREADS = 2


class Proven(NamedTuple):
    """What the proof of one item found: the entry with its level, or an error."""

    number: int
    entry: Entry | None
    error: AudiotuiError | None


class Prover:
    """Proves fresh copies at one location and puts a ``Proven`` for each into the inbox; close it."""

    def __init__(self, backend: Backend, inbox: queue.SimpleQueue[Any]) -> None:
        self._backend = backend
        self._limits = Limits()
        self._inbox = inbox
        self._can_prove = Capability.CHECKSUM in backend.capabilities
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="audiotui-prover")

    def takes(self, entry: Entry) -> bool:
        """Whether a fresh copy should be proven further than its storage did while it took the bytes."""
        return self._can_prove and entry.level < VerifyLevel.STORAGE_SUM

    def submit(self, number: int, entry: Entry, content: Content) -> None:
        """Prove the copy of item ``number``."""
        self._threads.submit(self._prove, number, entry, content)

    def close(self) -> None:
        """Stop proving; a copy that was not proven is proven by the next run."""
        self._limits.cancel.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _prove(self, number: int, fresh: Entry, content: Content) -> None:
        crashpoint("engine.after_commit")
        proven: Entry | None = None
        with caught() as trouble:
            proven = prove(self._backend, fresh.key, content, level=VerifyLevel.STORAGE_SUM, limits=self._limits)
        self._inbox.put(Proven(number, proven, self._told(fresh, trouble.error)))  # the run waits for every answer

    def _told(self, fresh: Entry, error: Exception | None) -> AudiotuiError | None:
        """What the run hears of an error, None if there was none."""
        if isinstance(error, KeyNotFound):
            return self._nothing_there(fresh.key, error)
        if isinstance(error, IntegrityError):
            # This run made the file, so nobody relies on it yet: it goes, and a retry can store it anew.
            with contextlib.suppress(AudiotuiError):
                self._backend.delete(fresh.key, if_etag=fresh.etag)
        if error is None or isinstance(error, AudiotuiError):
            return error
        return _unexpected(self._backend.name, fresh.key, error)

    def _nothing_there(self, key: str, cause: KeyNotFound) -> IntegrityError:
        error = IntegrityError(
            f"{self._backend.name} said that it stored {key!r}, but nothing is there.",
            "Verify what else it stored; if it happens again, do not trust it.",
        )
        error.__cause__ = cause
        return error


def _unexpected(location: str, key: str, error: Exception) -> LocationError:
    failure = LocationError(
        f"The proof of {key!r} at {location} broke off: {type(error).__name__}: {error}.",
        "Verify it; if it happens again, report it as an error in audiotui.",
        location=location,
        key=key,
    )
    failure.__cause__ = error
    return failure
