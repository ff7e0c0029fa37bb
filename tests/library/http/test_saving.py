"""Keeping audio over HTTP: from a URL and by upload."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.library.http.app import create_app
from audiotui.library.requests import MAX_FOLDER, MAX_PARAMETERS, MAX_TAG, MAX_TAGS, MAX_TEXT, MAX_WORD
from tests.contracts.service_suite import ASSET, KEY
from tests.library.http.asking import BODY, ME
from tests.library.sounds import wav
from tests.servers.asgi import serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

    MakeService = Callable[[Path], AudioLibraryService]


def test_audio_is_saved_from_a_url(saved: dict[str, Any]) -> None:
    assert saved == {
        "asset_id": ASSET,
        "storage": {
            "bucket": "audio-assets",
            "key": KEY,
            "size": len(wav()),
            "url": f"/library/{ASSET}/stream",
        },
    }


def test_audio_is_uploaded(client: httpx.Client) -> None:
    answer = client.post(
        "/library/upload",
        headers=ME,
        files={"file": ("../../evil.wav", wav(3))},
        data={"text": "Recorded", "tags": ["a", "b"], "folder": "takes"},
    )

    assert answer.status_code == 201
    asset_id = answer.json()["asset_id"]
    record = client.get(f"/library/{asset_id}", headers=ME).json()
    assert (record["source"], record["tags"], record["folder"]) == ("uploaded", ["a", "b"], "takes")
    assert client.get(f"/library/{asset_id}/stream", headers=ME).content == wav(3)


def test_a_save_may_say_all_that_it_is_allowed_to_however_that_is_spelled(
    client: httpx.Client, server: SpeechServer
) -> None:
    server.put("audio_xyz.wav", wav())
    clef = "\U0001d11e"  # a character that is spelled in twelve bytes
    tags = [f"{number:03}" + clef * (MAX_TAG - 3) for number in range(MAX_TAGS)]
    most = {"text": clef * MAX_TEXT, "folder": clef * MAX_FOLDER, "tags": tags, "voice": clef * MAX_WORD}
    parameters = {"mix": clef * (MAX_PARAMETERS - len('{"mix":""}'))}
    body = json.dumps({**BODY, **most, "parameters": parameters}, indent=4)

    answer = client.post("/library", content=body, headers={**ME, "content-type": "application/json"})

    assert answer.status_code == 201, answer.text
    assert client.get(f"/library/{ASSET}", headers=ME).json()["generation"]["parameters"] == parameters


def test_an_empty_id_is_none_that_can_be_taken(client: httpx.Client, server: SpeechServer) -> None:
    server.put("audio_xyz.wav", wav())

    saved = client.post("/library", json={**BODY, "asset_id": ""}, headers=ME)
    uploaded = client.post("/library/upload", headers=ME, files={"file": ("a.wav", wav())}, data={"asset_id": ""})

    assert [(one.status_code, one.json()["error"]) for one in (saved, uploaded)] == [(400, "InvalidInput")] * 2
    assert client.get("/library", headers=ME).json()["items"] == []


def test_without_an_id_a_new_one_is_taken(client: httpx.Client, server: SpeechServer) -> None:
    server.put("audio_xyz.wav", wav())
    body = {name: value for name, value in BODY.items() if name != "asset_id"}

    answers = [client.post("/library", json={**body, **more}, headers=ME) for more in ({}, {"asset_id": None})]

    assert [one.status_code for one in answers] == [201, 201]
    assert len({one.json()["asset_id"] for one in answers}) == 2


def test_an_upload_takes_all_that_makes_sense_for_it(client: httpx.Client) -> None:
    told = {"voice_name": "Anna", "provider": "studio", "speed": "1.25", "parameters": '{"seed": 7}'}

    answer = client.post(
        "/library/upload",
        headers=ME,
        files={"file": ("a.wav", wav(seconds=0.5))},
        data={**told, "asset_id": "a1", "transcode": "flac", "loudness": "true"},
    )

    assert answer.status_code == 201
    record = client.get("/library/a1", headers=ME).json()
    generation = record["generation"]
    assert [generation[name] for name in ("voice_name", "provider", "speed")] == ["Anna", "studio", 1.25]
    assert generation["parameters"]["seed"] == 7
    assert [one["name"] for one in record["renditions"]] == ["flac-loud"]


@pytest.mark.parametrize(
    "odd",
    [
        {"colour": "red"},
        {"duration": "1"},
        {"audio_url": "/x"},
        {"speed": "fast"},
        {"parameters": "{"},
        {"parameters": "1"},
    ],
    ids=str,
)
def test_an_upload_with_a_field_that_cannot_be_taken_is_refused(client: httpx.Client, odd: dict[str, str]) -> None:
    answer = client.post("/library/upload", headers=ME, files={"file": ("a.wav", wav())}, data=odd)

    assert (answer.status_code, answer.json()["error"]) == (422, "InvalidInput")
    assert next(iter(odd)) in answer.json()["message"]
    assert client.get("/library", headers=ME).json()["items"] == []


def test_an_upload_without_a_file_is_refused(client: httpx.Client) -> None:
    answers = [
        client.post("/library/upload", headers=ME, data={"text": "Hi"}),
        client.post("/library/upload", headers=ME, files={"file": (None, "no file")}),
    ]

    assert [(one.status_code, one.json()["error"]) for one in answers] == [(422, "InvalidInput")] * 2


def test_an_upload_that_is_no_audio_is_refused_and_leaves_nothing(
    client: httpx.Client, service: AudioLibraryService
) -> None:
    upload = {"file": ("take.wav", b"<html>", "audio/wav")}

    answer = client.post("/library/upload", headers=ME, files=upload, data={"asset_id": "a1"})

    assert (answer.status_code, answer.json()["error"]) == (422, "AudioError")
    assert answer.json()["message"].startswith("take.wav is no sound file")
    assert str(service.parts.spool_folder) not in answer.text
    assert list(service.parts.documents.everything()) == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\a\\take.wav", "take.wav"),
        ("t\u202egnp.wav", "t⟨U+202E⟩gnp.wav"),
        ("x" * 3_000, "x" * 79 + "…"),
    ],
)
def test_an_upload_is_called_by_a_harmless_form_of_its_name(client: httpx.Client, given: str, shown: str) -> None:
    answer = client.post("/library/upload", headers=ME, files={"file": (given, b"<html>")})

    assert answer.json()["message"].startswith(f"{shown} is no sound file")


def test_an_equal_save_is_answered_with_a_link_to_what_it_kept_though_a_newer_version_is_there(
    client: httpx.Client, saved: dict[str, Any], server: SpeechServer
) -> None:
    server.put("newer.wav", wav(2))
    newer = client.post("/library", json={**BODY, "audio_url": "/temp/newer.wav"}, headers=ME).json()
    again = client.post("/library", json=BODY, headers=ME).json()

    assert newer["storage"]["url"] == f"/library/{ASSET}/stream"
    assert again["storage"]["key"] == saved["storage"]["key"]
    assert client.get(again["storage"]["url"], headers=ME).content == wav()
    assert client.get(newer["storage"]["url"], headers=ME).content == wav(2)


def test_a_link_leads_to_the_version_and_the_rendition_that_was_asked_for(
    client: httpx.Client, saved: dict[str, Any], service: AudioLibraryService, server: SpeechServer
) -> None:
    service.transcode_asset(ASSET, "opus", customer_id=ME["x-customer-id"])
    rendition = client.get(f"/library/{ASSET}/url?rendition=opus", headers=ME).json()["url"]
    server.put("newer.wav", wav(2))
    client.post("/library", json={**BODY, "audio_url": "/temp/newer.wav"}, headers=ME)
    first = client.get(f"/library/{ASSET}/url?version=1", headers=ME).json()["url"]

    assert client.get(first, headers=ME).content == wav()
    assert client.get(f"{rendition}&version=1", headers=ME).content[:4] == b"OggS"
    assert client.get(f"/library/{ASSET}/stream?version=3", headers=ME).status_code == 400


def test_a_file_of_the_biggest_size_that_is_allowed_is_taken_and_a_byte_more_is_not(
    services: MakeService, embedded_config: Path
) -> None:
    with embedded_config.open("a") as config:
        config.write("    limits: {max_upload_mib: 1}\n")
    most = 1024 * 1024
    sound = wav(seconds=(most - len(wav(seconds=0))) / 16_000)  # of 8,000 samples, two bytes each
    assert len(sound) == most
    with serving(create_app(services(embedded_config))) as client:
        for file, status in ((sound, 201), (sound + b"x", 413)):
            answer = client.post("/library/upload", headers=ME, files={"file": ("a.wav", file)}, data={"text": "x"})
            assert answer.status_code == status, answer.text
