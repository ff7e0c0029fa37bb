"""The command that puts the app into a browser on this machine."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiotui.cli.session import session_of
from audiotui.config import find_config
from audiotui.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HOST = "127.0.0.1"
"""There is no password, so nobody else may reach it."""


def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port on this machine.")] = 8000,
) -> int:
    """Open the app in a browser on this machine; ctrl+c ends it.

    It listens on 127.0.0.1 alone, because it asks for no password. Sound would come out of this machine and not of the
    browser, so the player is off. Needs the extra 'web'.
    """
    session = session_of(ctx)
    config = find_config(session.config_path).absolute()
    server = _server(config, port)
    session.say(f"Serving the app at http://{HOST}:{port} (ctrl+c ends it).")
    try:
        server.serve()
    except OSError as error:
        raise InvalidInput(
            f"Cannot listen on {HOST}:{port}: {error.strerror or error}.", "Name another port with --port."
        ) from error
    return 0


def _server(config: Path, port: int) -> Any:
    """The server of textual-serve, which answers pages of its own address alone."""
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError as error:
        raise InvalidInput(
            "The app cannot be served: the package textual-serve is missing.", "Run: pip install 'audiotui[web]'"
        ) from error

    @web.middleware
    async def own_pages_only(
        request: web.Request, handler: "Callable[[web.Request], Awaitable[web.StreamResponse]]"
    ) -> web.StreamResponse:
        # Any page that is open in the browser could connect to a port of this machine, and drive the app.
        own = f"{HOST}:{port}"
        origin = request.headers.get("Origin", f"http://{own}")
        if request.host != own or origin != f"http://{own}":
            raise web.HTTPForbidden(text=f"Open http://{own}; other addresses and other pages are refused.\n")
        return await handler(request)

    class OwnServer(Server):
        """Looks at who asks."""

        async def _make_app(self) -> web.Application:
            app = await super()._make_app()
            app.middlewares.append(own_pages_only)
            return app

    program = [sys.executable, "-m", "audiotui", "--config", str(config), "tui", "--in-browser"]
    return OwnServer(f"AUDIOTUI_PLAYER=none exec {shlex.join(program)}", host=HOST, port=port, title="audiotui")
