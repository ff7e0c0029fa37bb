"""The manager's part for the log of the worker process, in which it writes what it does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from audiotui.manager.base import Library

if TYPE_CHECKING:
    from pathlib import Path

LINE_BYTES = 400
"""More than a line of the log usually has."""


class WorkerLog(Library):
    """Looking at what the worker did."""

    @property
    def worker_log_path(self) -> Path:
        """The file; it need not exist."""
        from audiotui.transfer.spawn import worker_log_path

        return worker_log_path(self.config.db_path)

    def worker_log(self, lines: int = 200) -> list[str]:
        """The last lines of the worker's log, oldest first; empty if there is none or it cannot be read."""
        try:
            with self.worker_log_path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - lines * LINE_BYTES))
                found = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return []
        whole = found if size <= lines * LINE_BYTES else found[1:]  # the first one may be cut
        return whole[-lines:]
