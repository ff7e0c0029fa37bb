"""Many assets at once: in parallel, each by itself, and a failure of some is told with them."""

from __future__ import annotations

import inspect
import logging
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiotui.errors import AudiotuiError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_log = logging.getLogger(__name__)

AHEAD = 4
"""So many items for each thread wait for their turn; more are not taken from the caller."""


@dataclass(frozen=True, slots=True)
class SaveOutcome:
    """How one item of a batch ended: ``result`` as of a single save, or ``error``."""

    index: int
    """Its place among the items, from 0."""
    asset_id: str
    result: dict[str, Any] | None = None
    error: AudiotuiError | None = None


@dataclass(frozen=True, slots=True)
class SaveProgress:
    """How far a batch is; told after each item."""

    done: int
    failed: int
    outcome: SaveOutcome


def save_all(
    save: Callable[..., dict[str, Any]],
    items: Iterable[Mapping[str, Any]],
    *,
    parallel: int,
    listener: Callable[[SaveProgress], None],
    cancel: threading.Event,
) -> Iterator[SaveOutcome]:
    """The outcomes in the order of the items, which are taken as there is room for them.

    Items that were taken and not begun when it was cancelled, or when nobody wants more outcomes, have none.
    """
    done = failed = 0
    accepted, is_left = _Arguments(save), threading.Event()

    def one(index: int, item: Any) -> SaveOutcome | None:
        return None if cancel.is_set() or is_left.is_set() else _save_one(save, accepted, index, item)

    with ThreadPoolExecutor(parallel, thread_name_prefix="audiotui-save") as pool:
        try:
            running: deque[Future[SaveOutcome | None]] = deque()
            waiting = enumerate(items)
            while True:
                while len(running) < parallel * AHEAD and not cancel.is_set():
                    entry = next(waiting, None)
                    if entry is None:
                        break
                    running.append(pool.submit(one, *entry))
                if not running:
                    return
                outcome = running.popleft().result()
                if outcome is not None:
                    done, failed = done + 1, failed + (outcome.error is not None)
                    listener(SaveProgress(done, failed, outcome))
                    yield outcome
        finally:
            is_left.set()


class _Arguments:
    """Which arguments a call takes, all of them by name."""

    def __init__(self, call: Callable[..., object]) -> None:
        self._signature = inspect.signature(call)
        parameters = self._signature.parameters.values()
        self._known = frozenset(one.name for one in parameters)
        self._needed = frozenset(one.name for one in parameters if one.default is one.empty)

    def check(self, given: Mapping[str, Any]) -> None:
        """Raise TypeError, as the call would, unless it takes them."""
        if not self._needed <= given.keys() <= self._known:
            self._signature.bind(**given)


def _save_one(save: Callable[..., dict[str, Any]], accepted: _Arguments, index: int, item: Any) -> SaveOutcome:
    is_one = isinstance(item, Mapping)
    asset_id = str(item.get("asset_id", "")) if is_one else ""
    try:
        accepted.check(item if is_one else {})
    except TypeError as error:
        reason = error if is_one else f"{item!r:.80} holds no named arguments"
        problem = InvalidInput(f"Item {index} cannot be saved: {reason}.", "Give the arguments of a single save.")
        return SaveOutcome(index, asset_id, error=problem)
    try:
        return SaveOutcome(index, asset_id, result=save(**item))
    except AudiotuiError as error:
        return SaveOutcome(index, asset_id, error=error)
    except Exception as error:  # noqa: BLE001 - the error is the item's outcome, whatever it is
        _log.exception("item %d of a batch", index)
        return SaveOutcome(index, asset_id, error=_unforeseen(index, error))


def _unforeseen(index: int, error: Exception) -> AudiotuiError:
    """A fault of the program as the outcome of the item that it struck; the others must not suffer."""
    problem = AudiotuiError(
        f"Item {index} cannot be saved: something unexpected happened ({type(error).__name__}).",
        "This is a fault of the program; its log has the details.",
    )
    problem.__cause__ = error
    return problem


def ignore_progress(progress: SaveProgress) -> None:
    """The listener of those who do not listen."""
    del progress
