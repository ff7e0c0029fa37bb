"""Counters of the HTTP service in the text format of Prometheus; nothing in them tells of a customer."""

from __future__ import annotations

import threading
from collections import Counter
from http import HTTPMethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = frozenset(map(str, HTTPMethod))
"""Those that are counted by name: a client can invent any number of others, and each would stay in memory."""

BUCKETS_S = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)


class Metrics:
    """Requests by route and status, and how long they took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._within: Counter[float] = Counter()
        self._seconds = 0.0

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is the pattern, never the path that was asked for."""
        known = method if method in METHODS else "other"
        with self._lock:
            self._requests[known, route, status] += 1
            self._seconds += seconds
            for bound in BUCKETS_S:
                self._within[bound] += seconds <= bound

    def text(self) -> str:
        """All counters."""
        with self._lock:
            total = self._requests.total()
            lines = ["# TYPE audiotui_requests_total counter"]
            lines += [
                f'audiotui_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
                for (method, route, status), count in sorted(self._requests.items())
            ]
            lines.append("# TYPE audiotui_request_seconds histogram")
            lines += [f'audiotui_request_seconds_bucket{{le="{bound}"}} {self._within[bound]}' for bound in BUCKETS_S]
            lines += [
                f'audiotui_request_seconds_bucket{{le="+Inf"}} {total}',
                f"audiotui_request_seconds_sum {self._seconds:.6f}",
                f"audiotui_request_seconds_count {total}",
            ]
        return "\n".join(lines) + "\n"


class Measured:
    """ASGI middleware that counts each request when its answer begins, and forbids clients to guess what it is."""

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s, is_noted = self._clock(), False

        def note(status: int) -> None:
            nonlocal is_noted
            if not is_noted:
                is_noted = True
                route = getattr(scope.get("route"), "path", "none")
                self._metrics.note(scope["method"], route, status, self._clock() - started_s)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                note(message["status"])
                message["headers"] = [*message.get("headers", ()), (b"x-content-type-options", b"nosniff")]
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            note(500)  # for those that failed before they had an answer
