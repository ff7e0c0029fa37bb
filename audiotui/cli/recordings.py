"""Commands on single recordings: registering one, showing one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotui.cli import output
from audiotui.cli.options import (
    AllowDuplicate,
    AsJson,
    AudioFile,
    Files,
    Generation,
    InPlace,
    Meta,
    Move,
    TranscriptFile,
    file_paths,
    pairs,
)
from audiotui.cli.session import Session, session_of
from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from audiotui.manager import AudioManager


def register_recording(
    ctx: typer.Context,
    text: Annotated[str, typer.Option(help="What is said.")] = "",
    text_file: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A UTF-8 file with what is said, for long texts; - is standard input."),
    ] = None,
    audio_file: AudioFile = None,
    transcript_file: TranscriptFile = None,
    file: Files = None,
    title: Annotated[str, typer.Option(help="A short name; lists show the text without one.")] = "",
    model: Annotated[str, typer.Option(help="The model; with --voice, the AI identity that spoke.")] = "",
    voice: Annotated[str, typer.Option(help="The voice of --model; the two are registered if new.")] = "",
    provider: Annotated[str, typer.Option(help="Who runs the model; with --voice.")] = "",
    ai_identity: Annotated[str | None, typer.Option(metavar="ID", help="A registered AI voice.")] = None,
    user_identity: Annotated[str | None, typer.Option(metavar="ID", help="A registered person.")] = None,
    ai_generated: Annotated[bool, typer.Option("--ai-generated", help="Generated speech, as of an AI voice.")] = False,
    session_name: Annotated[str, typer.Option("--session", help="A recording session or a batch.")] = "",
    folder: Annotated[str, typer.Option(help="A place in the catalog, such as greetings/short.")] = "",
    language: Annotated[str, typer.Option(help="A language tag, such as en-GB.")] = "",
    verdict: Annotated[str, typer.Option(help="The outcome of a review, such as keep.")] = "",
    rating: Annotated[int | None, typer.Option(min=0, max=5, help="0 to 5.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag; may be given again.")] = None,
    meta: Meta = None,
    generation: Generation = None,
    notes: Annotated[str, typer.Option(help="Anything for people.")] = "",
    in_place: InPlace = False,
    move: Move = False,
    allow_duplicate: AllowDuplicate = False,
) -> None:
    """Add a recording with its text, details and files; prints its id."""
    session = session_of(ctx)
    said = _said(session, text, text_file)
    paths = file_paths(audio_file, transcript_file, file)
    metadata, parameters = pairs("--meta", meta), pairs("--generation", generation)
    with session.library() as manager:
        uid = manager.register_recording(
            said,
            title=title,
            model=model,
            ai_generated=ai_generated,
            ai_identity_id=_voice(manager, ai_identity, model=model, voice=voice, provider=provider),
            user_identity_id=user_identity,
            file_paths=paths,
            folder=folder,
            language=language,
            session=session_name,
            verdict=verdict,
            rating=rating,
            notes=notes,
            generation=parameters,
            metadata=metadata,
            tags=tag or (),
            in_place=in_place,
            move=move,
            allow_duplicate=allow_duplicate,
        )
    output.line(uid)


def show_recording(
    ctx: typer.Context,
    recording_ids: Annotated[list[str], typer.Argument(metavar="ID", help="Ids, or the first characters of them.")],
    as_json: AsJson = False,
) -> None:
    """Show all that is known of recordings."""
    from audiotui.cli.details import recording_details
    from audiotui.cli.records import recording_record

    session = session_of(ctx)
    with session.library() as manager:
        for number, one in enumerate(recording_ids):
            recording = manager.get_recording(one)
            if as_json:
                output.json_line(recording_record(recording))
                continue
            if number:
                output.line("")
            output.details(recording_details(recording))


def _said(session: Session, text: str, text_file: Path | None) -> str:
    if text_file is None:
        return text
    if text:
        raise InvalidInput("The text is given twice, by --text and by --text-file.", "Leave one of the two out.")
    return session.read_text(text_file)


def _voice(manager: "AudioManager", ai_identity: str | None, *, model: str, voice: str, provider: str) -> str | None:
    """The AI identity that the options name, registered if it is new; None without one.

    Raises:
        InvalidInput: two identities are named, or a voice without its model.
    """
    if not voice:
        if provider:
            raise InvalidInput("--provider says nothing without --voice.", "Give --model, --voice and --provider.")
        return ai_identity
    if ai_identity is not None:
        raise InvalidInput("The voice is named twice, by --ai-identity and by --voice.", "Leave one of the two out.")
    if not model:
        raise InvalidInput("--voice needs the model that it belongs to.", "Give --model too.")
    return manager.register_ai_identity(model, voice, provider=provider)
