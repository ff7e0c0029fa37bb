"""The documentation of the service over HTTP is what clients are made from: it tells what is asked and answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import InvalidInput
from audiotui.library import requests
from audiotui.library.http.app import create_app
from audiotui.library.http.results import AssetRecord, Link, Page, Saved
from audiotui.library.requests import MAX_FOLDER, MAX_TAG, MAX_TAGS
from tests.contracts.service_suite import ASSET
from tests.library.http.asking import ME
from tests.library.sounds import wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

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


def test_who_keeps_something_is_asked_for_a_user_and_who_reads_is_not(schema: dict[str, Any]) -> None:
    asked = {
        (verb, path): parameter["required"]
        for (verb, path), one in operations(schema).items()
        for parameter in one.get("parameters", ())
        if parameter["name"] == "x-user-id"
    }

    assert asked == {("post", "/library"): True, ("post", "/library/upload"): True}


def test_the_bounds_of_what_is_asked_are_told(schema: dict[str, Any]) -> None:
    def told(verb: str, path: str, name: str) -> dict[str, Any]:
        given = {one["name"]: one["schema"] for one in schema["paths"][path][verb]["parameters"]}[name]
        bounds: dict[str, Any] = given.get("anyOf", [given])[0]
        return bounds

    expires = told("get", "/library/{asset_id}/url", "expires")
    assert (expires["minimum"], expires["maximum"], expires["default"]) == (1, 604_800, 604_800)
    assert [told("get", "/library", name)["maxLength"] for name in ("folder", "tag", "voice", "search")] == [
        500, 100, 200, 1_000,
    ]  # fmt: skip
    assert told("get", "/library/{asset_id}/stream", "rendition")["enum"][:3] == ["", "flac", "flac-loud"]


@pytest.mark.parametrize("model", ["SaveBody", "UploadBody"])
def test_the_bounds_of_folder_and_tags_are_those_that_are_kept(schema: dict[str, Any], model: str) -> None:
    fields = schema["components"]["schemas"][model]["properties"]
    tags = fields["tags"]["anyOf"][0]

    assert fields["folder"]["anyOf"][0]["maxLength"] == MAX_FOLDER
    assert (tags["maxItems"], tags["items"]["minLength"], tags["items"]["maxLength"]) == (MAX_TAGS, 1, MAX_TAG)
    assert requests.tags(["x" * MAX_TAG] * MAX_TAGS) == ("x" * MAX_TAG,)
    for wrong in (["x" * (MAX_TAG + 1)], map(str, range(MAX_TAGS + 1)), [""]):
        with pytest.raises(InvalidInput):
            requests.tags(wrong)


def test_every_answer_in_json_has_its_form(schema: dict[str, Any]) -> None:
    forms = {
        (verb, path): content["schema"]["$ref"].rpartition("/")[2]
        for (verb, path), one in operations(schema).items()
        for status, answer in one["responses"].items()
        for kind, content in answer.get("content", {}).items()
        if kind == "application/json" and status.startswith("2") and status.isdecimal()
    }

    assert forms == {
        ("post", "/library"): "Saved",
        ("post", "/library/upload"): "Saved",
        ("get", "/library"): "Page",
        ("get", "/library/{asset_id}"): "AssetRecord",
        ("get", "/library/{asset_id}/url"): "Link",
        ("get", "/health"): "Health",
    }
    assert schema["paths"]["/library/{asset_id}"]["delete"]["responses"].keys() == {"204", "4XX", "5XX"}


def test_answers_have_the_form_that_is_told(client: httpx.Client, saved: dict[str, Any]) -> None:
    about = {"text": "Recorded", "tags": ["a"], "parameters": '{"seed": 7}', "transcode": "flac"}
    for number in range(2):
        file = {"file": ("a.wav", wav(number))}
        uploaded = client.post("/library/upload", headers=ME, files=file, data={**about, "asset_id": "a1"})

    for form, answer in (
        (Saved, uploaded),
        (Page, client.get("/library", headers=ME)),
        (AssetRecord, client.get(f"/library/{ASSET}", headers=ME)),
        (AssetRecord, client.get("/library/a1", headers=ME)),
        (Link, client.get("/library/a1/url", headers=ME)),
    ):
        assert form.model_validate_json(answer.content).model_dump(mode="json") == answer.json()


def test_an_upload_is_told_as_a_form_with_a_file(schema: dict[str, Any]) -> None:
    [(kind, content)] = schema["paths"]["/library/upload"]["post"]["requestBody"]["content"].items()
    body = schema["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]

    assert kind == "multipart/form-data"
    assert body["required"] == ["file"]
    assert body["additionalProperties"] is False
    assert {"asset_id", "text", "voice_name", "speed", "parameters", "transcode"} <= body["properties"].keys()
