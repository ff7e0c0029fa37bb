"""A job and its files in lines, for the pane below the table of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.text import format_bytes, format_count, format_rate, safe_text
from audiotui.tui.columns import pad
from audiotui.tui.summary import percent
from audiotui.tui.widgets.bar import bar
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audiotui.manager import ItemInfo, JobInfo
    from audiotui.tui.widgets.text_pane import Part

FILE_SIGNS = {"waiting": "·", "active": "▶", "done": "✓", "skipped": "↷", "failed": "✗", "cancelled": "-"}

REASONS_SHOWN = 3

FEWEST_SPEEDS = 5

LEVELS = " ▁▂▃▄▅▆▇█"


class Speeds:
    """How fast single files move, from how far they were at the last looks."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], tuple[int, int]] = {}
        self._rates: dict[tuple[str, int], float] = {}

    def look(self, files: Iterable[ItemInfo], now_ms: int) -> None:
        """Files as they stand now."""
        before, self._seen = self._seen, {}
        rates, self._rates = self._rates, {}
        for item in files:
            if item.state != "active":
                continue
            key = (item.job_id, item.id)
            done, at_ms = before.get(key, (item.done_bytes, now_ms))
            if now_ms - at_ms < 1_000:  # too short to tell: the earlier look stays the one to compare with
                self._seen[key] = (done, at_ms)
                if key in rates:
                    self._rates[key] = rates[key]
            else:
                self._seen[key] = (item.done_bytes, now_ms)
                self._rates[key] = max(0.0, 1_000 * (item.done_bytes - done) / (now_ms - at_ms))

    def of(self, item: ItemInfo) -> float | None:
        """Bytes a second of a file, None if it is not known yet."""
        return self._rates.get((item.job_id, item.id))


def describe(job: JobInfo, files: Sequence[ItemInfo], width: int, speeds: Speeds) -> list[Part]:
    """The job in words, then its files: with bars those under way, with the way out those that failed."""
    way = f"{safe_text(job.source) or 'best copies'} → {safe_text(job.destination)}"
    parts: list[Part] = [
        (f"{safe_text(job.title)}   ", "bold"),
        (f"{way}   {limits_words(job)}   job {job.id}\n", "dim"),
        (f"✓ {format_count(job.done_items)} done   ↷ {format_count(job.skipped_items)} there already   ", ""),
        (f"✗ {format_count(job.failed_items)} failed   ", "$text-error" if job.failed_items else ""),
        (f"· {format_count(job.open_items)} to go\n", ""),
    ]
    if job.waits_for:
        waits = f"{safe_text(job.waits_for)} does not answer: it is tried again, and the job goes on when it does."
        parts.append((f"{waits}\n", "$text-warning"))
    if job.error:
        parts.append((f"{safe_text(f'{job.error} {job.hint}'.strip())}\n", "$text-error"))
    parts += [("\n", ""), *reasons(files)]
    name_cells = max(16, min(48, width // 2 - 4))
    for item in files:
        parts += file_line(item, name_cells, speeds.of(item))
    if len(files) < job.total_items:
        parts.append((f"… and {format_count(job.total_items - len(files))} more\n", "dim"))
    return parts


def limits_words(job: JobInfo) -> str:
    """How much of the line the job may use."""
    at_once = f"{job.parallel} at a time" if job.parallel else "any number at a time"
    return f"{at_once}, at most {format_rate(job.bytes_per_s)}" if job.bytes_per_s else at_once


def reasons(files: Iterable[ItemInfo]) -> list[Part]:
    """Why files failed, each reason once where several files share it, with what to do about it."""
    counts: dict[tuple[str, str], int] = {}
    for item in files:
        if item.state == "failed" and item.error:
            why = (item.error.replace(item.name, "…"), item.hint)
            counts[why] = counts.get(why, 0) + 1
    shared = sorted(((count, why) for why, count in counts.items() if count > 1), reverse=True)[:REASONS_SHOWN]
    parts: list[Part] = []
    for count, (error, hint) in shared:
        said = safe_text(f"{error} {hint}".strip(), limit=500)
        parts.append((f"✗ {things(count, 'file')}: {said}\n", "$text-error"))
    return [*parts, ("\n", "")] if parts else []


def file_line(item: ItemInfo, name_cells: int, rate: float | None = None) -> list[Part]:
    """One file: sign, name, size, and how far it is and how fast, or why it failed."""
    style = {"failed": "$text-error", "done": "$text-success"}.get(item.state, "")
    parts: list[Part] = [
        (f"{FILE_SIGNS.get(item.state, ' ')} ", style),
        (f"{pad(safe_text(item.name, limit=4 * name_cells), name_cells)} {format_bytes(item.size_bytes):>8}  ", ""),
    ]
    if item.state == "active":
        share = item.done_bytes / item.size_bytes if item.size_bytes else 0.0
        parts.append((f"{bar(share, 14)} {percent(share):>4}  {format_rate(rate or None)}", "$text-accent"))
    if item.error:
        parts.append((f"\n  {safe_text(f'{item.error} {item.hint}'.strip(), limit=500)}", "$text-error"))
    return [*parts, ("\n", "")]


def history(rates: Sequence[float], cells: int) -> str:
    """The last speeds as a row of bars, the highest of them as high as a line is; '' as long as they are few."""
    shown = rates[-cells:] if cells >= FEWEST_SPEEDS else []
    most = max(shown, default=0.0) if len(shown) >= FEWEST_SPEEDS else 0.0
    return "".join(LEVELS[round(rate / most * (len(LEVELS) - 1))] for rate in shown) if most else ""
