"""Commands on the service for generated speech as a whole: its state, batches, upkeep, its HTTP server, its demo."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from audiotui.cli import output
from audiotui.cli.failures import exit_code_of, say_error
from audiotui.cli.interrupts import stopping
from audiotui.cli.items import tell_errors
from audiotui.cli.library import service_of
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Yes
from audiotui.cli.progress import Standing, meter
from audiotui.cli.session import Session, session_of
from audiotui.cli.words import counted
from audiotui.config.library import MOST_PARALLEL
from audiotui.errors import CANCELLED_EXIT_CODE, AudiotuiError, InvalidInput, UploadFailed
from audiotui.text import format_count

if TYPE_CHECKING:
    from audiotui.library.batch import SaveProgress
    from audiotui.library.orphans import RemovalPlan
    from audiotui.library.reconciling import Discrepancy

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of a line of a batch; no document of an asset could hold what more would say."""

KEPT_ERRORS = 1_000
"""So many failures of a batch are kept until its end; the others are only counted."""

DISCREPANCIES: "Listing[Discrepancy]" = Listing(
    columns=(
        Column("trouble", "TROUBLE", width=34),
        Column("customer_id", "CUSTOMER", width=20),
        Column("asset_id", "ASSET", width=36),
        Column("is_repaired", "REPAIRED", width=8),
        Column("remark", "REMARK", width=40, optional=True),
        Column("key", "KEY"),
    ),
    record=lambda one: {
        "trouble": str(one.trouble),
        "customer_id": one.customer_id,
        "asset_id": one.asset_id,
        "key": one.key,
        "is_repaired": one.is_repaired,
        "remark": one.remark,
    },
)


def library(ctx: typer.Context) -> int:
    """Show where generated speech is kept, and whether its servers answer."""
    if ctx.invoked_subcommand is not None:
        return 0
    session = session_of(ctx)
    with service_of(session) as service:
        parts, trouble = service.parts, None
        try:
            service.check_health()
        except AudiotuiError as error:
            trouble = error
        # Documents that do not answer are not counted: each question would wait for its whole time-out.
        unfinished = "not known"
        if trouble is None or isinstance(trouble, UploadFailed):
            unfinished = str(sum(1 for one in parts.documents.unfinished() if one.pending is not None))
        output.details(
            [
                ("storage", f"{parts.shelf.name}, bucket {parts.shelf.bucket}"),
                ("documents", parts.documents.name),
                ("speech server", parts.options.speech_url),
                ("unfinished", unfinished),
            ]
        )
    if trouble is not None:
        say_error(trouble.message, trouble.hint)
        return trouble.exit_code
    return 0


def save_many(
    ctx: typer.Context,
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON lines with the arguments of single saves; - is standard input.")
    ],
    parallel: Annotated[int | None, typer.Option(min=1, max=MOST_PARALLEL, help="So many at once.")] = None,
) -> int:
    """Keep many assets; prints what came of each, as lines of JSON."""
    session = session_of(ctx)
    kept, done, failed = _KeptErrors(), 0, 0
    with session.lines_of(path) as file:
        total = sum(1 for _ in _lines(file))
        file.seek(0)
        numbers: dict[int, int] = {}
        with (
            service_of(session) as service,
            stopping(session) as cancel,
            meter(session, f"Saving {counted(total, 'asset')}") as show,
        ):

            def tell(progress: "SaveProgress") -> None:
                show(Standing(progress.done, total, 0, 0))

            for one in service.saving_many(
                _items(file, numbers),
                parallel=parallel,
                listener=tell,
                cancel=cancel,
                called=lambda index: f"Line {numbers[index]}",
            ):
                place = {"index": one.index, "line": numbers.pop(one.index)}
                if one.error is None:
                    done += 1
                    output.json_line({**place, **(one.result or {})})
                else:
                    failed += 1
                    kept.add(one.error)
                    output.json_line({**place, "asset_id": one.asset_id, "error": one.error.message})
            if cancel.is_set():
                return CANCELLED_EXIT_CODE
    tell_errors(session, kept.errors, more=failed - len(kept.errors))
    return exit_code_of(kept.errors, done=done)


def resume(ctx: typer.Context) -> int:
    """Finish or undo what crashes and failed servers left."""
    session = session_of(ctx)
    with service_of(session) as service:
        report = service.resume()
    session.say(
        f"{counted(report.finished, 'work')} finished, {report.undone} undone, {report.busy} in hand of others, "
        f"{len(report.failures)} still to be done."
    )
    tell_errors(session, report.failures)
    return exit_code_of(report.failures, done=report.finished + report.undone)


