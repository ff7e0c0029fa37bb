"""The command that changes details of recordings."""

from typing import Annotated, Any

import typer

from audiotui.cli.options import Generation, Meta, cleared, given, pairs
from audiotui.cli.session import session_of
from audiotui.cli.words import counted

CLEARABLE: dict[str, Any] = {
    "text": "",
    "title": "",
    "folder": "",
    "session": "",
    "language": "",
    "verdict": "",
    "model": "",
    "rating": None,
    "notes": "",
    "tags": (),
    "generation": {},
    "metadata": {},
    "ai_identity": None,
    "user_identity": None,
}
"""What ``--clear`` empties, and what it leaves there."""


Keys = Annotated[list[str] | None, typer.Option(metavar="KEY", help="Metadata to remove; may be given again.")]

_ARGUMENTS = {"ai_identity": "ai_identity_id", "user_identity": "user_identity_id"}


def edit_recording(
    ctx: typer.Context,
    recording_ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids, or the first characters of them.")],
    text: Annotated[str | None, typer.Option(help="What is said.")] = None,
    title: Annotated[str | None, typer.Option(help="A short name.")] = None,
    model: Annotated[str | None, typer.Option(help="The model's name.")] = None,
    ai_identity: Annotated[str | None, typer.Option(metavar="ID", help="A registered AI voice.")] = None,
    user_identity: Annotated[str | None, typer.Option(metavar="ID", help="A registered person.")] = None,
    ai_generated: Annotated[
        bool | None, typer.Option("--ai-generated/--not-ai-generated", help="Generated or spoken.")
    ] = None,
    session_name: Annotated[str | None, typer.Option("--session", help="A recording session or a batch.")] = None,
    folder: Annotated[str | None, typer.Option(help="A place in the catalog.")] = None,
    language: Annotated[str | None, typer.Option(help="A language tag, such as en-GB.")] = None,
    verdict: Annotated[str | None, typer.Option(help="The outcome of a review, such as keep.")] = None,
    rating: Annotated[int | None, typer.Option(min=0, max=5, help="0 to 5.")] = None,
    notes: Annotated[str | None, typer.Option(help="Anything for people.")] = None,
    add_tag: Annotated[list[str] | None, typer.Option(help="A tag to add; may be given again.")] = None,
    remove_tag: Annotated[list[str] | None, typer.Option(help="A tag to remove; may be given again.")] = None,
    meta: Meta = None,
    remove_meta: Keys = None,
    generation: Generation = None,
    clear: Annotated[list[str] | None, typer.Option(metavar="FIELD", help="Empty a field; may be given again.")] = None,
) -> None:
    """Change details of recordings.

    All of them get the same values, as one action that `audiotui undo` takes back. --meta sets single values of the
    metadata; --generation replaces the whole object.
    """
    session = session_of(ctx)
    fields = given(
        text=text,
        title=title,
        model=model,
        ai_identity=ai_identity,
        user_identity=user_identity,
        ai_generated=ai_generated,
        session=session_name,
        folder=folder,
        language=language,
        verdict=verdict,
        rating=rating,
        notes=notes,
        generation=pairs("--generation", generation) if generation else None,
    )
    changes = cleared(clear, CLEARABLE, fields, also=bool(add_tag or remove_tag or meta or remove_meta))
    metadata = pairs("--meta", meta)
    if "metadata" in changes:
        changes["metadata"], metadata = metadata, {}
    with session.library() as manager:
        changed = manager.edit_recordings(
            recording_ids,
            add_tags=add_tag or (),
            remove_tags=remove_tag or (),
            update_metadata=metadata,
            remove_metadata=remove_meta or (),
            **{_ARGUMENTS.get(name, name): value for name, value in changes.items()},
        )
    session.say(f"Changed {counted(changed, 'recording')}.")
