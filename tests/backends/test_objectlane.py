"""Many small objects asked for at a time: each question gets one answer, whatever the server does."""

from __future__ import annotations

from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.objectstore.objectlane import LOOK_S, ObjectLane
from audiotui.backends.objectstore.sdk_answers import NoAnswer, Refused
from audiotui.backends.objectstore.target import Keys
from audiotui.model import SecretStr
from tests.backends.lines import BROKEN, DATA, NOT_UNDERSTOOD, SILENCE_S, line_to
from tests.contracts.samples import sample
from tests.servers.playing import Play, PlayingServer, answer, of_objects, part, playing_server
from tests.servers.process import free_port
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.objectstore.objectline import ObjectLine
    from tests.servers.buckets import BucketServer

Lane = ObjectLane[int]


@pytest.fixture
def lane(line: ObjectLine) -> Iterator[Lane]:
    """A lane on that."""
    with closing(new_lane(line)) as lane:
        yield lane


def new_lane(line: ObjectLine) -> Lane:
    """One whose keys are names."""
    return ObjectLane(line, lambda key: key)


def ask(lane: Lane, *numbers: int, length: int = len(DATA)) -> None:
    """A question for each number, by which it is named."""
    for number in numbers:
        lane.ask(number, f"file {number}", length)


def answers(lane: Lane) -> dict[int, Any]:
    """What comes until every question has its answer; bytes as they are, None for what was not understood."""
    found: dict[int, Any] = {}

    def come() -> bool:
        for ticket, told in lane.answers(0.05):
            assert ticket not in found
            found[ticket] = bytes(told) if isinstance(told, memoryview) else told
        return not lane.open_count

    eventually(come, what="an answer to every question")
    return found


def test_many_objects_are_asked_for_at_a_time(minio: BucketServer) -> None:
    bucket, keys = minio.new_bucket(), Keys(minio.access_key, SecretStr(minio.secret_key))
    objects = {number: sample(size, number) for number, size in enumerate((1, 300, 200_000, 1_048_576) * 5)}
    etags = {
        number: minio.client.put_object(Bucket=bucket, Key=f"é {number}", Body=data)["ETag"].strip('"')
        for number, data in objects.items()
    }
    with closing(line_to(minio.port, bucket=bucket, keys=lambda: keys, silence_s=PATIENCE_S)) as line:
        lane = new_lane(line)
        for _ in range(2):
            for number, data in objects.items():
                lane.ask(number, f"é {number}", len(data), etag=etags[number])
            assert lane.open_count == len(objects)
            assert answers(lane) == objects

        lane.ask(1, "missing", 10)
        lane.ask(2, "é 2", 10, etag="0" * 32)
        refused = answers(lane)

    assert [refused[number].answer.status for number in (1, 2)] == [404, 412]


def test_answers_come_in_any_order_and_byte_by_byte(player: PlayingServer, line: ObjectLine, lane: Lane) -> None:
    said = b"HTTP/1.1 100 Continue\r\n\r\n" + part(DATA[:50])
    player.plays = [Play(then="wait"), Play(tuple(said[at : at + 1] for at in range(len(said))))]
    ask(lane, 1, length=50)
    eventually(lambda: [*lane.answers(0.01), *player.asked], what="the first question")
    ask(lane, 2, length=50)
    found: list[tuple[int, bytes]] = []

    def come() -> bool:
        for ticket, told in lane.answers(0.05):
            assert isinstance(told, memoryview)
            found.append((ticket, bytes(told)))
        return bool(found)

    eventually(come)

    assert found == [(2, DATA[:50])]
    assert lane.open_count == 1


