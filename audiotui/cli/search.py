"""Commands that find recordings: by text, by query, all of them; and the tags to search by."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from audiotui.cli import output
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Limit
from audiotui.cli.records import row_record, short_id
from audiotui.cli.session import Session, session_of
from audiotui.errors import InvalidInput
from audiotui.model import RecordingRow
from audiotui.text import format_duration, timestamp

if TYPE_CHECKING:
    from audiotui.manager import AudioManager

BEST_HITS = 20
"""So many hits of a text are listed unless ``--limit`` says otherwise; the rest are worse."""

ROW_TEXT_CHARACTERS = 200
"""A row carries at most so much of its text."""


def day(milliseconds: int) -> str:
    """The date of a time, as lists in a terminal show it."""
    return timestamp(milliseconds)[:10]


RECORDING_COLUMNS = (
    Column("uid", "ID", show=short_id, width=13),
    Column("identity", "BY", width=18, optional=True),
    Column("created_at_ms", "ADDED", show=day, exact=timestamp, width=10, optional=True),
    Column("duration_s", "LENGTH", show=format_duration, width=8, right=True, optional=True),
    Column("language", "LANGUAGE", width=8, optional=True),
    Column("label", "RECORDING"),
)
RECORDINGS: Listing[RecordingRow] = Listing(columns=RECORDING_COLUMNS, record=row_record)


class TagUse(NamedTuple):
    """A tag and how many recordings have it."""

    name: str
    recordings: int


TAGS: Listing[TagUse] = Listing(
    columns=(Column("name", "TAG"), Column("recordings", "RECORDINGS", width=10, right=True)),
    record=TagUse._asdict,
)


def find_recording(
    ctx: typer.Context,
    query: Annotated[
        str | None, typer.Argument(metavar="QUERY", help='A query, such as: lang:de dur:>30 -draft "good morning".')
    ] = None,
    text: Annotated[str | None, typer.Option(help="What is said; the best hit comes first.")] = None,
    limit: Limit = None,
    sort: Annotated[str, typer.Option(help="As in list-recordings; for a query only.")] = "",
    as_json: AsJson = False,
) -> None:
    """Find recordings by their text, best first, or by a query."""
    session = session_of(ctx)
    if (query is None) == (text is None):
        raise InvalidInput(
            "A search takes a query or --text, and " + ("neither was given." if text is None else "not both."),
            "For example: find-recording --text 'Hello world'.",
        )
    with session.library() as manager:
        if text is not None:
            found = iter(manager.find_text(text, limit=BEST_HITS if limit is None else limit))
        else:
            found = _found(session, manager, query or "", limit=limit, sort=sort)
        count = _list(manager, found, as_json=as_json)
    if not count:
        session.say("Nothing was found.")


def list_recordings(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Only those that this query finds.")] = "",
    limit: Limit = None,
    sort: Annotated[
        str,
        typer.Option(help="newest, oldest, title, duration, size, rating or identity; -title reverses."),
    ] = "",
    copies: Annotated[
        bool, typer.Option("--copies", help="A line for each file, with what every location has of it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List recordings, newest first."""
    session = session_of(ctx)
    with session.library() as manager:
        found = _found(session, manager, query, limit=limit, sort=sort)
        if copies:
            from audiotui.cli.copies import matrix

            looks = matrix([info.name for info in manager.locations()])
            output.listing(looks, manager.copies_of(row.id for row in found), as_json=as_json)
        else:
            _list(manager, found, as_json=as_json)


def _found(
    session: Session, manager: "AudioManager", query: str, *, limit: int | None, sort: str
) -> Iterator[RecordingRow]:
    session.say_notes(manager, query)
    return manager.find(query, limit=limit, sort=sort)


def list_tags(
    ctx: typer.Context,
    limit: Limit = None,
    sort: Annotated[str, typer.Option(help="name or recordings; -recordings puts the most used first.")] = "name",
    as_json: AsJson = False,
) -> None:
    """List all tags with their numbers of recordings."""
    session = session_of(ctx)
    with session.library() as manager:
        tags = [TagUse(*tag) for tag in manager.list_tags()]
    output.listing(TAGS, TAGS.ordered(tags, sort)[:limit], as_json=as_json)


def _list(manager: "AudioManager", rows: Iterator[RecordingRow], *, as_json: bool) -> int:
    return output.listing(RECORDINGS, _whole_texts(manager, rows) if as_json else rows, as_json=as_json)


def _whole_texts(manager: "AudioManager", rows: Iterator[RecordingRow]) -> Iterator[RecordingRow]:
    """Rows whose long texts are not cut: JSON is exact."""
    for row in rows:
        cut = len(row.text) >= ROW_TEXT_CHARACTERS
        yield row._replace(text=manager.get_recording(row.uid).text) if cut else row
