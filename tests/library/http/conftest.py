"""The service behind a real HTTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audiotui.library.http.app import create_app
from tests.library.http.asking import ANNA_KEY, BODY, ME, TEAM_KEY
from tests.library.sounds import wav
from tests.servers.asgi import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer


@pytest.fixture
def client(service: AudioLibraryService) -> Iterator[httpx.Client]:
    with serving(create_app(service)) as client:
        yield client


@pytest.fixture
def saved(client: httpx.Client, server: SpeechServer) -> dict[str, Any]:
    """The answer to a save."""
    server.put("audio_xyz.wav", wav())
    answer = client.post("/library", json=BODY, headers=ME)
    assert answer.status_code == 201
    result: dict[str, Any] = answer.json()
    return result


@pytest.fixture
def keyed(
    services: Callable[[Path], AudioLibraryService], embedded_config: Path, server: SpeechServer
) -> Iterator[httpx.Client]:
    """A server that asks for keys: ``ANNA_KEY`` opens anna's assets, ``TEAM_KEY`` those of anna and ben."""
    with embedded_config.open("a") as config:
        config.write(f"    api_keys:\n      - {{key: {ANNA_KEY}, customers: [anna]}}\n")
        config.write(f"      - {{key: {TEAM_KEY}, customers: [anna, ben]}}\n    limits: {{requests_per_minute: 20}}\n")
    with serving(create_app(services(embedded_config), clock=lambda: 0.0)) as client:
        yield client
