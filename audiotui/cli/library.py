"""Commands on the assets of the service for generated speech."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiotui.cleanup import on_failure
from audiotui.cli import output
from audiotui.cli.items import each
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Generation, given, pairs
from audiotui.cli.records import minute
from audiotui.cli.session import Session, session_of
from audiotui.cli.words import counted
from audiotui.errors import InvalidInput
from audiotui.text import format_bytes, format_count, format_duration

if TYPE_CHECKING:
    from audiotui.documents.asset import Asset, Version
    from audiotui.library import AudioLibraryService

CUSTOMER_HELP = "Whose assets."

Customer = Annotated[str, typer.Option(metavar="ID", help=CUSTOMER_HELP)]
User = Annotated[str, typer.Option(metavar="ID", help="Who of the customer it is for.")]
AssetId = Annotated[str, typer.Argument(metavar="ASSET", help="The asset's id.")]
AssetIds = Annotated[list[str], typer.Argument(metavar="ASSET", help="Ids of assets.")]
NewId = Annotated[str | None, typer.Option("--id", metavar="ID", help="The asset's id; without it, a new one.")]
Voice = Annotated[str, typer.Option(help="The voice.")]
VoiceName = Annotated[str, typer.Option(help="The voice's name for people.")]
Model = Annotated[str, typer.Option(help="The model.")]
Provider = Annotated[str, typer.Option(help="Who runs the model.")]
Text = Annotated[str, typer.Option(help="What is said.")]
Language = Annotated[str, typer.Option(help="A language tag, such as en-GB.")]
Speed = Annotated[float, typer.Option(help="1.0 is normal.")]
Folder = Annotated[str | None, typer.Option(help="A folder, such as greetings/short.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be given again.")]
Transcode = Annotated[str, typer.Option(metavar="FORMAT", help="Also keep it as flac, mp3, opus, aac or wav.")]
Loudness = Annotated[bool, typer.Option("--loudness", help="Bring that to the usual loudness.")]
Rendition = Annotated[str, typer.Option(metavar="NAME", help="This rendition, such as mp3 or flac-loud.")]
VersionNumber = Annotated[int | None, typer.Option("--version-number", min=1, help="This version; else the newest.")]


def _asset_record(asset: "Asset") -> dict[str, Any]:
    from audiotui.library.reading import record_of

    return record_of(asset)


ASSETS: "Listing[Asset]" = Listing(
    columns=(
        Column("asset_id", "ASSET", width=36),
        Column("created_at", "CREATED", show=minute, exact=minute, width=16, optional=True),
        Column("current.file.media.duration_s", "LENGTH", show=format_duration, width=8, right=True),
        Column("current.file.size_bytes", "SIZE", show=format_bytes, width=8, right=True, optional=True),
        Column("current.generation.voice", "VOICE", width=16, optional=True),
        Column("folder", "FOLDER", width=20, optional=True),
        Column("name", "NAME"),
    ),
    record=_asset_record,
)

VERSIONS: "Listing[Version]" = Listing(
    columns=(
        Column("number", "VERSION", width=7, right=True),
        Column("created_at", "CREATED", show=minute, exact=minute, width=16),
        Column("file.size_bytes", "SIZE", show=format_bytes, width=8, right=True),
        Column("file.key", "KEY"),
    ),
    record=lambda one: {"version": one.number, "key": one.file.key, "size": one.file.size_bytes},
)


@contextmanager
def service_of(session: Session) -> Iterator["AudioLibraryService"]:
    """The service of the configuration; what follows a save is done before the program ends."""
    from audiotui.library import AudioLibraryService

    with AudioLibraryService(session.config_path) as service:
        yield service


def save(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the audio is: /temp/x.wav of the speech server.")],
    customer: Customer,
    user: User,
    asset_id: NewId = None,
    text: Text = "",
    voice: Voice = "",
    voice_name: VoiceName = "",
    model: Model = "",
    provider: Provider = "",
    language: Language = "",
    speed: Speed = 1.0,
    duration: Annotated[float | None, typer.Option(help="Seconds, as the speech server says.")] = None,
    folder: Folder = None,
    tag: Tags = None,
    generation: Generation = None,
    transcode: Transcode = "",
    loudness: Loudness = False,
) -> None:
    """Keep audio from a URL as an asset of a customer; prints where it is, as JSON."""
    from audiotui.library.requests import new_asset_id

    with service_of(session_of(ctx)) as service:
        result = service.save_audio_to_library(
            asset_id=new_asset_id() if asset_id is None else asset_id,
            customer_id=customer,
            user_id=user,
            audio_url=url,
            text=text,
            duration=duration,
            voice=voice,
            voice_name=voice_name,
            language=language,
            speed=speed,
            model=model,
            provider=provider,
            folder=folder,
            tags=tag,
            parameters=pairs("--generation", generation),
            transcode=transcode,
            loudness=loudness,
        )
        output.json_line(result)


def add(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A sound file of this machine.")],
    customer: Customer,
    user: User,
    asset_id: NewId = None,
    text: Text = "",
    voice: Voice = "",
    voice_name: VoiceName = "",
    model: Model = "",
    provider: Provider = "",
    language: Language = "",
    speed: Speed = 1.0,
    folder: Folder = None,
    tag: Tags = None,
    generation: Generation = None,
    transcode: Transcode = "",
    loudness: Loudness = False,
) -> None:
    """Keep a file of this machine as an asset of a customer; prints where it is, as JSON."""
    with service_of(session_of(ctx)) as service:
        result = service.save_file(
            path,
            customer_id=customer,
            user_id=user,
            asset_id=asset_id,
            text=text,
            voice=voice,
            voice_name=voice_name,
            model=model,
            provider=provider,
            language=language,
            speed=speed,
            folder=folder,
            tags=tag,
            parameters=pairs("--generation", generation),
            transcode=transcode,
            loudness=loudness,
        )
        output.json_line(result)


def generate(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be said.")],
    customer: Customer,
    user: User,
    voice: Voice,
    model: Model,
    asset_id: NewId = None,
    language: Language = "",
    speed: Speed = 1.0,
    response_format: Annotated[str, typer.Option("--format", help="What the server is asked for.")] = "wav",
    new: Annotated[bool, typer.Option("--new", help="Also if the same was generated before.")] = False,
    folder: Folder = None,
    tag: Tags = None,
    generation: Generation = None,
    transcode: Transcode = "",
    loudness: Loudness = False,
) -> None:
    """Let the speech server speak a text, and keep it as an asset; prints where it is, as JSON."""
    with service_of(session_of(ctx)) as service:
        result = service.generate(
            text,
            customer_id=customer,
            user_id=user,
            voice=voice,
            model=model,
            asset_id=asset_id,
            language=language,
            speed=speed,
            response_format=response_format,
            reuse=not new,
            folder=folder,
            tags=tag,
            parameters=pairs("--generation", generation),
            transcode=transcode,
            loudness=loudness,
        )
        output.json_line(result)


def list_assets(
    ctx: typer.Context,
    customer: Customer,
    user: Annotated[str | None, typer.Option(metavar="ID", help="Only those of this user.")] = None,
    folder: Annotated[str | None, typer.Option(help="Only those in this folder, and below it.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    voice: Annotated[str | None, typer.Option(help="Only those of this voice.")] = None,
    text: Annotated[str, typer.Option(help="Only those whose text has this part.")] = "",
    deleted: Annotated[bool, typer.Option("--deleted", help="Those that were deleted.")] = False,
    limit: Annotated[int, typer.Option(min=0, max=1000, help="At most so many.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Leave out so many, the newest first.")] = 0,
    as_json: AsJson = False,
) -> None:
    """List a customer's assets, newest first."""
    session = session_of(ctx)
    with service_of(session) as service:
        wanted = {"user_id": user, "folder": folder, "tag": tag, "voice": voice, "text": text, "deleted": deleted}
        assets = service.list_assets(customer_id=customer, **wanted, limit=limit, offset=offset)  # type: ignore[arg-type]
        output.listing(ASSETS, assets, as_json=as_json)
        totals = service.count_assets(customer_id=customer, **wanted)  # type: ignore[arg-type]
    session.say(f"{format_count(len(assets))} of {format_count(totals.count)}, {format_bytes(totals.size_bytes)}")


