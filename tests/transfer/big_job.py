"""Pushes a library of many small files in a process of its own, and says what that took: ``big_job FOLDER COUNT``."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

from audiotui.events import ignore
from audiotui.transfer.engine import Engine
from tests.transfer.library import Library


class Descriptors(threading.Thread):
    """Looks again and again how many descriptors this process has open."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self.over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        while not self.over.wait(0.02):
            self.most = max(self.most, len(os.listdir("/proc/self/fd")))  # noqa: PTH208 - no paths are wanted


def most_memory_kb() -> int:
    """The most memory that this program held; ``ru_maxrss`` would count the process that started it, too."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main(folder: Path, count: int) -> None:
    """Push everything and print the figures as JSON."""
    with Library(folder) as library:
        watch = Descriptors()
        watch.start()
        begun_s = time.monotonic()
        plan = library.plan("push", range(1, count + 1))
        planned_s = time.monotonic()
        job_id = library.journal.create_job(plan.new_job(), plan.items())
        queued_s = time.monotonic()
        job = Engine(library.catalog, library.journal, library.backends.__getitem__, listener=ignore).run(job_id)
        ended_s = time.monotonic()
        again = library.plan("push", range(1, count + 1))
        watch.over.set()
        figures = {
            "planned": plan.send_count,
            "done": job.done_items,
            "skipped": again.skip_count,
            "most_memory_kb": most_memory_kb(),
            "most_descriptors": watch.most,
            "plan_s": round(planned_s - begun_s, 1),
            "queue_s": round(queued_s - planned_s, 1),
            "run_s": round(ended_s - queued_s, 1),
            "plan_again_s": round(time.monotonic() - ended_s, 1),
        }
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
