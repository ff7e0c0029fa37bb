"""What a shell offers where a command takes ids or locations: those that begin as typed, ids newest first.

Nothing here may fail or write: a shell that completes a word has no place for messages.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from audiotui.errors import AudiotuiError
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from audiotui.manager import AudioManager

    Offers = Callable[["AudioManager", str], Iterable["Offer"]]

MOST_OFFERED = 30
"""A shell shows all of them, so more would push away what the person typed."""

_IDS = {"ID", "SOURCE", "TARGET"}
_DESCRIPTION_CELLS = 50

Offer = tuple[str, str]
"""A value, and what a shell that can tell shows beside it."""


def complete_ids(command: str, params: Iterable[Any]) -> None:
    """Let the parameters of a command that take ids, or names of locations, offer those of its things."""
    for param in params:
        offers = _offers_for(command, str(param.metavar).removesuffix("..."))
        if offers is not None:
            param.shell_complete = partial(_complete, offers)


def _complete(offers: Offers, ctx: Any, incomplete: str) -> list[Any]:
    from typer._click.shell_completion import CompletionItem

    from audiotui.cli.session import session_of
    from audiotui.manager import AudioManager

    found: list[Offer] = []
    with suppress(AudiotuiError), AudioManager(config_path=session_of(ctx).config_path) as manager:
        # Opening a library that is missing would make one; locations are known without it.
        if offers is _locations or manager.config.db_path.exists():
            found = list(offers(manager, incomplete.lower()))
    return [
        CompletionItem(value, help=safe_text(description, limit=_DESCRIPTION_CELLS))
        for value, description in found[:MOST_OFFERED]
    ]


def _offers_for(command: str, metavar: str) -> Offers | None:
    if metavar == "LOCATION" or (metavar == "NAME" and command.startswith("locations ") and command != "locations add"):
        return _locations
    if metavar not in _IDS:
        return None
    if "identit" in command:
        return _identities
    if "job" in command:
        return _jobs
    return _trashed if command == "restore-recording" else _recordings


def _recordings(manager: AudioManager, beginning: str) -> Iterable[Offer]:
    query = f'id:"{beginning}"' if beginning else ""
    return [(row.uid, row.title or row.text) for row in manager.find(query, limit=MOST_OFFERED)]


def _trashed(manager: AudioManager, beginning: str) -> Iterable[Offer]:
    return [(row.uid, row.title or row.text) for row in manager.list_trash() if row.uid.startswith(beginning)]


def _identities(manager: AudioManager, beginning: str) -> Iterable[Offer]:
    return [(one.uid, one.label) for one in manager.list_identities() if one.uid.startswith(beginning)]


def _jobs(manager: AudioManager, beginning: str) -> Iterable[Offer]:
    return [(job.id, job.title) for job in manager.list_jobs() if job.id.startswith(beginning)]


def _locations(manager: AudioManager, beginning: str) -> Iterable[Offer]:
    return [(name, options.kind) for name, options in manager.config.locations.items() if name.startswith(beginning)]