@pytest.mark.parametrize("said", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_an_unusual_answer_is_left_to_others(player: PlayingServer, lane: Lane, said: bytes) -> None:
    player.plays = [Play((said,)), Play((part(DATA),))]

    ask(lane, 1)
    assert answers(lane) == {1: None}
    ask(lane, 2)
    assert answers(lane) == {2: DATA}


BROKEN_HERE = {name: play for name, play in BROKEN.items() if "silence" not in name}


@pytest.mark.parametrize(("said", "then"), BROKEN_HERE.values(), ids=BROKEN_HERE)
def test_an_answer_that_breaks_off_is_an_error_of_its_own_question(
    player: PlayingServer, lane: Lane, said: bytes, then: Any
) -> None:
    player.usual = of_objects({"/takes/file%201": DATA, "/takes/file%202": DATA})
    player.plays = [Play((said,), then)]
    ask(lane, 1)
    eventually(lambda: [*lane.answers(0.01), *player.asked], what="the first question")
    if lane.open_count:
        ask(lane, 2)
        found = answers(lane)
        assert isinstance(found.pop(1), NoAnswer)
        assert found == {2: DATA}

    assert len(player.asked) <= 2
    assert not lane.open_count


@pytest.mark.parametrize("said", [b"", part(DATA)[:20], part(DATA)[:-1]], ids=["nothing", "headers", "body"])
def test_a_server_that_falls_silent_is_given_up(player: PlayingServer, lane: Lane, said: bytes) -> None:
    player.plays = [Play((said,), "wait")]

    ask(lane, 1)
    error = answers(lane)[1]

    assert isinstance(error, NoAnswer)
    assert isinstance(error.__cause__, TimeoutError)
    eventually(lambda: len(player.asked) == 1)


def test_answers_that_wait_while_the_last_one_is_dealt_with_are_not_taken_for_silence(
    player: PlayingServer, lane: Lane
) -> None:
    player.usual = lambda head: Play((part(DATA),))
    ask(lane, 1, 2)
    answers(lane)
    ask(lane, 3)
    found: dict[int, Any] = {}

    def come() -> bool:
        for ticket, told in lane.answers(0.05):
            found[ticket] = bytes(told) if isinstance(told, memoryview) else told
            if ticket == 3:
                ask(lane, 4)
                pass_by(LOOK_S + SILENCE_S)
        return not lane.open_count

    eventually(come)
    assert found == {3: DATA, 4: DATA}


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_question_on_a_connection_that_had_ended_is_asked_once_more(
    player: PlayingServer, lane: Lane, then: Any
) -> None:
    player.plays = [Play((part(DATA),)), Play((), then), Play((part(DATA),))]

    ask(lane, 1)
    assert answers(lane) == {1: DATA}
    ask(lane, 2)
    assert answers(lane) == {2: DATA}
    assert player.connections == 2


def test_a_question_is_not_asked_a_third_time(player: PlayingServer, lane: Lane) -> None:
    player.plays = [Play((part(DATA),)), Play((), "close"), Play((), "close"), Play((part(DATA),))]
    ask(lane, 1)
    answers(lane)

    ask(lane, 2)
    assert isinstance(answers(lane)[2], NoAnswer)

    assert len(player.asked) == 3


def test_a_refusal_leaves_the_connection_to_the_next_question(player: PlayingServer, lane: Lane) -> None:
    error = b"<Error><Code>AccessDenied</Code></Error>"
    player.plays = [Play((answer(403, error),)), Play((answer(416, error),)), Play((part(DATA),))]

    ask(lane, 1)
    refused = answers(lane)[1]
    ask(lane, 2)
    assert answers(lane) == {2: b""}
    ask(lane, 3)
    assert answers(lane) == {3: DATA}

    assert isinstance(refused, Refused)
    assert refused.answer.code == "AccessDenied"
    assert player.connections == 1


def test_a_host_of_two_addresses_is_reached_by_the_one_that_answers() -> None:
    with playing_server("127.0.0.1") as player:
        player.usual = lambda head: Play((part(DATA),))
        with closing(line_to(player.port, host="localhost")) as line:
            lane = new_lane(line)
            ask(lane, 1, 2)

            assert answers(lane) == {1: DATA, 2: DATA}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_nobody_there_is_no_answer(host: str) -> None:
    lane = new_lane(line_to(free_port(), host=host))

    for number in (1, 2):
        ask(lane, number)
        error = answers(lane)[number]
        assert isinstance(error, NoAnswer)
        assert isinstance(error.__cause__, ConnectionRefusedError)


def test_a_name_that_nobody_has_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        ask(new_lane(line_to(80, host="nobody.invalid")), 1)


def test_a_lane_that_is_closed_leaves_no_connection_behind(player: PlayingServer, line: ObjectLine) -> None:
    lane = new_lane(line)
    ask(lane, *range(10))
    eventually(lambda: [*lane.answers(0.01)] or len(player.asked) == 10, what="ten questions")

    lane.close()

    assert not lane.open_count
    eventually(lambda: not player.open_count, what="the end of every connection")


def test_whoever_stops_in_the_middle_of_an_answer_leaves_no_connection_behind(
    player: PlayingServer, line: ObjectLine, lane: Lane
) -> None:
    player.usual = lambda head: Play((part(DATA),))
    ask(lane, 1)
    eventually(lambda: next(lane.answers(0.05), None), what="an answer")

    line.close()
    eventually(lambda: not player.open_count, what="the end of the connection")


def pass_by(seconds: float) -> None:
    """Let a time pass in which nobody looks at the lane."""
    until_s = monotonic() + seconds
    eventually(lambda: monotonic() > until_s)
