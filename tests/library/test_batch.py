"""Many saves at once: every item has its own outcome, whatever happens to it or to others."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from audiotui.errors import AudiotuiError, DownloadFailed
from audiotui.library.batch import SaveProgress, ignore_progress, save_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

    from audiotui.library.batch import SaveOutcome


def saved(
    save: Callable[..., dict[str, Any]],
    items: Iterable[dict[str, Any]],
    *,
    parallel: int = 2,
    listener: Callable[[SaveProgress], None] = ignore_progress,
) -> list[SaveOutcome]:
    return list(save_all(save, items, parallel=parallel, listener=listener, cancel=threading.Event()))


def test_a_fault_that_nobody_foresaw_is_the_outcome_of_its_item_alone(caplog: pytest.LogCaptureFixture) -> None:
    def save(asset_id: str) -> dict[str, Any]:
        if asset_id == "a":
            raise ZeroDivisionError
        if asset_id == "b":
            raise DownloadFailed("Not there.")
        return {"asset_id": asset_id}

    heard: list[SaveProgress] = []

    outcomes = saved(save, [{"asset_id": one} for one in "abc"], listener=heard.append)

    unforeseen, foreseen, fine = outcomes
    assert type(unforeseen.error) is AudiotuiError
    assert "(ZeroDivisionError)" in unforeseen.error.message
    assert isinstance(unforeseen.error.__cause__, ZeroDivisionError)
    assert isinstance(foreseen.error, DownloadFailed)
    assert fine.result == {"asset_id": "c"}
    assert [(one.done, one.failed) for one in heard] == [(1, 1), (2, 2), (3, 2)]
    assert "Traceback" in caplog.text
