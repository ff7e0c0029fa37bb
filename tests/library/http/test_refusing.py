"""What cannot be done over HTTP has its status, and is told in one form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audiotui import errors
from audiotui.core.failures import not_durable
from audiotui.library.http.answers import status_of
from audiotui.library.http.app import create_app
from tests.contracts.service_suite import ASSET
from tests.library.http.asking import BODY, ME
from tests.servers.asgi import serving

if TYPE_CHECKING:
    import httpx

    from audiotui.errors import AudiotuiError
    from audiotui.library import AudioLibraryService


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
        ({"transcode": "flac", "loudness": "x"}, 422),
        ({"transcode": "flac", "loudness": -16}, 422),
    ],
)
def test_what_cannot_be_done_has_its_status(client: httpx.Client, body: dict[str, Any], status: int) -> None:
    answer = client.post("/library", json={**BODY, **body}, headers=ME)

    assert answer.status_code == status


def test_a_request_without_customer_is_refused(client: httpx.Client) -> None:
    assert client.get("/library").status_code == 422
    assert client.get("/library", headers={"x-customer-id": "../x"}).status_code == 400


def test_a_save_without_user_is_refused_by_the_name_of_the_header(client: httpx.Client) -> None:
    answer = client.post("/library", json=BODY, headers={"x-customer-id": "anna"})

    assert (answer.status_code, answer.json()["error"]) == (422, "InvalidInput")
    assert answer.json()["message"] == "Cannot take the header x-user-id: Field required."


def test_what_can_be_tried_again_says_so_and_when(service: AudioLibraryService) -> None:
    app = create_app(service)

    @app.get("/raised")
    def raised() -> None:
        raise not_durable(OSError(24, "Too many open files"), Path("library.db"))

    with serving(app) as client:
        answer = client.get("/raised")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json() == {
        "error": "CatalogNotDurable",
        "message": "Cannot make the library library.db safe against a power cut: Too many open files.",
        "hint": "Check the disk and how many files this process has open, then try again.",
        "retryable": True,
    }


@pytest.mark.parametrize("kind", [one for one in vars(errors).values() if getattr(one, "retryable", False) is True])
def test_no_error_that_can_pass_is_called_a_fault_of_the_program(kind: type[AudiotuiError]) -> None:
    assert status_of(kind("It failed.")) == (409 if kind is errors.AssetBusy else 503)
