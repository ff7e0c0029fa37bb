"""Commands on queries that are kept under a name."""

from typing import Annotated, NamedTuple

import typer

from audiotui.cli import output
from audiotui.cli.listing import Column, Listing
from audiotui.cli.options import AsJson, Limit
from audiotui.cli.session import session_of


class KeptSearch(NamedTuple):
    """A query under its name."""

    name: str
    query: str


SEARCHES: Listing[KeptSearch] = Listing(
    columns=(Column("name", "NAME", width=30), Column("query", "QUERY")), record=KeptSearch._asdict
)


def save_search(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What to call it; an older one of that name is replaced.")
    ],
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What it finds, such as: lang:de -tag:checked.")],
) -> None:
    """Keep a query under a name; @NAME then stands for it."""
    session = session_of(ctx)
    with session.library() as manager:
        manager.save_search(name, query)


def list_searches(
    ctx: typer.Context,
    limit: Limit = None,
    sort: Annotated[str, typer.Option(help="name or query; -name reverses.")] = "name",
    as_json: AsJson = False,
) -> None:
    """List the queries that were kept."""
    session = session_of(ctx)
    with session.library() as manager:
        kept = [KeptSearch(*search) for search in manager.saved_searches().items()]
    output.listing(SEARCHES, SEARCHES.ordered(kept, sort)[:limit], as_json=as_json)


def delete_search(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the query.")],
) -> None:
    """Forget a query that was kept."""
    session = session_of(ctx)
    with session.library() as manager:
        manager.delete_search(name)
