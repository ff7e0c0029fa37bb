"""The chooser under the prompt, driven in this process."""

from __future__ import annotations

from audiotui.tui.picker import PickerApp
from tests.tui.generated import MILLION, GeneratedManager, row
from tests.waiting import eventually_in_loop


async def test_a_row_that_is_still_being_fetched_is_chosen_by_keys_pressed_at_once() -> None:
    app = PickerApp(lambda: GeneratedManager().as_manager)
    async with app.run_test():
        await eventually_in_loop(lambda: app._rows.is_settled)
        app.action_table("move", 5_000)
        app.action_mark()
        app.action_table("move", 5_000)
        app.action_mark()
        app.action_choose()
        await eventually_in_loop(lambda: app.return_value is not None)

    assert app.return_value == [row(number).uid for number in (MILLION - 10_001, MILLION - 5_000)]
