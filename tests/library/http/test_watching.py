"""What those who run the service see of it over HTTP: health, counters, documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contracts.service_suite import ASSET, CUSTOMER
from tests.library.http.asking import ME

if TYPE_CHECKING:
    import httpx


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
