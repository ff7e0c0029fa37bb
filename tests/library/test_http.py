"""The service over HTTP: routes, keys, limits, and that nobody sees what is another customer's."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from audiotui.errors import InvalidInput
from audiotui.library.http.app import create_app
from audiotui.library.http.guard import Rate
from audiotui.library.http.serving import guarded, is_loopback, run
from tests.contracts.service_suite import ASSET, CUSTOMER, KEY, USER
from tests.library.sounds import big_wav, wav
from tests.servers.asgi import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

ME = {"x-customer-id": CUSTOMER, "x-user-id": USER}

BODY = {
    "asset_id": ASSET,
    "audio_url": "/temp/audio_xyz.wav",
    "text": "Hello world",
    "voice": "kokoro-82m",
    "model": "kokoro-82m",
    "folder": "greetings",
    "tags": ["test"],
}


@pytest.fixture
def service(services: Callable[[Path], AudioLibraryService], embedded_config: Path) -> AudioLibraryService:
    return services(embedded_config)


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
    """A server that asks for keys: ``anna-key`` opens anna's assets, ``team-key`` those of anna and ben."""
    with embedded_config.open("a") as config:
        config.write("    api_keys:\n      - {key: anna-key, customers: [anna]}\n")
        config.write("      - {key: team-key, customers: [anna, ben]}\n    limits: {requests_per_minute: 20}\n")
    with serving(create_app(services(embedded_config), clock=lambda: 0.0)) as client:
        yield client


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


def test_assets_are_listed_by_page_folder_tag_and_search(client: httpx.Client, saved: dict[str, Any]) -> None:
    def ids(**query: Any) -> list[str]:
        return [one["asset_id"] for one in client.get("/library", params=query, headers=ME).json()["items"]]

    assert ids() == [ASSET]
    assert ids(folder="greetings", tag="test", search="HELLO") == [ASSET]
    assert ids(search="nothing") == []
    page = client.get("/library", params={"page": 2, "page_size": 1}, headers=ME).json()
    assert (page["items"], page["total"], page["total_size"]) == ([], 1, len(wav()))


def test_an_asset_is_told_without_what_is_the_services_own(client: httpx.Client, saved: dict[str, Any]) -> None:
    record = client.get(f"/library/{ASSET}", headers=ME).json()

    assert record["generation"]["text"] == "Hello world"
    assert not {"pending", "revision", "cleanup", "search", "source_url"} & record.keys()


def test_audio_is_streamed_with_ranges(client: httpx.Client, saved: dict[str, Any]) -> None:
    whole = client.get(f"/library/{ASSET}/stream", headers=ME)
    part = client.get(f"/library/{ASSET}/stream", headers={**ME, "range": "bytes=10-19"})
    beyond = client.get(f"/library/{ASSET}/stream", headers={**ME, "range": "bytes=999999-"})

    assert (whole.status_code, whole.content) == (200, wav())
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert (part.status_code, part.content) == (206, wav()[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(wav())}"
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(wav())}"


def test_the_whole_file_as_a_range_is_an_answer_to_a_range(client: httpx.Client, saved: dict[str, Any]) -> None:
    answer = client.get(f"/library/{ASSET}/stream", headers={**ME, "range": "bytes=0-"})

    assert (answer.status_code, answer.content) == (206, wav())
    assert answer.headers["content-range"] == f"bytes 0-{len(wav()) - 1}/{len(wav())}"


def test_a_range_of_another_file_is_answered_with_the_whole_one(client: httpx.Client, saved: dict[str, Any]) -> None:
    path = f"/library/{ASSET}/stream"
    etag = client.get(path, headers=ME).headers["etag"]

    other = client.get(path, headers={**ME, "range": "bytes=9999-", "if-range": '"other"'})
    same = client.get(path, headers={**ME, "range": "bytes=0-1", "if-range": etag})

    assert (other.status_code, other.content) == (200, wav())
    assert (same.status_code, same.content) == (206, wav()[:2])


def test_who_has_the_file_already_is_told_so(client: httpx.Client, saved: dict[str, Any]) -> None:
    path = f"/library/{ASSET}/stream"
    etag = client.get(path, headers=ME).headers["etag"]

    statuses = [
        client.get(path, headers={**ME, "if-none-match": known}).status_code
        for known in (etag, f'"a", W/{etag}', "*", '"a"')
    ]

    assert statuses == [304, 304, 304, 200]


def test_a_file_that_the_storage_has_lost_is_told_as_the_storages_failure(
    client: httpx.Client, saved: dict[str, Any], service: AudioLibraryService
) -> None:
    service.parts.shelf.discard(service.get_asset(ASSET, customer_id=CUSTOMER).current.file)

    answer = client.get(f"/library/{ASSET}/stream", headers=ME)

    assert (answer.status_code, answer.json()["error"]) == (502, "LocationError")