def show(ctx: typer.Context, asset_id: AssetId, customer: Customer) -> None:
    """Show all that is known of an asset, as JSON."""
    with service_of(session_of(ctx)) as service:
        output.json_line(_asset_record(service.get_asset(asset_id, customer_id=customer)))


def versions(ctx: typer.Context, asset_id: AssetId, customer: Customer, as_json: AsJson = False) -> None:
    """List the versions of an asset, the newest first."""
    with service_of(session_of(ctx)) as service:
        found = service.list_versions(asset_id, customer_id=customer)
        output.listing(VERSIONS, reversed(found), as_json=as_json)


def url(
    ctx: typer.Context,
    asset_id: AssetId,
    customer: Customer,
    expires: Annotated[int, typer.Option(help="Seconds that it is valid for, at most 604800.")] = 604_800,
    version: VersionNumber = None,
    rendition: Rendition = "",
    direct: Annotated[bool, typer.Option("--direct", help="To the storage, also if there is a CDN.")] = False,
) -> None:
    """Print a link to an asset's audio."""
    with service_of(session_of(ctx)) as service:
        link = service.get_url(
            asset_id, customer_id=customer, expires=expires, version=version, rendition=rendition, cdn=not direct
        )
        output.line(link)


def get(
    ctx: typer.Context,
    asset_id: AssetId,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file to write; it must not be there.")],
    customer: Customer,
    version: VersionNumber = None,
    rendition: Rendition = "",
) -> None:
    """Write an asset's audio into a file."""
    session = session_of(ctx)
    with service_of(session) as service:
        stream = service.stream_asset(asset_id, customer_id=customer, version=version, rendition=rendition)
        try:
            with path.open("xb") as file, on_failure(path.unlink):
                for piece in stream.pieces:
                    file.write(piece)
        except OSError as error:
            raise InvalidInput(f"Cannot write {path}: {error.strerror}.", "Give the name of a new file.") from error
    session.say(f"{path}: {format_bytes(stream.length)}")


