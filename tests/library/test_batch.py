"""Many saves at once: every item has its own outcome, whatever happens to it or to others."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import AudiotuiError, DownloadFailed
from audiotui.library.batch import SaveProgress, ignore_progress, save_all
from tests.library.sounds import wav
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from audiotui.library.batch import SaveOutcome
    from tests.servers.speech import SpeechServer


def saved(
    save: Callable[..., dict[str, Any]],
    items: Iterable[dict[str, Any]],
    *,
    parallel: int = 2,
    listener: Callable[[SaveProgress], None] = ignore_progress,
) -> list[SaveOutcome]:
    return list(save_all(save, items, parallel=parallel, listener=listener, cancel=threading.Event()))


class BrokenError(Exception):
    """What the items of a caller end with."""


def test_what_was_begun_ends_and_is_told_before_the_error_of_the_items() -> None:
    def items() -> Iterator[dict[str, Any]]:
        for number in range(5):
            yield {"number": number}
        raise BrokenError

    heard: list[int] = []
    outcomes: list[int] = []

    with pytest.raises(BrokenError):
        outcomes.extend(
            one.index
            for one in save_all(
                lambda number: {"number": number},
                items(),
                parallel=2,
                listener=lambda progress: heard.append(progress.outcome.index),
                cancel=threading.Event(),
            )
        )

    assert heard == outcomes == [0, 1, 2, 3, 4]


def test_items_of_one_asset_are_done_in_their_order_beside_those_of_others() -> None:
    is_other_done, order = threading.Event(), []

    def save(customer_id: str, asset_id: str, number: int) -> dict[str, Any]:
        if number == 0:
            assert is_other_done.wait(PATIENCE_S)
        order.append(number)
        if customer_id == "other":
            is_other_done.set()
        return {}

    mine = [{"customer_id": "me", "asset_id": "a", "number": number} for number in range(3)]

    outcomes = saved(save, [*mine, {**mine[0], "customer_id": "other", "number": 3}], parallel=4)

    assert [one.error for one in outcomes] == [None] * 4
    assert order == [3, 0, 1, 2]


def test_an_item_with_an_odd_id_fails_by_itself() -> None:
    outcomes = saved(lambda asset_id: {"asset_id": len(asset_id)}, [{"asset_id": 10**5_000}, {"asset_id": []}])

    assert [one.error is None for one in outcomes] == [False, True]


def test_equal_ids_of_a_batch_become_versions_in_its_order(
    services: Callable[[Path], AudioLibraryService], embedded_config: Path, server: SpeechServer
) -> None:
    item = {"asset_id": "a1", "customer_id": "c1", "user_id": "u1"}
    items = [{**item, "audio_url": server.put(f"{number}.wav", wav(number))} for number in range(6)]

    outcomes = services(embedded_config).save_many(items, parallel=4)

    keys = [one.result["storage"]["key"] for one in outcomes if one.result is not None]
    assert keys == ["c1/u1/audio/a1.wav", *(f"c1/u1/audio/a1.v{number}.wav" for number in range(2, 7))]


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
