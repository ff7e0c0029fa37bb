"""What those who run the service see of it over HTTP: health, counters, documentation."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import httpx

from tests.contracts.service_suite import ASSET, CUSTOMER
from tests.library.http.asking import BODY, ME
from tests.library.sounds import wav
from tests.servers.speech import Fault
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from tests.servers.speech import SpeechServer

THREADS = 40
"""So many requests are worked on at once by what the server is built on."""


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


def test_health_is_told_while_any_number_of_saves_waits(client: httpx.Client, server: SpeechServer) -> None:
    many, release, reached = 60, threading.Event(), threading.Semaphore(0)

    def hold() -> None:
        reached.release()
        release.wait(PATIENCE_S)

    for number in range(many):
        server.put(f"{number}.wav", wav(number))
        server.fail(f"/temp/{number}.wav", Fault(run=hold))

    def save(number: int) -> int:
        body = {**BODY, "asset_id": f"a{number}", "audio_url": f"/temp/{number}.wav"}
        return httpx.post(client.base_url.join("/library"), json=body, headers=ME, timeout=PATIENCE_S).status_code

    with ThreadPoolExecutor(many + 2) as pool:
        saves = [pool.submit(save, number) for number in range(many)]
        for _ in range(THREADS):
            assert reached.acquire(timeout=PATIENCE_S)
        watched = [pool.submit(client.get, path) for path in ("/health", "/metrics")]
        answered, _ = wait(watched, PATIENCE_S / 2)
        release.set()
        statuses = {one.result(PATIENCE_S) for one in saves}

    assert len(answered) == len(watched)
    assert statuses == {201}
