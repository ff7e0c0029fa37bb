"""What a shell offers where a command takes ids: those of the library that begin as typed, newest first.

Nothing here may fail or write: a shell that completes a word has no place for messages.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from audiotui.errors import AudiotuiError
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from audiotui.manager import AudioManager

MOST_OFFERED = 30
"""A shell shows all of them, so more would push away what the person typed."""

_IDS = {"ID", "SOURCE", "TARGET"}
_DESCRIPTION_CELLS = 50

Offer = tuple[str, str]
"""A value, and what a shell that can tell shows beside it."""


def complete_ids(command: str, params: Iterable[Any]) -> None:
    """Let the parameters of a command that take ids offer those of its things."""
    offers = _offers_for(command)
    for param in params:
        if param.param_type_name == "argument" and str(param.metavar).removesuffix("...") in _IDS:
            param.shell_complete = lambda ctx, incomplete: _complete(ctx, incomplete, offers)


def _complete(ctx: Any, incomplete: str, offers: Callable[[AudioManager, str], Iterable[Offer]]) -> list[Any]:
    from typer._click.shell_completion import CompletionItem

    from audiotui.cli.session import session_of
    from audiotui.manager import AudioManager

    found: list[Offer] = []
    with suppress(AudiotuiError), AudioManager(config_path=session_of(ctx).config_path) as manager:
        if manager.config.db_path.exists():  # opening a library that is missing would make one
            found = list(offers(manager, incomplete.lower()))
    return [
        CompletionItem(value, help=safe_text(description, limit=_DESCRIPTION_CELLS))
        for value, description in found[:MOST_OFFERED]
    ]


def _offers_for(command: str) -> Callable[[AudioManager, str], Iterable[Offer]]:
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
