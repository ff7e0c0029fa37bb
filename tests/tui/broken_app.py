"""The app with a fault of the program in it, run as the command line runs it.

python tests/tui/broken_app.py reader|screen|worker
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from audiotui.cli.failures import handled
from audiotui.cli.session import Session
from audiotui.tui import terminal_log_held_back
from audiotui.tui.app import AudiotuiApp
from tests.tui.generated import GeneratedManager

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.model import LocationInfo

SECRET = "s3cr3t-in-a-variable"


class BrokenManager(GeneratedManager):
    """Fails in one place as a careless program would."""

    def __init__(self, where: str) -> None:
        super().__init__(size=9)
        self._where = where
        if where == "reader":
            self.broken = KeyError(SECRET)

    def locations(self) -> list[LocationInfo]:
        """Where the screen is made."""
        variable = SECRET
        if self._where == "screen":
            raise KeyError(variable)
        return super().locations()

    def delete_recordings(self, selection: Sequence[int]) -> None:
        """In a worker."""
        variable = SECRET
        raise KeyError(variable, selection)


def main() -> int:
    """Run it; the exit code is that of the program."""
    manager = BrokenManager(sys.argv[1]).as_manager
    with handled(Session()) as outcome, terminal_log_held_back():
        outcome.exit_code = AudiotuiApp(lambda: manager).run_safely()
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main())
