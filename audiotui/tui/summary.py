"""Jobs in a few words: for the top line, for the head of the Transfers mode, and for what is said when they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audiotui.text import format_bytes, format_count, format_eta, format_rate, safe_text
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audiotui.manager import JobInfo

SOON_MS = 10_000
"""A worker takes a job on sooner than this, if one runs at all."""


class Summary(NamedTuple):
    """All jobs that run or wait, added up."""

    running: int
    queued: int
    """Those that wait for the ones that run, or were queued just now."""
    left: int
    """Those that nobody is going to take on: their worker is gone, by a restart of the machine for example."""
    done_files: int
    total_files: int
    done_bytes: int
    total_bytes: int
    rate_bytes_s: float
    waits_for: str
    """The locations that do not answer and that some of them wait for; '' if none do."""

    @property
    def share(self) -> float:
        """How much of all bytes is done, 0 to 1."""
        return self.done_bytes / self.total_bytes if self.total_bytes else 0.0

    @property
    def left_words(self) -> str:
        """That jobs were left lying; '' if none were."""
        if not self.left:
            return ""
        return f"{things(self.left, 'job')} {'waits' if self.left == 1 else 'wait'} and nothing runs"

    @property
    def short(self) -> str:
        """For the top line; '' if there is nothing to do."""
        if not self.running:
            if self.left:
                return f"⇅ {self.left} {'waits' if self.left == 1 else 'wait'}"
            return f"⇅ {self.queued} queued" if self.queued else ""
        rate = f"  {format_rate(self.rate_bytes_s)}" if self.rate_bytes_s else ""
        if self.waits_for:
            rate = "  waits"
        return f"⇅ {self.running} {percent(self.share)}{rate}"

    @property
    def long(self) -> str:
        """One line."""
        if not self.running:
            if self.left:
                return f"{self.left_words}: R goes on."
            return f"{things(self.queued, 'job')} queued" if self.queued else "Nothing is running."
        left_bytes = self.total_bytes - self.done_bytes
        words = [
            f"{things(self.running, 'job')} running",
            percent(self.share),
            f"{format_count(self.done_files)} of {format_count(self.total_files)} files",
            bytes_of(self.done_bytes, self.total_bytes),
        ]
        if self.waits_for:
            words.append(f"waiting for {self.waits_for}")
        elif self.rate_bytes_s:
            words += [format_rate(self.rate_bytes_s), format_eta(left_bytes / self.rate_bytes_s)]
        return "   ".join(words)


def summarise(jobs: Iterable[JobInfo], now_ms: int) -> Summary:
    """What the jobs that run or wait add up to."""
    jobs = list(jobs)
    running = [job for job in jobs if job.is_live]
    waiting = [job for job in jobs if job.state in ("queued", "running") and not job.is_live]
    is_soon = bool(running) or any(now_ms - _created_ms(job) < SOON_MS for job in waiting)
    return Summary(
        running=len(running),
        queued=len(waiting) if is_soon else 0,
        left=0 if is_soon else len(waiting),
        done_files=sum(job.done_items + job.skipped_items for job in running),
        total_files=sum(job.total_items for job in running),
        done_bytes=sum(job.done_bytes for job in running),
        total_bytes=sum(job.total_bytes for job in running),
        rate_bytes_s=sum(job.rate_bytes_s or 0.0 for job in running),
        waits_for=", ".join(sorted({safe_text(job.waits_for) for job in running if job.waits_for})),
    )


def ended(before: Iterable[JobInfo], now: Iterable[JobInfo]) -> list[JobInfo]:
    """Jobs that ended since the last look, also those that began since; cancelled ones are no news to anybody."""
    old_ids = {job.id for job in before if job.state.is_final}
    return [job for job in now if job.id not in old_ids and job.state in ("done", "failed")]


def _created_ms(job: JobInfo) -> int:
    return int(job.created_at.timestamp() * 1000)


def bytes_of(done: int, total: int) -> str:
    """``2.0 of 4.1 GB``."""
    number, unit = format_bytes(done).split(" ")
    whole = format_bytes(total)
    return f"{number} of {whole}" if whole.endswith(f" {unit}") else f"{number} {unit} of {whole}"


def percent(share: float) -> str:
    """A share in whole percent; 100% only when all is done."""
    return f"{int(100 * share)}%"
