"""The thread that reads: the newest search wins, and nothing that it answers is lost or late."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

import pytest

from audiotui.errors import CatalogDamaged
from audiotui.tui.answers import Counted, Described, Found, Listed, PageRead, Refreshed, Unreadable
from audiotui.tui.background import Broken
from audiotui.tui.reader import Reader
from audiotui.tui.rows import PAGE_ROWS
from tests.tui.generated import MILLION, GeneratedManager, row
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.message import Message

Answer = TypeVar("Answer", bound="Message")


class Answers:
    """Collects what a thread posts."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._arrived = threading.Condition()

    def post(self, message: Message) -> None:
        """For the thread."""
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify()

    def of(self, kind: type[Answer]) -> list[Answer]:
        """All of one kind so far."""
        return [message for message in self.messages if isinstance(message, kind)]

    def wait(self, kind: type[Answer], count: int = 1) -> Answer:
        """The newest of a kind, once there are so many."""
        deadline = time.monotonic() + PATIENCE_S
        with self._arrived:
            while len(self.of(kind)) < count:
                assert self._arrived.wait(deadline - time.monotonic()), f"no {kind.__name__}: {self.messages}"
        return self.of(kind)[-1]


@pytest.fixture
def manager() -> GeneratedManager:
    return GeneratedManager()


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def reader(manager: GeneratedManager, answers: Answers) -> Iterator[Reader]:
    reader = Reader(lambda: manager.as_manager, answers.post, marked=lambda: [3])
    reader.start()
    yield reader
    reader.close()


def test_a_search_is_answered_by_its_first_rows_and_then_by_their_number(reader: Reader, answers: Answers) -> None:
    generation = reader.search("7")

    counted = answers.wait(Counted)
    found = answers.wait(Found)
    assert (found.generation, len(found.lines), found.complete) == (generation, PAGE_ROWS, False)
    assert found.lines[0].recording.id == 999_999
    assert (counted.generation, counted.total) == (generation, 142_857)


def test_a_small_result_is_counted_at_once(reader: Reader, answers: Answers) -> None:
    reader.search("100000")

    assert answers.wait(Counted).total == 10
    assert answers.wait(Found).complete


def test_only_pages_of_the_current_search_are_read(reader: Reader, answers: Answers) -> None:
    old = reader.search("7")
    answers.wait(Counted)
    new = reader.search("10")
    answers.wait(Counted, 2)
    reader.page(old, 3)
    reader.page(new, 4)

    read = answers.wait(PageRead)
    assert (read.generation, read.number) == (new, 4)
    assert read.lines[0].recording.id == MILLION - 10 * 4 * PAGE_ROWS


def test_a_page_that_nobody_misses_yet_is_read_after_all_that_somebody_waits_for(
    manager: GeneratedManager, answers: Answers
) -> None:
    reader = Reader(lambda: manager.as_manager, answers.post, marked=lambda: [3])
    generation = reader.search("10")
    reader.page_ahead(generation, 3)
    reader.page_ahead(generation, 5)
    reader.page(generation, 4)
    reader.describe(row(7))
    reader.start()
    try:
        answers.wait(PageRead, 2)
    finally:
        reader.close()

    told = [message for message in answers.messages if isinstance(message, (PageRead, Described, Counted))]
    assert [type(message) for message in told] == [PageRead, Described, Counted, PageRead]
    assert [read.number for read in answers.of(PageRead)] == [4, 5]


def test_a_refresh_comes_whole_with_the_rows_around_the_recording_that_is_kept(
    reader: Reader, answers: Answers, manager: GeneratedManager
) -> None:
    manager.size += 1000
    reader.refresh("", "", keep=500_000, at=500_000, around=50)

    refreshed = answers.wait(Refreshed)
    assert refreshed.cursor == 501_000
    assert set(refreshed.pages) == {2504, 2505}
    assert refreshed.current is not None
    assert refreshed.current.id == 500_000


def test_a_refresh_without_its_recording_stays_at_the_place(reader: Reader, answers: Answers) -> None:
    reader.refresh("7", "", keep=8, at=10**9, around=50)

    refreshed = answers.wait(Refreshed)
    assert refreshed.cursor is None
    assert (refreshed.total, refreshed.whole) == (142_857, MILLION)
    assert refreshed.current is not None
    assert refreshed.current.id == 7


def test_a_refresh_of_nothing_is_nothing(reader: Reader, answers: Answers) -> None:
    reader.refresh("nothing", "", keep=None, at=0, around=50)

    refreshed = answers.wait(Refreshed)
    assert (refreshed.total, refreshed.cursor, refreshed.current) == (0, None, None)


def test_ids_are_listed_whole_or_from_one_place_to_another(reader: Reader, answers: Answers) -> None:
    reader.search("1000")
    reader.list_ids("add")
    reader.list_ids("invert", 10, 13)

    answers.wait(Listed, 2)
    whole, part = answers.of(Listed)
    assert (whole.purpose, len(whole.row_ids)) == ("add", 1000)
    assert (part.purpose, list(part.row_ids)) == ("invert", [988_000, 989_000, 990_000])


def test_ids_that_were_asked_for_are_listed_even_after_another_search(reader: Reader, answers: Answers) -> None:
    reader.search("1000")
    reader.list_ids("add")
    reader.list_ids("add", 2, 4)
    reader.search("100000")
    reader.list_ids("invert")

    answers.wait(Listed, 3)
    whole, part, other = answers.of(Listed)
    assert (whole.purpose, len(whole.row_ids)) == ("add", 1000)
    assert list(part.row_ids) == [997_000, 998_000]
    assert (other.purpose, len(other.row_ids)) == ("invert", 10)


def test_only_the_last_recording_asked_for_needs_an_answer(reader: Reader, answers: Answers) -> None:
    for row_id in range(1, 50):
        reader.describe(row(row_id))

    while answers.wait(Described, len(answers.of(Described)) or 1).row_id != 49:
        pass
    assert answers.of(Described)[-1].recording is not None


def test_a_query_is_completed(reader: Reader, answers: Answers) -> None:
    reader.search("voice:A", completing=True)

    assert answers.wait(Found).completion == "voice:Aria"


def test_what_cannot_be_read_is_told_and_the_next_search_works(
    reader: Reader, answers: Answers, manager: GeneratedManager
) -> None:
    manager.unreadable = CatalogDamaged("It is damaged.")
    reader.search("7")
    answers.wait(Unreadable)
    manager.unreadable = None
    reader.search("8")

    assert answers.wait(Counted).total == 125_000


def test_a_fault_of_the_program_is_told_as_such(reader: Reader, answers: Answers, manager: GeneratedManager) -> None:
    manager.broken = ZeroDivisionError("nobody expected this")
    reader.describe(row(7))

    assert answers.wait(Broken).error is manager.broken


def test_closing_does_not_wait_for_what_is_asked(manager: GeneratedManager, answers: Answers) -> None:
    reader = Reader(lambda: manager.as_manager, answers.post, marked=list)
    reader.start()
    for number in range(1, 500):
        reader.search(str(number))
    reader.close()

    assert not any(thread.name == "catalog-reader" for thread in threading.enumerate())
