"""Failed items are repeated for the right reasons, a limited number of times, and not all at once."""

from __future__ import annotations

import pytest

from audiotui.errors import (
    AccessDenied,
    AlreadyExists,
    AudiotuiError,
    CatalogBusy,
    IntegrityError,
    LocationFull,
    SourceChanged,
    Throttled,
    Unreachable,
    UploadExpired,
)
from audiotui.transfer.retry import RetryCount


def waits(error: AudiotuiError, random_unit: float = 1.0) -> list[float]:
    """The waits before all retries that this error gets."""
    count = RetryCount(random_unit=lambda: random_unit)
    found: list[float] = []
    while (wait_s := count.next_wait_s(error)) is not None:
        found.append(wait_s)
    return found


def test_a_location_that_does_not_answer_is_tried_eight_times_with_doubling_waits() -> None:
    assert waits(Unreachable("gone")) == pytest.approx([0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6])


def test_the_jitter_is_full() -> None:
    assert waits(Unreachable("gone"), random_unit=0.0) == [0.0] * 7


def test_a_busy_catalog_is_tried_again() -> None:
    assert len(waits(CatalogBusy("locked"))) == 7


def test_wrong_bytes_are_read_again_twice() -> None:
    assert len(waits(IntegrityError("flipped"))) == 2


def test_a_source_that_changed_is_read_again_once_and_at_once() -> None:
    assert waits(SourceChanged("edited")) == [0.0]


def test_an_upload_that_the_far_side_forgot_is_begun_again() -> None:
    assert waits(UploadExpired("forgotten")) == [0.0, 0.0]


def test_a_file_that_finds_no_room_is_tried_once_more() -> None:
    assert len(waits(LocationFull("full"))) == 1


@pytest.mark.parametrize("kind", [AccessDenied, AlreadyExists])
def test_what_only_a_person_can_mend_is_not_tried_again(kind: type[AudiotuiError]) -> None:
    assert waits(kind("no")) == []


def test_a_pause_that_the_location_asks_for_is_kept() -> None:
    assert waits(Throttled("slow down", retry_after=20.0))[0] == 20.0


def test_a_pause_of_hours_is_cut_to_five_minutes() -> None:
    assert waits(Throttled("slow down", retry_after=86_400.0))[0] == 300.0


def test_reasons_are_counted_apart() -> None:
    count = RetryCount(random_unit=lambda: 1.0)
    for _ in range(7):
        count.next_wait_s(Unreachable("gone"))

    assert count.next_wait_s(IntegrityError("flipped")) is not None
    assert count.attempt == 9
