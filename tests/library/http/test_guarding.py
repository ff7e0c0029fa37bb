"""Who may come in over HTTP, how often, and with how much."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import InvalidInput
from audiotui.library.http.guard import Rate
from audiotui.library.http.serving import guarded, is_loopback, run
from tests.contracts.service_suite import USER
from tests.library.http.asking import ANNA_KEY, ME, TEAM_KEY
from tests.servers.asgi import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer


OURS = ("127.0.0.1:8411", "localhost", "LOCALHOST:80", "[::1]:8411", "[::1]")
STRANGE = (
    "evil.example",
    "127.0.0.1.evil.example",
    "[::1].evil.example",
    "localhost:x",
    "::1",
    "localhost@evil.example",
    "",
)


def test_a_key_opens_the_customers_that_it_lists(keyed: httpx.Client, server: SpeechServer) -> None:
    def status(customer: str, key: str = "") -> int:
        headers = {"x-customer-id": customer, "x-user-id": USER, **({"authorization": f"Bearer {key}"} if key else {})}
        return int(keyed.get("/library", headers=headers).status_code)

    assert status("anna", ANNA_KEY) == 200
    assert status("ben", TEAM_KEY) == 200
    assert status("ben", ANNA_KEY) == 404
    assert status("anna") == 401
    assert status("anna", ANNA_KEY[:-1]) == 401


def test_the_name_of_the_scheme_may_be_written_in_any_case(keyed: httpx.Client) -> None:
    headers = {"x-customer-id": "anna", "authorization": f"bearer  {ANNA_KEY}"}

    assert keyed.get("/library", headers=headers).status_code == 200


def test_without_a_key_nothing_of_a_request_is_looked_at(keyed: httpx.Client, service: AudioLibraryService) -> None:
    big = b"x" * 5_000_000

    upload = keyed.post("/library/upload", headers={"x-customer-id": "anna"}, files={"file": ("a.wav", big)})
    odd = keyed.post("/library", content=b"{")

    assert [(one.status_code, one.json()["error"]) for one in (upload, odd)] == [(401, "Unauthorized")] * 2
    assert upload.headers["www-authenticate"] == "Bearer"


def test_too_many_requests_are_told_to_wait(keyed: httpx.Client) -> None:
    headers = {"x-customer-id": "anna", "x-user-id": USER, "authorization": f"Bearer {ANNA_KEY}"}

    answers = [keyed.get("/library", headers=headers) for _ in range(22)]

    assert [one.status_code for one in answers] == [200] * 20 + [429] * 2
    assert (answers[-1].headers["retry-after"], answers[-1].json()["retryable"]) == ("4", True)
    other = {**headers, "authorization": f"Bearer {TEAM_KEY}"}
    assert keyed.get("/library", headers=other).status_code == 200


def test_a_rate_refills_with_time() -> None:
    now_s = 0.0
    rate = Rate(60, clock=lambda: now_s)

    assert [rate.wait_s("x") for _ in range(61)] == [0.0] * 60 + [1.0]
    now_s = 1.0
    assert rate.wait_s("x") == 0.0


def test_bodies_that_are_too_big_are_refused(client: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(60):
            yield b"x" * 100_000

    promised = client.post("/library", content=b"x" * 6_000_000, headers=ME)
    streamed = client.post("/library", content=chunks(), headers=ME)

    assert (promised.status_code, streamed.status_code) == (413, 413)


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
        answers = [client.get("/health", headers={"host": name}) for name in STRANGE]
        statuses = [client.get("/health", headers={"host": name}).status_code for name in OURS]

    assert statuses == [200] * len(OURS)
    assert [one.status_code for one in answers] == [400] * len(STRANGE)
    assert answers[0].json() == {
        "error": "InvalidInput",
        "message": "This server is not called evil.example.",
        "hint": "Ask for it as localhost or 127.0.0.1 or [::1], or add library: api_keys: for other names.",
        "retryable": False,
    }
    assert answers[0].headers["x-content-type-options"] == "nosniff"