def test_damaged_audio_never_arrives_whole(
    client: httpx.Client, saved: dict[str, Any], service: AudioLibraryService
) -> None:
    sound = big_wav(5_000_000)
    upload = client.post("/library/upload", headers=ME, files={"file": ("a.wav", sound)}, data={"asset_id": "big"})
    assert upload.status_code == 201
    recordings = service.parts.manager.config.locations["local"].path  # type: ignore[union-attr]
    for asset_id in (ASSET, "big"):
        stored = recordings / "audio-assets" / service.get_asset(asset_id, customer_id=CUSTOMER).current.file.key
        with stored.open("r+b") as file:
            file.seek(100)
            file.write(b"other bytes")

    small = client.get(f"/library/{ASSET}/stream", headers=ME)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/library/big/stream", headers=ME)

    assert (small.status_code, small.json()["error"]) == (502, "TransferError")


def test_headers_can_be_asked_for_alone(client: httpx.Client, saved: dict[str, Any]) -> None:
    for path in ("/library", f"/library/{ASSET}", f"/library/{ASSET}/stream", "/health"):
        whole, head = client.get(path, headers=ME), client.head(path, headers=ME)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == whole.headers["content-length"]
    assert client.head("/library/none/stream", headers=ME).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"audio_url": "/x", "bogus": NaN}',
        b'{"audio_url": "/x", "tags": [Infinity]}',
        b'{"audio_url": "/x", "text": ["\\ud800"]}',
        b'{"audio_url": "/x", "parameters": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        b'{"audio_url": "/x", "duration": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_a_body_that_cannot_be_understood_is_refused_in_the_usual_form(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/library", content=body, headers={**ME, "content-type": "application/json"})

    assert answer.status_code in {400, 422}
    assert answer.json().keys() == {"error", "message", "hint", "retryable"}
    assert answer.json()["error"] == "InvalidInput"


@pytest.mark.parametrize(
    ("method", "path", "error"),
    [
        ("GET", "/nothing", "NotFound"),
        ("PUT", "/library", "MethodNotAllowed"),
        ("GET", "/library?page=0", "InvalidInput"),
        ("GET", "/library?page=99999999999999999999999", "InvalidInput"),
        ("GET", f"/library/{ASSET}/url?expires=soon", "InvalidInput"),
    ],
)
def test_every_refusal_has_the_same_form(client: httpx.Client, method: str, path: str, error: str) -> None:
    told = client.request(method, path, headers=ME).json()

    assert told.keys() == {"error", "message", "hint", "retryable"}
    assert told["error"] == error


def test_a_wrong_method_is_told_which_ones_there_are(client: httpx.Client) -> None:
    allowed = {path: client.put(path, headers=ME).headers["allow"] for path in ("/library", f"/library/{ASSET}")}

    assert allowed == {"/library": "GET, HEAD, POST", f"/library/{ASSET}": "DELETE, GET, HEAD"}


def test_a_link_is_made_for_at_most_seven_days(client: httpx.Client, saved: dict[str, Any]) -> None:
    fine = client.get(f"/library/{ASSET}/url", params={"expires": 60}, headers=ME)
    too_long = client.get(f"/library/{ASSET}/url", params={"expires": 8 * 86_400}, headers=ME)

    assert fine.json() == {"url": f"/library/{ASSET}/stream", "expires": 60}
    assert too_long.status_code == 400


def test_an_asset_is_deleted(client: httpx.Client, saved: dict[str, Any]) -> None:
    assert client.delete(f"/library/{ASSET}", headers=ME).status_code == 204
    assert client.get("/library", headers=ME).json()["items"] == []
    for path in ("", "/url", "/stream"):
        assert client.get(f"/library/{ASSET}{path}", headers=ME).status_code == 404
    assert client.delete(f"/library/{ASSET}", params={"purge": True}, headers=ME).status_code == 204
    assert client.get(f"/library/{ASSET}", headers=ME).status_code == 404


def test_the_assets_of_others_are_not_there(client: httpx.Client, saved: dict[str, Any]) -> None:
    other = {"x-customer-id": "customer_999", "x-user-id": USER}

    for method, path in (
        ("GET", f"/library/{ASSET}"),
        ("GET", f"/library/{ASSET}/url"),
        ("GET", f"/library/{ASSET}/stream"),
        ("DELETE", f"/library/{ASSET}"),
        ("DELETE", f"/library/{ASSET}?purge=true"),
    ):
        answer = client.request(method, path, headers=other)
        missing = client.request(method, path.replace(ASSET, "none"), headers=ME)
        assert (answer.status_code, missing.status_code) == (404, 404)
        assert answer.json()["message"].replace(ASSET, "none") == missing.json()["message"]
    assert client.get("/library", headers=other).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"audio_url": "http://169.254.169.254/x"}, 422),
        ({"audio_url": "/temp/gone.wav"}, 422),
        ({"asset_id": "../x"}, 400),
        ({"asset_id": {"$ne": None}}, 422),
        ({"speed": -1}, 400),
        ({"parameters": {"$where": "1"}}, 400),
        ({"colour": "red"}, 422),
    ],
)
def test_what_cannot_be_done_has_its_status(client: httpx.Client, body: dict[str, Any], status: int) -> None:
    answer = client.post("/library", json={**BODY, **body}, headers=ME)

    assert answer.status_code == status


