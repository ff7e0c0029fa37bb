"""Commands on identities: registering them, listing them, showing one."""

from typing import Annotated, Literal

import typer

from audiotui.cli import output
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Limit, Settings, pairs
from audiotui.cli.records import identity_record, short_id, shown
from audiotui.cli.session import session_of
from audiotui.model import AIIdentity, UserIdentity

IDENTITIES: Listing[AIIdentity | UserIdentity] = Listing(
    columns=(
        Column("uid", "ID", show=short_id, width=13),
        Column("label", "NAME"),
        Column("language", "LANGUAGE", width=8, optional=True),
        Column("recording_count", "RECORDINGS", right=True, width=10),
    ),
    record=identity_record,
)


def register_ai_identity(
    ctx: typer.Context,
    model: Annotated[str, typer.Option(help="The model that speaks.")],
    voice: Annotated[str, typer.Option(help="Its voice.")] = "",
    provider: Annotated[str, typer.Option(help="Who runs the model.")] = "",
    name: Annotated[str, typer.Option(help="A name for people; lists show the voice without one.")] = "",
    version: Annotated[str, typer.Option(help="The version of the model.")] = "",
    language: Annotated[str, typer.Option(help="A language tag, such as en-GB.")] = "",
    setting: Settings = None,
    notes: Annotated[str, typer.Option(help="Anything for people.")] = "",
) -> None:
    """Register a model and a voice; prints the identity's id.

    The same provider, model and voice a second time give the first identity, unchanged.
    """
    session = session_of(ctx)
    with session.library() as manager:
        uid = manager.register_ai_identity(
            model,
            voice,
            provider=provider,
            name=name,
            version=version,
            language=language,
            settings=pairs("--setting", setting),
            notes=notes,
        )
    output.line(uid)


def register_user_identity(
    ctx: typer.Context,
    first_name: Annotated[str, typer.Option(help="First name.")] = "",
    last_name: Annotated[str, typer.Option(help="Last name.")] = "",
    middle_name: Annotated[str, typer.Option(help="Middle name.")] = "",
    username: Annotated[str, typer.Option(help="The name of an account; it identifies the person.")] = "",
    affiliation: Annotated[str, typer.Option(help="Where the person belongs.")] = "",
    email: Annotated[str, typer.Option(help="An address.")] = "",
    language: Annotated[str, typer.Option(help="A language tag, such as en-GB.")] = "",
    setting: Settings = None,
    notes: Annotated[str, typer.Option(help="Anything for people.")] = "",
) -> None:
    """Register a person; prints the identity's id.

    The same username a second time (without one: the same full name) gives the first identity, unchanged.
    """
    session = session_of(ctx)
    with session.library() as manager:
        uid = manager.register_user_identity(
            first_name,
            last_name,
            middle_name=middle_name,
            username=username,
            affiliation=affiliation,
            email=email,
            language=language,
            settings=pairs("--setting", setting),
            notes=notes,
        )
    output.line(uid)


def list_identities(
    ctx: typer.Context,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="Only those whose names, model, voice or provider hold this.")
    ] = "",
    kind: Annotated[Literal["ai", "human"] | None, typer.Option(help="Only AI voices, or only people.")] = None,
    limit: Limit = None,
    sort: Annotated[str, typer.Option(help="name, count or newest; -name reverses.")] = "name",
    as_json: AsJson = False,
) -> None:
    """List AI voices and people with their numbers of recordings."""
    session = session_of(ctx)
    with session.library() as manager:
        found = manager.list_identities(kind, text, limit=limit, sort=sort)
        output.listing(IDENTITIES, found, as_json=as_json)


def show_identity(
    ctx: typer.Context,
    identity_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, or the first characters of it.")],
    as_json: AsJson = False,
) -> None:
    """Show all that is known of an identity."""
    session = session_of(ctx)
    with session.library() as manager:
        identity = manager.get_identity(identity_id)
    if as_json:
        output.json_line(identity_record(identity))
        return
    output.details(
        [(name.replace("_", " "), shown(value)) for name, value in identity_record(identity).items() if value]
    )
