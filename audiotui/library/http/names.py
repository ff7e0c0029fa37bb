"""Under which names a server without keys is asked: a page of another site can lead a browser here under its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from audiotui.library.http.guard import refuse
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Receive, Scope, Send

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:@\[\]]+)(?::[0-9]*)?")
"""The name in a Host header (RFC 9110, section 7.2)."""


class OwnNames:
    """ASGI middleware that answers under some names alone, as Starlette's does; its refusal looks like all others."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = tuple(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 400."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
        match = _HOST.fullmatch(host)
        if match is not None and match[1] in self._names:
            await self._app(scope, receive, send)
            return
        reason = f"This server is not called {safe_text(host, limit=80)}." if host else "The Host header is empty."
        hint = f"Ask for it as {' or '.join(self._names)}, or add library: api_keys: for other names."
        await refuse(receive, send, 400, reason, hint)
