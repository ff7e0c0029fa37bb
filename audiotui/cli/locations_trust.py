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
UNKNOWN = "unknown"


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

    A key that differs from a trusted one is never taken. The hosts on the way to it (ProxyJump) come first.
    """
    session = session_of(ctx)
    with session.library() as manager:
        while True:
            key = manager.host_key(name)
            _show(name, key, as_json=as_json)
            if key.state == TRUSTED and fingerprint in {"", key.fingerprint}:
                session.say(f"The key of {name} is trusted already.")
                return 0
            # One that nobody may trust is refused below, without a question.
            if key.state == UNKNOWN and not fingerprint and not _agreed(session, name, key):
                session.say("Nothing was trusted.")
                return CANCELLED_EXIT_CODE
            path = manager.trust_location(name, fingerprint or key.fingerprint)
            session.say(f"Trusted: {path} has the key of {key.known_as if key.leads_to else name} now.")
            if not key.leads_to:
                return 0
            if fingerprint:
                session.say(f"It leads to {key.leads_to}, whose key is next: audiotui locations trust {name}")
                return 0


def _show(name: str, key: "HostKey", *, as_json: bool) -> None:
    output.json_line(_record(name, key)) if as_json else output.line(f"{key.known_as} {key.kind} {key.fingerprint}")


def _agreed(session: Session, name: str, key: "HostKey") -> bool:
    whose = f"{key.known_as}, on the way to {name}" if key.leads_to else f"{name} ({key.known_as})"
    return session.ask(
        f"Is {key.fingerprint} the {key.kind} key of {whose}?",
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
        "leads_to": key.leads_to or None,
    }
