"""Progress on standard error, and what the events of a transfer come to."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from audiotui.cli.progress import LineMeter, Standing, meter
from audiotui.cli.session import Session
from audiotui.cli.transfer_events import TransferWatch, event_record
from audiotui.errors import AccessDenied, KeyNotFound, Unreachable
from audiotui.events import (
    Cancelled,
    Failed,
    Finished,
    JobEvent,
    LocationAway,
    LocationBack,
    Progressed,
    Queued,
    Retrying,
    Started,
    Verifying,
)
from audiotui.model import VerifyLevel
from tests.terminal import Terminal

if TYPE_CHECKING:
    import pytest

EVENTS: list[JobEvent] = [
    Queued("j", 1, "a.wav", 100),
    Queued("j", 2, "b.wav", 50),
    Queued("j", 3, "c.wav", 50),
    Queued("j", 4, "d.wav", 10),
    Started("j", 1, "a.wav", 100, resumed_bytes=20),
    Progressed("j", 1, "a.wav", 60, 100),
    Retrying("j", 2, "b.wav", 2, 3.0, "the line dropped"),
    LocationAway("j", "s3", "Cannot reach s3: connection refused.", 15.0, 900.0),
    LocationBack("j", "s3"),
    Verifying("j", 1, "a.wav"),
    Finished("j", 1, "a.wav", 100, VerifyLevel.READ_BACK),
    Finished("j", 2, "b.wav", 50, VerifyLevel.READ_BACK, skipped=True),
    Failed("j", 3, "c.wav", AccessDenied("Access denied.", "Ask.", location="s3")),
    Cancelled("j", 4, "d.wav"),
]


BAR_THAT_WAITS = """
from audiotui.cli.progress import Standing, meter
from audiotui.cli.session import Session

with meter(Session(), "Push", clock=lambda: 0.0) as show:
    input()
    show(Standing(8, 10, 8_000_000, 10_000_000))
    show(Standing(8, 10, 8_000_000, 10_000_000, waits_for="s3"))
    input()
    show(Standing(9, 10, 9_000_000, 10_000_000))
    input()
