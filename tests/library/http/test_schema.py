"""The documentation of the service over HTTP is what clients are made from: it tells what is asked and answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.library.http.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.library import AudioLibraryService


@pytest.fixture
def schema(services: Callable[[Path], AudioLibraryService], embedded_config: Path) -> dict[str, Any]:
    return create_app(services(embedded_config)).openapi()


def operations(schema: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(verb, path): one for path, verbs in schema["paths"].items() for verb, one in verbs.items()}


def test_a_key_can_be_sent_from_the_documentation(schema: dict[str, Any]) -> None:
    [(name, scheme)] = schema["components"]["securitySchemes"].items()

    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    asking = {path for (_, path), one in operations(schema).items() if one.get("security") == [{name: []}]}
    assert asking == schema["paths"].keys() - {"/health", "/metrics"}


def test_audio_and_counters_are_told_as_what_they_are(schema: dict[str, Any]) -> None:
    stream = schema["paths"]["/library/{asset_id}/stream"]["get"]["responses"]
    metrics = schema["paths"]["/metrics"]["get"]["responses"]

    assert [stream[status]["content"].keys() for status in ("200", "206")] == [{"audio/*"}] * 2
    assert {"304", "416"} <= stream.keys()
    assert "content" not in stream["304"]
    assert metrics["200"]["content"].keys() == {"text/plain"}


def test_every_route_tells_of_refusals_and_failures(schema: dict[str, Any]) -> None:
    for one in operations(schema).values():
        for status in ("4XX", "5XX"):
            told = one["responses"][status]["content"]["application/json"]["schema"]
            assert told == {"$ref": "#/components/schemas/Problem"}


def test_the_form_of_ids_is_told(schema: dict[str, Any]) -> None:
    patterns = [
        parameter["schema"].get("pattern")
        for one in operations(schema).values()
        for parameter in one.get("parameters", ())
        if parameter["name"] in {"asset_id", "x-customer-id"}
    ]
    body = schema["components"]["schemas"]["SaveBody"]["properties"]

    assert len(patterns) > 8
    assert set(patterns) == {"^[A-Za-z0-9_-]{1,128}$"}
    assert body["asset_id"]["anyOf"][0]["pattern"] == patterns[0]
    assert body["audio_url"]["minLength"] == 1
    assert body["transcode"]["enum"] == ["", "flac", "wav", "mp3", "opus", "aac"]
    assert re.fullmatch(patterns[0], "a1")


def test_an_upload_is_told_as_a_form_with_a_file(schema: dict[str, Any]) -> None:
    [(kind, content)] = schema["paths"]["/library/upload"]["post"]["requestBody"]["content"].items()
    body = schema["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]

    assert kind == "multipart/form-data"
    assert body["required"] == ["file"]
    assert body["additionalProperties"] is False
    assert {"asset_id", "text", "voice_name", "speed", "parameters", "transcode"} <= body["properties"].keys()
