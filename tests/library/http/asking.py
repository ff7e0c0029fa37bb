"""What requests over HTTP say."""

from __future__ import annotations

from tests.contracts.service_suite import ASSET, CUSTOMER, USER

ME = {"x-customer-id": CUSTOMER, "x-user-id": USER}

ANNA_KEY, TEAM_KEY = "the-key-of-anna-01", "the-key-of-the-team-02"

BODY = {
    "asset_id": ASSET,
    "audio_url": "/temp/audio_xyz.wav",
    "text": "Hello world",
    "voice": "kokoro-82m",
    "model": "kokoro-82m",
    "folder": "greetings",
    "tags": ["test"],
}
