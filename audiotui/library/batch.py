"""Many assets at once: in parallel, each by itself, and a failure of some is told with them."""

from __future__ import annotations

import inspect
import logging
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiotui.cleanup import caught
from audiotui.errors import AudiotuiError, InvalidInput
from audiotui.library.unforeseen import as_expected
from audiotui.text import briefly

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
    items: Iterable[Mapping[str, Any] | AudiotuiError],
    *,
    parallel: int,
    listener: Callable[[SaveProgress], None],
    cancel: threading.Event,
    called: Callable[[int], str] = "Item {}".format,
) -> Iterator[SaveOutcome]:
    """The outcomes in the order of the items, which are taken as there is room for them.

    Items of one asset are saved one after the other, in their order. An error among them is the outcome of an item
    that could not be read. An error of the iterator that gives the items is
    raised once all that came before it has ended, and was told. Items that were taken and not begun when it was
    cancelled, or when nobody wants more outcomes, have none.
    """
    done = failed = 0
    accepted, is_left = _Arguments(save), threading.Event()

    def one(index: int, item: Any, earlier: Future[Any] | None) -> SaveOutcome | None:
        if earlier is not None:  # it began before this one, so somebody is at work on it
            wait((earlier,))
        return None if cancel.is_set() or is_left.is_set() else _save_one(save, accepted, index, item, called)

    with ThreadPoolExecutor(parallel, thread_name_prefix="audiotui-save") as pool:
        try:
            running: deque[tuple[object, Future[SaveOutcome | None]]] = deque()
            newest: dict[object, Future[SaveOutcome | None]] = {}
            errors: list[Exception] = []
            waiting = _up_to_error(items, errors)
            while True:
                while len(running) < parallel * AHEAD and not cancel.is_set():
                    entry = next(waiting, None)
                    if entry is None:
                        break
                    asset = _asset_of(entry[1])
                    newest[asset] = pool.submit(one, *entry, newest.get(asset))
                    running.append((asset, newest[asset]))
                if not running:
                    break
                asset, ended = running.popleft()
                outcome = ended.result()
                if newest[asset] is ended:
                    del newest[asset]
                if outcome is not None:
                    done, failed = done + 1, failed + (outcome.error is not None)
                    listener(SaveProgress(done, failed, outcome))
                    yield outcome
        finally:
            is_left.set()
    if errors:
        raise errors[0]


def _up_to_error(items: Iterable[Any], errors: list[Exception]) -> Iterator[tuple[int, Any]]:
    """The items with their places, as if they ended where their iterator fails; its error goes to ``errors``."""
    with caught() as reading:
        yield from enumerate(items)
    if reading.error is not None:
        errors.append(reading.error)


def _asset_of(item: Any) -> object:
    """What is equal for items of one asset, and of its own for those that name none."""
    ids = [item.get(name) if isinstance(item, Mapping) else None for name in ("customer_id", "asset_id")]
    return tuple(ids) if all(isinstance(one, str) for one in ids) else object()


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


def _save_one(
    save: Callable[..., dict[str, Any]], accepted: _Arguments, index: int, item: Any, called: Callable[[int], str]
) -> SaveOutcome:
    if isinstance(item, AudiotuiError):
        return SaveOutcome(index, "", error=item)
    is_one = isinstance(item, Mapping)
    given = item.get("asset_id") if is_one else None
    asset_id = given if isinstance(given, str) else ""
    try:
        accepted.check(item if is_one else {})
    except TypeError as error:
        reason = error if is_one else f"{briefly(item)} holds no named arguments"
        problem = InvalidInput(f"{called(index)} cannot be saved: {reason}.", "Give the arguments of a single save.")
        return SaveOutcome(index, asset_id, error=problem)
    result: dict[str, Any] = {}
    with caught() as saving:
        result = save(**item)
    if saving.error is None:
        return SaveOutcome(index, asset_id, result=result)
    return SaveOutcome(index, asset_id, error=as_expected(saving.error, f"{called(index)} cannot be saved", _log))


def ignore_progress(progress: SaveProgress) -> None:
    """The listener of those who do not listen."""
    del progress
