"""``audiotui demo``: a library of spoken clips, for the app in a terminal, and as a story everywhere else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotui.cli import output
from audiotui.cli.session import Session, session_of
from audiotui.cli.words import counted
from audiotui.errors import IntegrityError
from audiotui.text import format_bytes, format_duration

if TYPE_CHECKING:
    from audiotui.manager import AudioManager

SOUGHT = "north wind"
"""What the story searches for."""


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="FOLDER", help="Make the library there, and keep it.")
    ] = None,
) -> int:
    """Try everything on a throw-away library of a dozen spoken clips."""
    session = session_of(ctx)
    with _place(folder) as place:
        from audiotui.manager.demo import make_demo_library

        config_path = make_demo_library(place)
        if session.interactive and output.is_terminal(sys.stdout):
            from audiotui.cli.app_start import run

            code = run(config_path, "")
            _let_jobs_end(config_path)
        else:
            code = _story(session, config_path)
        if folder is not None:
            session.say(f"The library is kept: audiotui --config {config_path}")
        return code


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    """The folder that was asked for, or one that is gone afterwards."""
    if folder is not None:
        yield folder
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="audiotui-demo-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


def _story(session: Session, config_path: Path) -> int:
    """Search, push, delete the local files, pull, verify; every step is told, and any wrong hash is an error."""
    from audiotui.manager import AudioManager

    with AudioManager(config_path, actor="demo") as manager:
        rows = list(manager.find())
        seconds = sum(row.duration_s or 0.0 for row in rows)
        output.line(f"1. A library of {counted(len(rows), 'recording')}, {format_duration(seconds)} of speech.")
        _search(manager)
        _push(session, manager)
        _delete_local(manager)
        _pull(session, manager)
        return _verify(manager)


def _search(manager: "AudioManager") -> None:
    hits = list(manager.find(SOUGHT))
    output.line(f"2. Searched for {SOUGHT!r}: {counted(len(hits), 'hit')}.")
    for hit in hits:
        output.line(f"   {hit.uid[:8]}  {hit.identity}: {hit.text}")


def _push(session: Session, manager: "AudioManager") -> None:
    from audiotui.cli.progress import meter
    from audiotui.cli.transfer_events import TransferWatch

    plan = manager.plan_push("")
    with meter(session, plan.title) as show:
        done = manager.transfer(plan, TransferWatch(session, show, as_json=False))
    done.check()
    output.line(
        f"3. Pushed {counted(plan.send_count, 'file')}, {format_bytes(plan.send_bytes)}, to {plan.destination!r}; "
        f"{counted(plan.skip_count, 'file')} there already."
    )


def _delete_local(manager: "AudioManager") -> None:
    removed = 0
    for row in manager.find():
        path = manager.local_path(row.uid)
        if path is not None:
            path.unlink()
            removed += 1
    output.line(f"4. Deleted {counted(removed, 'local file')} as if by accident.")


def _pull(session: Session, manager: "AudioManager") -> None:
    from audiotui.cli.progress import meter
    from audiotui.cli.transfer_events import TransferWatch

    plan = manager.plan_pull("")
    with meter(session, plan.title) as show:
        done = manager.transfer(plan, TransferWatch(session, show, as_json=False))
    done.check()
    output.line(f"5. Pulled {counted(plan.send_count, 'file')} back.")


def _verify(manager: "AudioManager") -> int:
    """Compare every local file with the SHA-256 that the catalog has had since the beginning."""
    import hashlib

    right = 0
    for row in manager.find():
        recording = manager.get_recording(row.uid)
        path = manager.local_path(row.uid)
        wanted = manager.current_file(recording).sha256
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path is not None else "nothing"
        if found != wanted:
            raise IntegrityError(f"{recording.label}: its local file should hash to {wanted} and is {found}.")
        right += 1
    report = manager.verify()
    for bad in (*report.damaged, *report.missing):
        raise IntegrityError(f"{bad.name} at {bad.location}: {bad.reason}.")
    output.line(
        f"6. Verified: {counted(right, 'local file')} with the right SHA-256, "
        f"{counted(report.right, 'copy')} proven at all locations."
    )
    return 0


def _let_jobs_end(config_path: Path) -> None:
    """Stop what the worker still does, so that the folder can go."""
    from audiotui.manager import AudioManager

    with AudioManager(config_path, actor="demo") as manager:
        for job in manager.list_jobs():
            if not job.state.is_final:
                manager.cancel_job(job.id)