def edit(
    ctx: typer.Context,
    asset_ids: AssetIds,
    customer: Customer,
    folder: Folder = None,
    tag: Tags = None,
    no_tags: Annotated[bool, typer.Option("--no-tags", help="Take all tags away.")] = False,
) -> int:
    """Change folder and tags of assets."""
    session = session_of(ctx)
    if no_tags and tag:
        raise InvalidInput("Tags are both given and taken away.", "Leave out --no-tags or --tag: --tag replaces all.")
    changes = given(folder=folder, tags=[] if no_tags else tag or None)
    if not changes:
        raise InvalidInput("No change is given.", "Name --folder, --tag or --no-tags.")
    with service_of(session) as service:
        return each(
            session,
            asset_ids,
            lambda one: service.update_asset(one, customer_id=customer, **changes),
            done="Changed {}.",
        )


def delete(
    ctx: typer.Context,
    asset_ids: AssetIds,
    customer: Customer,
    purge: Annotated[bool, typer.Option("--purge", help="Remove files and all, for good.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Purge without a question.")] = False,
) -> int:
    """Delete assets; `library restore` brings them back, unless they are purged."""
    session = session_of(ctx)
    if (
        purge
        and not yes
        and not session.ask(f"Remove {counted(len(asset_ids), 'asset')} with all their files for good?")
    ):
        return 0
    with service_of(session) as service:
        do = service.purge_asset if purge else service.delete_asset
        done = "Removed {} for good." if purge else "Deleted {}."
        return each(session, asset_ids, lambda one: do(one, customer_id=customer), done=done)


def restore(ctx: typer.Context, asset_ids: AssetIds, customer: Customer) -> int:
    """Bring deleted assets back."""
    session = session_of(ctx)
    with service_of(session) as service:
        return each(
            session, asset_ids, lambda one: service.restore_asset(one, customer_id=customer), done="Restored {}."
        )


def transcode(
    ctx: typer.Context,
    asset_id: AssetId,
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="flac, mp3, opus, aac or wav.")],
    customer: Customer,
    loudness: Loudness = False,
) -> None:
    """Keep an asset in another format too; prints where that is, as JSON."""
    with service_of(session_of(ctx)) as service:
        output.json_line(service.transcode_asset(asset_id, form, customer_id=customer, loudness=loudness))
