"""What the contract of the service needs, and what its parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import AudiotuiError
from tests.library.sounds import wav

if TYPE_CHECKING:
    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

ASSET = "123e4567-e89b-12d3-a456-426614174000"
CUSTOMER, USER = "customer_123", "user_456"
KEY = f"{CUSTOMER}/{USER}/audio/{ASSET}.wav"


def call(**changes: Any) -> dict[str, Any]:
    """The arguments of the call that the documentation shows, with changes."""
    return {
        "asset_id": ASSET,
        "customer_id": CUSTOMER,
        "user_id": USER,
        "audio_url": "/temp/audio_xyz.wav",
        "text": "Hello world",
        "duration": 0.1,
        "voice": "kokoro-82m",
        "voice_name": "Kokoro",
        "language": "en",
        "speed": 1.0,
        "model": "kokoro-82m",
        "folder": "greetings",
        "tags": ["test", "demo"],
        **changes,
    }


def read(service: AudioLibraryService, asset_id: str = ASSET, **which: Any) -> bytes:
    """The sound of an asset as it is handed out; ``which`` are more arguments of ``stream_asset``."""
    return b"".join(service.stream_asset(asset_id, customer_id=CUSTOMER, **which).pieces)


def keys_in(service: AudioLibraryService) -> set[str]:
    """The keys of all that lies in the storage, whatever the documents say of it."""
    return {key for key, _ in service.parts.shelf.list()}


def without_url(result: dict[str, Any]) -> dict[str, Any]:
    """The result of a save without its address, which is signed anew each time."""
    return {**result, "storage": {name: value for name, value in result["storage"].items() if name != "url"}}


class ServiceSuite:
    """The fixtures, and what all parts of the contract do."""

    @pytest.fixture
    def service(self) -> AudioLibraryService:
        """The service under test, with an empty storage."""
        raise NotImplementedError

    @pytest.fixture
    def another(self) -> AudioLibraryService:
        """The same service, as another process has it."""
        raise NotImplementedError

    def save(self, service: AudioLibraryService, server: SpeechServer) -> None:
        """The call of the documentation, kept."""
        server.put("audio_xyz.wav", wav())
        service.save_audio_to_library(**call())
        service.settle()

    def assert_nothing_is_there(self, service: AudioLibraryService) -> None:
        """Neither object nor document."""
        assert keys_in(service) == set()
        assert list(service.parts.documents.everything()) == []
        with pytest.raises(AudiotuiError):
            service.get_asset(ASSET, customer_id=CUSTOMER)
