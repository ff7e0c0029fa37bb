"""What a test lets die: a process that runs the open jobs of the library in a folder, and says how they ended."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.transfer.library import Library


def main(folder: str) -> None:
    """Run every job that waits; the last line of output tells how many items each has done."""
    with Library(Path(folder)) as library:
        while (job_id := library.journal.next_job()) is not None:
            job = library.run(job_id)
            sys.stdout.write(f"{job.kind} {job.state} {job.done_items} {job.skipped_items} {job.failed_items}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
