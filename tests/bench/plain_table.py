"""What ``bench_app.py`` compares with: recordings in Textual's own ``DataTable``.

python tests/bench/plain_table.py ROWS
"""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable

NAMES = ("TITLE", "IDENTITY", "DUR", "FMT", "SIZE", "WHERE", "AGE", "LANG", "VERDICT")


class PlainTable(App[None]):
    """One table."""

    BINDINGS = [("n", "new_rows", "new rows")]  # noqa: RUF012 - Textual's form

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """All rows at once."""
        self.query_one(DataTable).add_columns(*NAMES)
        self.add(int(sys.argv[1]))

    def action_new_rows(self) -> None:
        """What a search does: other rows."""
        self.query_one(DataTable).clear()
        self.add(200)

    def add(self, count: int) -> None:
        """Rows like those of recordings."""
        self.query_one(DataTable).add_rows(
            (f"Recording {number} of a long day", "Aria", "00:47", "flac", "2.1M", "L S · ·", "2h", "en-GB", "keep")
            for number in range(1, count + 1)
        )


if __name__ == "__main__":
    PlainTable().run()
