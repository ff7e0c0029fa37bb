"""Commands that change identities: editing, merging, deleting."""

from typing import Annotated

import typer

from audiotui.cli.items import each
from audiotui.cli.options import Settings, cleared, given, pairs
from audiotui.cli.session import session_of
from audiotui.cli.words import counted

CLEARABLE = {
    "voice": "",
    "provider": "",
    "name": "",
    "version": "",
    "first_name": "",
    "middle_name": "",
    "last_name": "",
    "username": "",
    "affiliation": "",
    "email": "",
    "language": "",
    "settings": {},
    "notes": "",
}
"""What ``--clear`` empties, and what it leaves there."""

IdentityId = Annotated[str, typer.Argument(metavar="ID", help="Its id, or the first characters of it.")]


def edit_identity(
    ctx: typer.Context,
    identity_id: IdentityId,
    model: Annotated[str | None, typer.Option(help="The model (AI voices).")] = None,
    voice: Annotated[str | None, typer.Option(help="Its voice (AI voices).")] = None,
    provider: Annotated[str | None, typer.Option(help="Who runs the model (AI voices).")] = None,
    name: Annotated[str | None, typer.Option(help="A name for people (AI voices).")] = None,
    version: Annotated[str | None, typer.Option(help="The version of the model (AI voices).")] = None,
    first_name: Annotated[str | None, typer.Option(help="First name (people).")] = None,
    middle_name: Annotated[str | None, typer.Option(help="Middle name (people).")] = None,
    last_name: Annotated[str | None, typer.Option(help="Last name (people).")] = None,
    username: Annotated[str | None, typer.Option(help="The name of an account (people).")] = None,
    affiliation: Annotated[str | None, typer.Option(help="Where the person belongs (people).")] = None,
    email: Annotated[str | None, typer.Option(help="An address (people).")] = None,
    language: Annotated[str | None, typer.Option(help="A language tag.")] = None,
    setting: Settings = None,
    notes: Annotated[str | None, typer.Option(help="Anything for people.")] = None,
    clear: Annotated[list[str] | None, typer.Option(metavar="FIELD", help="Empty a field; may be given again.")] = None,
) -> None:
    """Change details of an identity.

    Settings are replaced as a whole. `audiotui undo` takes the change back.
    """
    session = session_of(ctx)
    fields = given(
        model=model,
        voice=voice,
        provider=provider,
        name=name,
        version=version,
        first_name=first_name,
        middle_name=middle_name,
        last_name=last_name,
        username=username,
        affiliation=affiliation,
        email=email,
        language=language,
        settings=pairs("--setting", setting) if setting else None,
        notes=notes,
    )
    changes = cleared(clear, CLEARABLE, fields)
    with session.library() as manager:
        identity = manager.edit_identity(identity_id, **changes)
    session.say(f"Changed {identity.label} ({identity.uid}): {', '.join(changes)}.")


def merge_identities(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The identity that goes.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The identity that gets its recordings.")],
) -> None:
    """Move all recordings of one identity to another and remove the first."""
    session = session_of(ctx)
    with session.library() as manager:
        moved = manager.merge_identities(source, target)
        kept = manager.get_identity(target)
    session.say(f"Moved {counted(moved, 'recording')} to {kept.label} ({kept.uid}). `audiotui undo` takes it back.")


def delete_identity(
    ctx: typer.Context,
    identity_ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids, or the first characters of them.")],
) -> int:
    """Remove identities that no recording uses."""
    session = session_of(ctx)
    with session.library() as manager:
        return each(session, identity_ids, manager.delete_identity, done="Removed {}.")
