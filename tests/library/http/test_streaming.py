"""Audio over HTTP: whole, in ranges, and never other bytes than were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.contracts.service_suite import ASSET, CUSTOMER
from tests.library.http.asking import ME
from tests.library.sounds import big_wav, wav

if TYPE_CHECKING:
    from audiotui.library import AudioLibraryService


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


@pytest.mark.parametrize("span", ["bytes=0-9", "bytes=999999-"])
def test_who_has_the_file_already_is_told_so_whatever_range_is_asked_for(
    client: httpx.Client, saved: dict[str, Any], span: str
) -> None:
    path = f"/library/{ASSET}/stream"
    whole = client.get(path, headers=ME)

    answer = client.get(path, headers={**ME, "if-none-match": whole.headers["etag"], "range": span})

    assert (answer.status_code, answer.content) == (304, b"")
    for name in ("etag", "cache-control"):
        assert answer.headers[name] == whole.headers[name]


@pytest.mark.parametrize("digits", [20, 5_000])
def test_no_range_begins_too_far_behind_the_end_to_be_refused(
    client: httpx.Client, saved: dict[str, Any], digits: int
) -> None:
    answer = client.get(f"/library/{ASSET}/stream", headers={**ME, "range": f"bytes={'9' * digits}-"})

    assert answer.status_code == 416


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("span", ["", "bytes=0-9"])
def test_a_file_that_the_storage_has_lost_is_told_as_the_storages_failure(
    client: httpx.Client, saved: dict[str, Any], service: AudioLibraryService, method: str, span: str
) -> None:
    service.parts.shelf.discard(service.get_asset(ASSET, customer_id=CUSTOMER).current.file)

    answer = client.request(method, f"/library/{ASSET}/stream", headers={**ME, "range": span})

    assert answer.status_code == 502
    assert method == "HEAD" or answer.json()["error"] == "LocationError"


def test_a_file_that_has_another_size_now_is_not_told_to_be_there(
    client: httpx.Client, saved: dict[str, Any], service: AudioLibraryService
) -> None:
    recordings = service.parts.manager.config.locations["local"].path  # type: ignore[union-attr]
    stored = recordings / "audio-assets" / service.get_asset(ASSET, customer_id=CUSTOMER).current.file.key
    stored.write_bytes(wav() + b"more")

    statuses = [client.request(verb, f"/library/{ASSET}/stream", headers=ME).status_code for verb in ("GET", "HEAD")]

    assert statuses == [502, 502]


def test_damaged_audio_never_arrives_whole_and_the_log_says_so_in_a_line(
    client: httpx.Client, saved: dict[str, Any], service: AudioLibraryService, caplog: pytest.LogCaptureFixture
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
    assert [one.message for one in caplog.records if "an answer was broken off" in one.message]
    assert [one.message for one in caplog.records if one.exc_info] == []
    assert 'route="/library/{asset_id}/stream",status="200"} 1' in client.get("/metrics").text


def test_headers_can_be_asked_for_alone(client: httpx.Client, saved: dict[str, Any]) -> None:
    for path in ("/library", f"/library/{ASSET}", f"/library/{ASSET}/stream", "/health"):
        whole, head = client.get(path, headers=ME), client.head(path, headers=ME)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == whole.headers["content-length"]
    assert client.head("/library/none/stream", headers=ME).status_code == 404


@pytest.mark.parametrize("span", ["bytes=0-9", "bytes=99999999-", "bytes=9-0"])
def test_a_range_counts_for_get_alone(client: httpx.Client, saved: dict[str, Any], span: str) -> None:
    path = f"/library/{ASSET}/stream"

    head = client.head(path, headers={**ME, "range": span})
    known = client.head(path, headers={**ME, "range": span, "if-none-match": head.headers["etag"]})

    assert (head.status_code, head.headers["content-length"]) == (200, str(len(wav())))
    assert "content-range" not in head.headers
    assert known.status_code == 304