def reconcile(
    ctx: typer.Context,
    repair: Annotated[bool, typer.Option("--repair", help="Repair what can be, and remove old strays.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Compare documents, storage and catalog; prints what differs.

    Strays, which no document stands for, go to the storage's trash; a repair gives back what has its document again.
    Many at once stay unless you say so, and all of them where other documents have files in the same storage.
    """
    session = session_of(ctx)
    open_cases = 0

    def counting(found: "Iterator[Discrepancy]") -> "Iterator[Discrepancy]":
        nonlocal open_cases
        for one in found:
            open_cases += not one.is_repaired
            yield one

    with service_of(session) as service:
        plan = service.plan_removal() if repair else None
        agreed = plan is not None and (yes or _agreed(session, plan))
        found = counting(service.reconcile(repair=repair, agreed=agreed))
        rows = output.listing(DISCREPANCIES, found, as_json=as_json)
    if not rows:
        session.say("Documents, storage and catalog agree.")
    if plan is not None and (refusal := plan.refusal(agreed=agreed)) is not None:
        say_error(refusal.message, refusal.hint)
    return UploadFailed.exit_code if open_cases else 0


def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on; others than loopback need API keys.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 8411,
) -> int:
    """Serve the library over HTTP, with its documentation at /docs."""
    session = session_of(ctx)
    try:
        from audiotui.library.http.serving import run
    except ImportError as error:
        raise InvalidInput(
            f"Cannot serve: {error.name} is not installed.", "Install it: pip install 'audiotui[server]'"
        ) from error
    with service_of(session) as service:
        run(service, host=host, port=port, say=session.say)
    return 0


def demo(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 0,
    once: Annotated[bool, typer.Option("--once", help="Save one asset in a throw-away library, and end.")] = False,
) -> int:
    """Start a small speech server on loopback, to try the service with."""
    from audiotui.library.demo import SpeechDemo, story

    session = session_of(ctx)
    with SpeechDemo(port) as speech:
        session.say(f"The speech server {speech.url} speaks through {speech.voice}.")
        if once:
            output.json_line(story(speech))
            return 0
        with stopping(session) as ended:
            output.line(f"AUDIO_GENERATION_SERVICE_URL={speech.url}")
            output.flush()
            session.say("Try it in another terminal; Ctrl-C ends it:")
            for line in speech.examples():
                session.say(f"  {line}")
            ended.wait()
    return 0


def _agreed(session: Session, plan: "RemovalPlan") -> bool:
    """Whether all that a repair would remove may go. Where nobody can be asked, the rest is repaired without it."""
    if plan.marks or not plan.needs_consent:
        return True
    strays = f"{format_count(plan.orphans)} of the {counted(plan.objects, 'file')} in {plan.place}"
    return session.interactive and session.ask(f"Remove {strays}, which have no document in {plan.documents}?")


class _KeptErrors:
    """The errors of a batch of any size: the first ones, and of each exit code at least one."""

    def __init__(self) -> None:
        self.errors: list[AudiotuiError] = []
        self._codes: set[int] = set()

    def add(self, error: AudiotuiError) -> None:
        """One more; most are not kept once there are many."""
        if len(self.errors) < KEPT_ERRORS or error.exit_code not in self._codes:
            self._codes.add(error.exit_code)
            self.errors.append(error)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, each with its number; of one that is too long only its beginning."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if line.strip():
            yield number, line
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)


def _items(file: BinaryIO, numbers: dict[int, int]) -> Iterator[dict[str, Any] | AudiotuiError]:
    """The items of a batch, or what is wrong with them; notes the number of each one's line by its place."""
    for index, (number, line) in enumerate(_lines(file)):
        numbers[index] = number
        yield _item(number, line)


def _item(number: int, line: bytes) -> dict[str, Any] | AudiotuiError:
    if len(line) > LONGEST_LINE:
        return InvalidInput(f"Line {number} is longer than any save could be.", "Give an object on each line.")
    try:
        item = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n"))
    except UnicodeDecodeError as error:
        return InvalidInput(
            f"Line {number} is no UTF-8 text: byte {error.start} does not belong there.", "Convert it to UTF-8."
        )
    except (ValueError, RecursionError) as error:
        return InvalidInput(f"Line {number} is no JSON: {error}.", "Give an object on each line.")
    if not isinstance(item, dict):
        return InvalidInput(f"Line {number} is no JSON object.", "Give an object on each line.")
    return item