def test_a_request_without_customer_is_refused(client: httpx.Client) -> None:
    assert client.get("/library").status_code == 422
    assert client.get("/library", headers={"x-customer-id": "../x"}).status_code == 400


def test_a_key_opens_the_customers_that_it_lists(keyed: httpx.Client, server: SpeechServer) -> None:
    def status(customer: str, key: str = "") -> int:
        headers = {"x-customer-id": customer, "x-user-id": USER, **({"authorization": f"Bearer {key}"} if key else {})}
        return int(keyed.get("/library", headers=headers).status_code)

    assert status("anna", "anna-key") == 200
    assert status("ben", "team-key") == 200
    assert status("ben", "anna-key") == 404
    assert status("anna") == 401
    assert status("anna", "anna-kez") == 401


def test_the_name_of_the_scheme_may_be_written_in_any_case(keyed: httpx.Client) -> None:
    headers = {"x-customer-id": "anna", "authorization": "bearer  anna-key"}

    assert keyed.get("/library", headers=headers).status_code == 200


def test_without_a_key_nothing_of_a_request_is_looked_at(keyed: httpx.Client, service: AudioLibraryService) -> None:
    big = b"x" * 5_000_000

    upload = keyed.post("/library/upload", headers={"x-customer-id": "anna"}, files={"file": ("a.wav", big)})
    odd = keyed.post("/library", content=b"{")

    assert [(one.status_code, one.json()["error"]) for one in (upload, odd)] == [(401, "Unauthorized")] * 2
    assert upload.headers["www-authenticate"] == "Bearer"


def test_too_many_requests_are_told_to_wait(keyed: httpx.Client) -> None:
    headers = {"x-customer-id": "anna", "x-user-id": USER, "authorization": "Bearer anna-key"}

    answers = [keyed.get("/library", headers=headers) for _ in range(22)]

    assert [one.status_code for one in answers] == [200] * 20 + [429] * 2
    assert (answers[-1].headers["retry-after"], answers[-1].json()["retryable"]) == ("4", True)
    other = {**headers, "authorization": "Bearer team-key"}
    assert keyed.get("/library", headers=other).status_code == 200


def test_a_rate_refills_with_time() -> None:
    now_s = 0.0
    rate = Rate(60, clock=lambda: now_s)

    assert [rate.wait_s("x") for _ in range(61)] == [0.0] * 60 + [1.0]
    now_s = 1.0
    assert rate.wait_s("x") == 0.0


def test_bodies_that_are_too_big_are_refused(client: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * 100_000

    promised = client.post("/library", content=b"x" * 2_000_000, headers=ME)
    streamed = client.post("/library", content=chunks(), headers=ME)

    assert (promised.status_code, streamed.status_code) == (413, 413)


def test_health_and_metrics_tell_of_no_customer(client: httpx.Client, saved: dict[str, Any]) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    client.get(f"/library/{ASSET}", headers=ME)

    text = client.get("/metrics").text

    assert 'audiotui_requests_total{method="GET",route="/library/{asset_id}",status="200"} 1' in text
    assert CUSTOMER not in text
    assert ASSET not in text


def test_methods_that_nobody_knows_are_counted_together(client: httpx.Client) -> None:
    for number in range(3):
        client.request(f"BREW{number}", "/library")
    client.request("OPTIONS", "/library")

    text = client.get("/metrics").text

    assert 'audiotui_requests_total{method="other",route="/library",status="405"} 3' in text
    assert 'audiotui_requests_total{method="OPTIONS",route="/library",status="405"} 1' in text
    assert "BREW" not in text


def test_the_documentation_names_every_route(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert {
        "/library",
        "/library/upload",
        "/library/{asset_id}",
        "/library/{asset_id}/url",
        "/library/{asset_id}/stream",
        "/health",
        "/metrics",
    } == paths.keys()


def test_without_keys_only_loopback_is_served(service: AudioLibraryService) -> None:
    with pytest.raises(InvalidInput, match="without API keys"):
        guarded(service, "0.0.0.0")

    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "10.0.0.1", "example.com")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_an_address_that_is_taken_is_told_and_never_announced(service: AudioLibraryService) -> None:
    told: list[str] = []

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InvalidInput, match="Cannot listen"):
        run(service, host="127.0.0.1", port=taken.getsockname()[1], say=told.append)
    with pytest.raises(InvalidInput, match="API keys"):
        run(service, host="0.0.0.0", port=0, say=told.append)

    assert told == []


def test_a_browser_that_was_led_here_under_another_name_gets_nothing(service: AudioLibraryService) -> None:
    app = guarded(service, "127.0.0.1")

    with serving(app) as client:
        assert client.get("/health", headers={"host": "evil.example"}).status_code == 400
        assert client.get("/health", headers={"host": "127.0.0.1:8411"}).status_code == 200
