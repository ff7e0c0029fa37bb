"""Commands on many files at once: importing folders, exporting recordings."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from audiotui.cli import output
from audiotui.cli.failures import exit_code_of
from audiotui.cli.interrupts import stopping
from audiotui.cli.items import tell_errors
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AllowDuplicate, InPlace, Meta, Move, pairs
from audiotui.cli.progress import Standing, meter
from audiotui.cli.session import Session, session_of
from audiotui.cli.words import counted
from audiotui.errors import CANCELLED_EXIT_CODE, InvalidInput
from audiotui.model import AIIdentity, NewRecording, UserIdentity
from audiotui.text import format_bytes

if TYPE_CHECKING:
    from audiotui.manager import AudioManager, ImportReport


class ImportLine(NamedTuple):
    """What came of one file."""

    outcome: str
    id: str
    path: str
    why: str


IMPORT_LINES: Listing[ImportLine] = Listing(
    columns=(
        Column("outcome", "OUTCOME", width=10),
        Column("path", "FILE"),
        Column("why", "WHY", width=50, optional=True),
    ),
    record=ImportLine._asdict,
)


def import_files(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Folders, audio files, or an export.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be added.")] = False,
    recursive: Annotated[bool, typer.Option("--recursive/--no-recursive", help="Folders inside folders too.")] = True,
    keep_transcripts: Annotated[
        bool, typer.Option("--keep-transcripts", help="Keep the .txt files too, as files of kind transcript.")
    ] = False,
    model: Annotated[str, typer.Option(help="The model of all of them.")] = "",
    ai_identity: Annotated[str | None, typer.Option(metavar="ID", help="The AI voice of all of them.")] = None,
    user_identity: Annotated[str | None, typer.Option(metavar="ID", help="The person who spoke all of them.")] = None,
    ai_generated: Annotated[bool, typer.Option("--ai-generated", help="Generated speech.")] = False,
    session_name: Annotated[str, typer.Option("--session", help="A recording session or a batch.")] = "",
    folder: Annotated[str, typer.Option(help="A place in the catalog, such as greetings/short.")] = "",
    language: Annotated[str, typer.Option(help="A language tag, such as en-GB.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag for all of them; may be given again.")] = None,
    meta: Meta = None,
    in_place: InPlace = False,
    move: Move = False,
    allow_duplicate: AllowDuplicate = False,
    as_json: Annotated[bool, typer.Option("--json", help="What came of every file, as lines of JSON.")] = False,
) -> int:
    """Add whole folders of recordings; prints their ids.

    Each audio file becomes a recording with the text of the .txt file of the same name beside it. Files that cannot be
    used are told, and the others go on. The same command again adds nothing twice, and gives back what was lost since.
    """
    session = session_of(ctx)
    template = NewRecording(
        model=model,
        ai_generated=ai_generated,
        session=session_name,
        folder=folder,
        language=language,
        tags=tuple(tag or ()),
        metadata=pairs("--meta", meta),
    )
    with session.library() as manager:
        with stopping(session) as cancel, meter(session, "Importing") as show:
            report = manager.import_paths(
                paths,
                template=_with_identities(manager, template, ai_identity, user_identity),
                recursive=recursive,
                dry_run=dry_run,
                in_place=in_place,
                move=move,
                allow_duplicate=allow_duplicate,
                keep_transcripts=keep_transcripts,
                listener=_shown_by(show),
                cancel=cancel,
            )
        if as_json or dry_run:
            output.listing(IMPORT_LINES, _lines(report), as_json=as_json)
        else:
            output.block("\n".join(report.uids))
    return _tell_import(session, report)


def export_recordings(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to export; '' is all recordings.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to; made if need be.")],
) -> int:
    """Write recordings to a folder, with a manifest for import; prints its name.

    A second run goes on where the first one stopped. Files of others in the folder are never overwritten.
    """
    session = session_of(ctx)
    with session.library() as manager:
        session.say_notes(manager, query)
        with stopping(session) as cancel, meter(session, "Exporting") as show:
            report = manager.export_recordings(query, directory, listener=_shown_by(show), cancel=cancel)
    errors = [failed.error for failed in report.failed]
    tell_errors(session, errors)
    present = f"; {counted(report.present_files, 'file')} there already" if report.present_files else ""
    copied = f"{counted(report.copied_files, 'file')} ({format_bytes(report.size_bytes)})"
    session.say(f"Exported {counted(report.recordings, 'recording')}: {copied} copied{present}.")
    if report.cancelled:
        session.say("Stopped before the end, without a manifest; the same command goes on.")
        return CANCELLED_EXIT_CODE
    output.line(str(report.manifest))
    return exit_code_of(errors, done=report.recordings)


def _shown_by(show: Callable[[Standing], None]) -> Callable[[Any], None]:
    """A listener of bulk work that moves a meter."""
    return lambda now: show(Standing(now.done_items, now.total_items, now.done_bytes, now.total_bytes))


def _with_identities(
    manager: "AudioManager", template: NewRecording, ai_identity: str | None, user_identity: str | None
) -> NewRecording:
    """The template with the identities that the options name.

    Raises:
        InvalidInput: an id belongs to an identity of the other kind.
    """
    from dataclasses import replace

    if ai_identity is not None:
        voice = manager.get_identity(ai_identity)
        if not isinstance(voice, AIIdentity):
            raise InvalidInput(f"{voice.label!r} is a person, no AI voice.", "Give it as --user-identity.")
        model = template.model or voice.model
        template = replace(template, ai_identity_uid=voice.uid, ai_generated=True, model=model)
    if user_identity is not None:
        person = manager.get_identity(user_identity)
        if not isinstance(person, UserIdentity):
            raise InvalidInput(f"{person.label!r} is an AI voice, no person.", "Give it as --ai-identity.")
        template = replace(template, user_identity_uid=person.uid)
    return template


def _lines(report: "ImportReport") -> Iterator[ImportLine]:
    for added in report.added:
        yield ImportLine("added", added.uid, str(added.path), "")
    for back in report.given_back:
        yield ImportLine("given back", back.uid, str(back.path), f"recording {back.uid} had lost it")
    for duplicate in report.duplicates:
        why = f"the same as {duplicate.same_as}" if duplicate.same_as else f"in the library as {duplicate.uid}"
        yield ImportLine("duplicate", duplicate.uid, str(duplicate.path), why)
    for failed in report.failed:
        yield ImportLine("failed", "", str(failed.path), failed.error.message)
    for skipped in report.skipped:
        yield ImportLine("skipped", "", str(skipped.path), skipped.reason)


def _tell_import(session: Session, report: "ImportReport") -> int:
    """Say what the import did and return the exit code."""
    for note in report.notes:
        session.say(f"note: {note}")
    errors = [failed.error for failed in report.failed]
    if report.stopped_by is not None and report.stopped_by not in errors:
        errors.append(report.stopped_by)
    tell_errors(session, errors)
    verb = "Would add" if report.dry_run else "Added"
    others = {
        "to be given back" if report.dry_run else "given back": len(report.given_back),
        "in the library already": len(report.duplicates),
        "failed": len(report.failed),
        "left alone": len(report.skipped),
        "of other kinds": report.other_files,
    }
    unchanged = f"; {counted(report.unchanged, 'recording')} unchanged" if report.unchanged else ""
    more = unchanged + "".join(f"; {counted(number, 'file')} {what}" for what, number in others.items() if number)
    session.say(f"{verb} {counted(len(report.added), 'recording')} ({format_bytes(report.size_bytes)}){more}.")
    if report.cancelled:
        session.say("Stopped before the end; what was added stays, and the same command goes on.")
        return CANCELLED_EXIT_CODE
    if report.stopped_by is not None:
        session.say(
            "Stopped there: the files that are left would fail too. Once that is mended, the same command goes on."
        )
    return exit_code_of(errors, done=_good_files(report))


def _good_files(report: "ImportReport") -> int:
    """How many files and lines of manifests came to what they should."""
    return len(report.added) + len(report.given_back) + len(report.duplicates) + report.unchanged
