"""Repairing what a plan found damaged: the act behind the plan sheet, and its outcome in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from audiotui.events import Failed, Finished
from audiotui.model import VerifyLevel
from audiotui.text import format_bytes, safe_text
from audiotui.tui.words import things

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from audiotui.events import JobEvent
    from audiotui.manager import AudioManager, RepairReport
    from audiotui.tui.modals.long_act import Progress
    from audiotui.tui.widgets.text_pane import Part

ERRORS_SHOWN = 10


class ToRepair(NamedTuple):
    """Copies that a person wants to have repaired."""

    uids: Sequence[str]
    """The recordings."""
    location: str


class Count(NamedTuple):
    """How far a repair is."""

    done_items: int
    total_items: int
    name: str


def repair(
    manager: AudioManager,
    wanted: ToRepair,
    *,
    listener: Callable[[Progress], None],
    cancel: threading.Event,
) -> RepairReport:
    """Look at the copies, so that the library knows what is wrong with them, then make them good from others."""
    done = 0

    def hear(event: JobEvent) -> None:
        nonlocal done
        if isinstance(event, (Finished, Failed)):
            done += 1
            listener(Count(done, len(wanted.uids), event.name))

    manager.verify(wanted.uids, location=wanted.location, level=VerifyLevel.SIZE, cancel=cancel)
    return manager.repair(wanted.uids, wanted.location, listener=hear, cancel=cancel)


def repair_parts(report: RepairReport) -> list[Part]:
    """What a repair did, in lines."""
    parts: list[Part] = []
    if report.repaired:
        size = format_bytes(report.size_bytes)
        parts.append((f"✓ {things(report.repaired, 'copy')} repaired, {size}.\n", "bold $text-success"))
    if report.right_again:
        parts.append((f"{things(report.right_again, 'copy')} proved to be right.\n", ""))
    if report.cancelled:
        parts.append(("Stopped before the end; what was repaired stays so.\n", "$text-warning"))
    for error in report.errors[:ERRORS_SHOWN]:
        parts += [(f"✗ {safe_text(error.message, limit=300)}\n", "$text-error"), (f"  {safe_text(error.hint)}\n", "")]
    if len(report.errors) > ERRORS_SHOWN:
        parts.append((f"… and {things(len(report.errors) - ERRORS_SHOWN, 'more error')}\n", "dim"))
    return parts or [("There was nothing to repair.", "")]
