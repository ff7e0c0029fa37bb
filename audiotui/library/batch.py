"""Many assets at once: in parallel, each by itself, and a failure of some is told with them."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiotui.errors import AudiotuiError, InvalidInput

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator

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
    """The outcomes in the order of the items, which are taken as there is room for them."""
    done = failed = 0
    with ThreadPoolExecutor(parallel, thread_name_prefix="audiotui-save") as pool:
        running: deque[Future[SaveOutcome]] = deque()
        waiting, accepted = enumerate(items), inspect.signature(save)
        while True:
            while len(running) < parallel * AHEAD and not cancel.is_set():
                entry = next(waiting, None)
                if entry is None:
                    break
                running.append(pool.submit(_save_one, save, accepted, *entry))
            if not running:
                return
            outcome = running.popleft().result()
            done, failed = done + 1, failed + (outcome.error is not None)
            listener(SaveProgress(done, failed, outcome))
            yield outcome


def _save_one(save: Callable[..., dict[str, Any]], accepted: inspect.Signature, index: int, item: Any) -> SaveOutcome:
    asset_id = str(item.get("asset_id", "")) if isinstance(item, Mapping) else ""
    try:
        accepted.bind(**item)
    except TypeError as error:
        problem = InvalidInput(f"Item {index} cannot be saved: {error}.", "Give the arguments of a single save.")
        return SaveOutcome(index, asset_id, error=problem)
    try:
        return SaveOutcome(index, asset_id, result=save(**item))
    except AudiotuiError as error:
        return SaveOutcome(index, asset_id, error=error)


def ignore_progress(progress: SaveProgress) -> None:
    """The listener of those who do not listen."""
    del progress
