"""An ASGI application of ours behind a real HTTP server on loopback."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn

from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def serving(app: Any) -> Iterator[httpx.Client]:
    """A client of the application, which is served as long as the block runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    eventually(lambda: server.started, what="the start of the server")
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        # No authorities for what is not TLS: to read them takes longer than a test asks.
        with httpx.Client(base_url=address, timeout=30, verify=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
