"""Assets over HTTP: lists, links, removal, and that nobody sees what is another customer's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contracts.service_suite import ASSET, USER
from tests.library.http.asking import ME
from tests.library.sounds import wav

if TYPE_CHECKING:
    import httpx


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
