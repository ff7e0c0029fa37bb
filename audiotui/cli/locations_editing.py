"""Commands that change which locations the configuration names, and that import what lies at one."""

from typing import Annotated

import typer

from audiotui.cli import output
from audiotui.cli.failures import exit_code_of, say_error
from audiotui.cli.interrupts import stopping
from audiotui.cli.locations import Name
from audiotui.cli.progress import Standing, meter
from audiotui.cli.session import session_of
from audiotui.cli.words import counted
from audiotui.errors import CANCELLED_EXIT_CODE, InvalidInput
from audiotui.model import NewRecording
from audiotui.text import briefly

Given = Annotated[
    list[str] | None,
    typer.Argument(metavar="OPTION=VALUE", help="Options as in the file; of a secret the NAME of its variable."),
]


def add(
    ctx: typer.Context,
    name: Name,
    kind: Annotated[str, typer.Argument(metavar="TYPE", help="local, s3, minio or scp.")],
    given: Given = None,
) -> int:
    """Add a location to the configuration, comments and order kept.

    audiotui locations add studio minio endpoint=minio.lab:9000 bucket=takes access_key=me secret_key=MINIO_SECRET
    """
    from audiotui.config.drafts import LocationDraft

    session = session_of(ctx)
    with session.library() as manager:
        forms = {form.kind: form for form in manager.location_kinds()}
        if kind not in forms:
            raise InvalidInput(f"There is no type of locations {briefly(kind)}.", f"Types are: {', '.join(forms)}.")
        values = _values(given, [field.name for field in forms[kind].fields])
        manager.save_location(LocationDraft(name, kind, values), is_new=True)
        session.say(f"Added {name} to {manager.config.path}. `audiotui locations check {name}` tries it out.")
    return 0


def edit(ctx: typer.Context, name: Name, given: Given = None) -> int:
    """Change options of a location in the configuration; OPTION= alone takes one away."""
    from dataclasses import replace

    session = session_of(ctx)
    with session.library() as manager:
        draft = manager.location_draft(name)
        fields = next(form.fields for form in manager.location_kinds() if form.kind == draft.kind)
        values = _values(given, [field.name for field in fields])
        kept = draft.kept_secrets - set(values)
        draft = replace(draft, values={**draft.values, **values}, kept_secrets=kept)
        manager.save_location(draft, is_new=False)
        session.say(f"Changed {name} in {manager.config.path}.")
    return 0


def remove(ctx: typer.Context, name: Name) -> int:
    """Take a location out of the configuration; its files stay where they are."""
    session = session_of(ctx)
    with session.library() as manager:
        manager.remove_location(name)
        session.say(f"Took {name} out of {manager.config.path}. Its files stay where they are.")
    return 0


def default(ctx: typer.Context, name: Name) -> int:
    """Let pushes go to a location that name no other."""
    session = session_of(ctx)
    with session.library() as manager:
        manager.set_default_destination(name)
        session.say(f"Pushes go to {name} now, unless they name another location.")
    return 0


def import_from(
    ctx: typer.Context,
    name: Name,
    keys: Annotated[list[str], typer.Argument(metavar="KEY", help="Files there, as `locations scan` prints them.")],
    tag: Annotated[list[str] | None, typer.Option(help="A tag for all of them; may be given again.")] = None,
) -> int:
    """Add files that lie at a location already; prints their ids.

    They are fetched to local, and what lies at the location becomes a copy under its own key.
    """
    session = session_of(ctx)
    template = NewRecording(tags=tuple(tag or ()))
    with session.library() as manager, stopping(session) as cancel, meter(session, "Importing") as show:
        report = manager.import_from_location(
            name,
            keys,
            template=template,
            listener=lambda now: show(Standing(now.done_items, now.total_items, now.done_bytes, now.total_bytes)),
            cancel=cancel,
        )
    output.block("\n".join((*report.added, *report.linked)))
    errors = [error for _, error in report.failed]
    for error in errors:
        say_error(error.message, error.hint)
    linked = f"; {counted(len(report.linked), 'recording')} had the same sound already" if report.linked else ""
    session.say(f"Imported {counted(len(report.added), 'recording')} from {name}{linked}.")
    if report.cancelled:
        return CANCELLED_EXIT_CODE
    return exit_code_of(errors, done=len(report.added) + len(report.linked))


def _values(given: list[str] | None, known: list[str]) -> dict[str, str]:
    """Options by name.

    Raises:
        InvalidInput: one has no '=', or an unknown name.
    """
    values: dict[str, str] = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not equals:
            raise InvalidInput(
                f"{briefly(name)} is no option with a value.", f"Write OPTION=VALUE, such as {known[0]}=..."
            )
        if name not in known:
            raise InvalidInput(f"There is no option {briefly(name)} here.", f"Options are: {', '.join(known)}.")
        values[name] = value
    return values