"""
"""Nothing of it takes any time, by its clock."""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_without_a_terminal_a_line_comes_every_few_seconds() -> None:
    clock, said = Clock(), list[str]()
    show = LineMeter("Push 3 recordings", said.append, clock=clock)

    for second in range(12):
        clock.now_s = float(second)
        show(Standing(second, 40, second * 1_000_000, 40_000_000))

    assert said == [
        "Push 3 recordings: 5 of 40 files, 5.0 MB of 40.0 MB, 1.0 MB/s, 35s left",
        "Push 3 recordings: 10 of 40 files, 10.0 MB of 40.0 MB, 1.0 MB/s, 30s left",
    ]


def test_without_totals_only_what_is_done_is_told() -> None:
    clock, said = Clock(), list[str]()
    show = LineMeter("Verifying", said.append, clock=clock)

    clock.now_s = 5.0
    show(Standing(7, 0, 10_000_000, 0))

    assert said == ["Verifying: 7 files, 10.0 MB, 2.0 MB/s"]


def test_nothing_done_yet_promises_no_end() -> None:
    clock, said = Clock(), list[str]()
    show = LineMeter("Push", said.append, clock=clock)

    clock.now_s = 5.0
    show(Standing(0, 7, 0, 10_000_000))

    assert said == ["Push: 0 of 7 files, 0 B of 10.0 MB, 0 B/s"]


def test_what_was_there_before_is_done_and_is_no_speed() -> None:
    clock, said = Clock(), list[str]()
    show = LineMeter("Push", said.append, clock=clock)

    clock.now_s = 5.0
    show(Standing(1, 2, 30_000_000, 40_000_000, 20_000_000))

    assert said == ["Push: 1 of 2 files, 30.0 MB of 40.0 MB, 2.0 MB/s, 5s left"]


def test_while_a_location_is_waited_for_no_time_is_promised() -> None:
    clock, said = Clock(), list[str]()
    show = LineMeter("Push", said.append, clock=clock)

    clock.now_s = 5.0
    show(Standing(1, 7, 1_000_000, 10_000_000, waits_for="s3"))

    assert said == ["Push: 1 of 7 files, 1.0 MB of 10.0 MB, waiting for s3"]


def test_the_bar_names_what_is_waited_for_at_once_and_nothing_of_it_before_and_after() -> None:
    with Terminal([sys.executable, "-c", BAR_THAT_WAITS], columns=120) as terminal:
        terminal.until_text("looking at what is there")
        assert "?" not in terminal.text
        terminal.send("\n")
        terminal.until_text("waiting for s3")
        assert "/s" not in terminal.text
        terminal.send("\n")
        terminal.until_text("9/10")
        [line] = [line for line in terminal.text.splitlines() if "9/10" in line]
        assert "waiting" not in line
        terminal.send("\n")
        assert terminal.until_end() == 0


def test_a_job_that_goes_on_starts_where_it_stopped() -> None:
    shown: list[Standing] = []
    start = Standing(6, 10, 650, 1_000)
    watch = TransferWatch(Session(quiet=True), shown.append, as_json=False, start=start)
    for event in (
        Queued("j", 7, "g.wav", 100),
        Started("j", 7, "g.wav", 100, resumed_bytes=50),
        Progressed("j", 7, "g.wav", 80, 100),
        Finished("j", 7, "g.wav", 100, VerifyLevel.READ_BACK),
    ):
        watch(event)

    assert [(standing.done_items, standing.done_bytes) for standing in shown] == [
        (6, 650),
        (6, 650),
        (6, 680),
        (7, 700),
    ]
    assert {(standing.total_items, standing.total_bytes) for standing in shown} == {(10, 1_000)}


def test_the_first_that_is_shown_has_what_was_there_before() -> None:
    shown: list[Standing] = []
    watch = TransferWatch(Session(quiet=True), shown.append, as_json=False, start=Standing(0, 1, 0, 100))

    watch(Queued("j", 7, "g.wav", 100))
    watch(Started("j", 7, "g.wav", 100, resumed_bytes=60))

    assert shown == [Standing(0, 1, 60, 100, 60)]


def test_quiet_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with meter(Session(quiet=True), "Push", clock=clock) as show:
        clock.now_s = 60.0
        show(Standing(1, 2, 1, 2))

    assert capsys.readouterr().err == ""


def test_events_are_counted_once_each() -> None:
    shown: list[Standing] = []
    watch = TransferWatch(Session(quiet=True), shown.append, as_json=False)

    for event in EVENTS:
        watch(event)

    assert len(watch.errors) == 1
    assert watch.levels == {VerifyLevel.READ_BACK: 2}
    assert shown[1] == Standing(0, 4, 60, 210, 20)
    assert shown[-1] == Standing(3, 4, 150, 210, 20), "what was cancelled is not done"


def test_failures_are_told_one_by_one_until_nobody_reads_them(capsys: pytest.CaptureFixture[str]) -> None:
    watch = TransferWatch(Session(), lambda _: None, as_json=False)

    for number in range(1000):
        watch(Failed("j7", number, f"{number}.wav", KeyNotFound(f"There is no {number}.", "Look.")))

    told = capsys.readouterr().err.splitlines()
    assert told[0] == "error: 0.wav: There is no 0."
    assert told[-1] == "Further failures are only counted; `audiotui show-job j7` lists them."
    assert len(told) < 50


def test_a_reason_that_many_files_share_is_told_once_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    watch = TransferWatch(Session(), lambda _: None, as_json=False)

    for number in range(1000):
        watch(Failed("j7", number, f"{number}.wav", Unreachable("Cannot reach nas.", "Look.")))
    watch(Failed("j7", 1000, "1000.wav", KeyNotFound("There is no such key.", "Look.")))
    watch.sum_up()

    assert capsys.readouterr().err.splitlines() == [
        "error: 0.wav: Cannot reach nas.",
        "hint: Look.",
        "error: 1000.wav: There is no such key.",
        "hint: Look.",
        "999 more files failed for the same reason: Cannot reach nas.",
    ]
    assert watch.failed_items == 1001


def test_retries_are_told_to_those_who_ask_for_more(capsys: pytest.CaptureFixture[str]) -> None:
    for verbosity in (0, 1):
        watch = TransferWatch(Session(verbosity=verbosity), lambda _: None, as_json=False)
        watch(EVENTS[6])

    assert capsys.readouterr().err == "b.wav: attempt 2 in 3 s, because the line dropped\n"


def test_a_location_that_goes_away_and_comes_back_is_told_to_everybody(capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[Standing] = []
    watch = TransferWatch(Session(), shown.append, as_json=False)

    for event in EVENTS:
        if isinstance(event, LocationAway | LocationBack):
            watch(event)

    assert capsys.readouterr().err.splitlines() == [
        "Cannot reach s3: connection refused. Trying again in 15 s, giving up after 15 min. "
        "Ctrl-C stops, and the job can go on later.",
        "s3 answers again.",
    ]
    assert [standing.waits_for for standing in shown] == ["s3", ""]


def test_every_event_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    watch = TransferWatch(Session(quiet=True), lambda _: None, as_json=True)

    for event in EVENTS:
        watch(event)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [event_record(event) for event in EVENTS]
    assert lines[-2] == {
        "event": "failed",
        "job": "j",
        "item": 3,
        "name": "c.wav",
        "error": "Access denied.",
        "hint": "Ask.",
        "exit_code": 5,
    }
