"""The command that accepts the key of an SSH host."""

from typing import TYPE_CHECKING, Annotated

import typer

from audiotui.cli import output
from audiotui.cli.locations import Name
from audiotui.cli.options import AsJson
from audiotui.cli.session import Session, session_of
from audiotui.errors import CANCELLED_EXIT_CODE

if TYPE_CHECKING:
    from audiotui.manager import HostKey

TRUSTED = "trusted"


def trust(
    ctx: typer.Context,
    name: Name,
    fingerprint: Annotated[
        str,
        typer.Option(metavar="SHA256:...", help="Trust this key alone, without a question."),
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Trust the key of a location's SSH host, after its fingerprint was compared.

    A key that differs from a trusted one is never taken.
    """
    session = session_of(ctx)
    with session.library() as manager:
        key = manager.host_key(name)
        output.json_line(_record(name, key)) if as_json else output.line(f"{key.known_as} {key.kind} {key.fingerprint}")
        if key.state == TRUSTED and fingerprint in {"", key.fingerprint}:
            session.say(f"The key of {name} is trusted already.")
            return 0
        if not fingerprint and not _agreed(session, name, key):
            session.say("Nothing was trusted.")
            return CANCELLED_EXIT_CODE
        path = manager.trust_location(name, fingerprint or key.fingerprint)
    session.say(f"Trusted: {path} has the key of {name} now.")
    return 0


def _agreed(session: Session, name: str, key: "HostKey") -> bool:
    return session.ask(
        f"Is {key.fingerprint} the {key.kind} key of {name} ({key.known_as})?",
        otherwise=f"Compare it with the host's own, then add --fingerprint {key.fingerprint}",
    )


def _record(name: str, key: "HostKey") -> dict[str, object]:
    return {
        "location": name,
        "host": key.known_as,
        "type": key.kind,
        "fingerprint": key.fingerprint,
        "state": str(key.state),
        "trusted": list(key.trusted),
    }
