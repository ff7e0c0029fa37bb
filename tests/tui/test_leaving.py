"""Leaving the app: at once, unless something is under way here or was typed and not saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.tui.modals.long_act import LongActModal
from tests.tui.driving import driven
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    import threading

    from audiotui import AudioManager


async def test_what_was_typed_in_a_form_is_not_lost_without_a_question(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("2")
        await driver.until_text("▸ Aria")
        await driver.press("e", "x")
        await driver.until_text("1 change not saved: model")
        await driver.press("ctrl+q")
        await driver.until_text("Leave?", "1 change not saved: model.", "Stay")
        await driver.press("enter")
        await driver.until_gone("Leave?")
        await driver.until_text("Edit Aria", "1 change not saved: model")
        await driver.press("ctrl+q")
        await driver.until_text("Leave?")
        await driver.press("y")

        await driver.until(lambda: driver.app.return_code == 0, "the end")


async def test_what_runs_in_the_app_is_ended_in_order_before_it_is_left(manager: AudioManager) -> None:
    ended = []

    def act(*, listener: object, cancel: threading.Event) -> int:
        assert callable(listener)
        ended.append(cancel.wait(PATIENCE_S))
        return 0

    async with driven(manager) as driver:
        driver.app.push_screen(LongActModal("Import from s3", "Fetching…", act, lambda _: [("over", "")]))
        await driver.until_text("Fetching…")
        await driver.press("ctrl+q")
        await driver.until_text("Leave?", "Import from s3: it is running")
        assert ended == []
        await driver.press("y")

        await driver.until(lambda: driver.app.return_code == 0, "the end")
        assert ended == [True]


async def test_an_import_that_has_not_begun_is_left_without_a_question(manager: AudioManager) -> None:
    async with driven(manager) as driver:
        await driver.press("i")
        await driver.until_text("What shall be imported?")
        await driver.press("ctrl+q")

        await driver.until(lambda: driver.app.return_code == 0, "the end: nothing runs yet")
