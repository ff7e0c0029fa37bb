"""Arguments that nobody should give: each is refused by one clear error, and nothing is done."""

from __future__ import annotations

import math
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.documents.encoding import document_of
from audiotui.errors import InvalidInput
from tests.library.sounds import wav
from tests.servers.speech import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.library import AudioLibraryService
    from tests.servers.speech import SpeechServer

ITEM: dict[str, Any] = {"asset_id": "a1", "customer_id": "c1", "user_id": "u1", "audio_url": "/temp/x.wav"}


@pytest.fixture
def service(services: Callable[[Path], AudioLibraryService], embedded_config: Path) -> AudioLibraryService:
    return services(embedded_config)


@pytest.fixture
def saved(service: AudioLibraryService, server: SpeechServer) -> AudioLibraryService:
    """A service with the asset ``a1``."""
    server.put("x.wav", wav())
    service.save_audio_to_library(**ITEM)
    return service


@pytest.mark.parametrize(
    "odd",
    [
        {"duration": 10**400},
        {"text": "x" * 1_000_000},
        {"text": None},
        {"tags": "abc"},
        {"tags": 5},
        {"tags": {"a": 1}},
        {"tags": b"x"},
        {"speed": 10**400},
        {"transcode": []},
        {"asset_id": "😀"},
        {"parameters": {"a": float("nan")}},
        {"parameters": {"upload_sha256": "x"}},
    ],
    ids=lambda odd: next(iter(odd)),
)
def test_a_save_with_an_odd_argument_is_refused(
    service: AudioLibraryService, server: SpeechServer, odd: dict[str, Any]
) -> None:
    server.put("x.wav", wav())

    with pytest.raises(InvalidInput) as refused:
        service.save_audio_to_library(**{**ITEM, **odd})

    assert refused.value.hint
    assert server.requests == []
    assert list(service.parts.documents.everything()) == []


@pytest.mark.parametrize(
    "odd", [None, math.nan, b"wav", "\ud800", 5, ["x"], {}, "x" * 201], ids=lambda odd: repr(odd)[:9]
)
def test_speech_in_an_odd_format_is_refused(service: AudioLibraryService, server: SpeechServer, odd: Any) -> None:
    with pytest.raises(InvalidInput, match="Cannot take response_format") as refused:
        service.generate("Hi", customer_id="c1", user_id="u1", voice="af", model="kokoro", response_format=odd)

    assert refused.value.hint
    assert server.requests == []
    assert list(service.parts.documents.everything()) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"limit": None},
        {"limit": "5"},
        {"limit": True},
        {"limit": 1001},
        {"offset": -1},
        {"offset": "x"},
        {"offset": 10**30},
        {"deleted": "no"},
        {"deleted": []},
        {"folder": 5},
        {"text": None},
    ],
    ids=str,
)
def test_a_list_with_an_odd_argument_is_refused(service: AudioLibraryService, odd: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        service.list_assets(customer_id="c1", **odd)

    assert refused.value.hint


@pytest.mark.parametrize("odd", [0, -1, 604_801, 1.5, "60", None, True, timedelta(hours=1)], ids=str)
def test_a_link_for_an_odd_time_is_refused(saved: AudioLibraryService, odd: Any) -> None:
    with pytest.raises(InvalidInput, match="Give whole seconds, from 1 to 604800"):
        saved.get_url("a1", customer_id="c1", expires=odd)


@pytest.mark.parametrize("odd", [{"a": 1}, b"x", "abc", 5], ids=repr)
def test_tags_that_are_no_list_are_refused_as_a_whole(saved: AudioLibraryService, odd: Any) -> None:
    with pytest.raises(InvalidInput, match="it is no list of texts"):
        saved.update_asset("a1", customer_id="c1", tags=odd)


@pytest.mark.parametrize("odd", [{"version": True}, {"version": 1.0}, {"version": "1"}, {"rendition": None}], ids=str)
def test_a_version_or_rendition_in_an_odd_form_is_refused(saved: AudioLibraryService, odd: dict[str, Any]) -> None:
    for read in (saved.get_url, saved.stream_asset):
        with pytest.raises(InvalidInput, match=f"Cannot take {next(iter(odd))} "):
            read("a1", customer_id="c1", **odd)


@pytest.mark.parametrize("odd", [None, 5])
def test_a_range_that_is_no_text_is_refused(saved: AudioLibraryService, odd: Any) -> None:
    with pytest.raises(InvalidInput, match="Cannot take span"):
        saved.stream_asset("a1", customer_id="c1", span=odd)


@pytest.mark.parametrize("odd", [None, 5, "/nowhere", "/", "a\0b", "x" * 5_000], ids=lambda odd: repr(odd)[:9])
def test_a_path_that_is_no_file_is_refused(service: AudioLibraryService, odd: Any) -> None:
    with pytest.raises(InvalidInput, match="Name a sound file"):
        service.save_file(odd, customer_id="c1", user_id="u1")


def test_an_empty_path_is_refused_as_what_it_is(service: AudioLibraryService) -> None:
    with pytest.raises(InvalidInput, match="Cannot take path '': it names no file"):
        service.save_file("", customer_id="c1", user_id="u1")


@pytest.mark.parametrize("odd", [None, 5, ["mp3"], {}, "", "exe"], ids=repr)
def test_another_coding_that_is_none_is_refused(saved: AudioLibraryService, odd: Any) -> None:
    with pytest.raises(InvalidInput, match=r"Cannot make .* of a sound"):
        saved.transcode_asset("a1", odd, customer_id="c1")


@pytest.mark.parametrize("odd", [None, "x", "false", "", -16, 1, 0, math.nan, math.inf, []], ids=repr)
def test_a_loudness_that_is_neither_true_nor_false_is_refused(
    saved: AudioLibraryService, server: SpeechServer, tmp_path: Path, odd: Any
) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(wav(2))
    who: dict[str, Any] = {"customer_id": "c1", "user_id": "u1"}
    asked = len(server.requests)
    calls: list[Callable[[], object]] = [
        lambda: saved.save_audio_to_library(**{**ITEM, "asset_id": "a2", "transcode": "flac", "loudness": odd}),
        lambda: saved.save_file(path, asset_id="a2", transcode="flac", loudness=odd, **who),
        lambda: saved.generate("Hi", voice="af", model="kokoro", transcode="flac", loudness=odd, **who),
        lambda: saved.transcode_asset("a1", "flac", customer_id="c1", loudness=odd),
    ]

    for call in calls:
        with pytest.raises(InvalidInput, match="loudness") as refused:
            call()
        assert refused.value.hint == "Give true or false."
    (only,) = saved.parts.documents.everything()
    assert only.renditions == ()
    assert len(server.requests) == asked


@pytest.mark.parametrize("odd", [None, "no", 0], ids=repr)
def test_a_reuse_that_is_neither_true_nor_false_is_refused(service: AudioLibraryService, odd: Any) -> None:
    with pytest.raises(InvalidInput, match="reuse"):
        service.generate("Hi", customer_id="c1", user_id="u1", voice="af", model="kokoro", reuse=odd)


@pytest.mark.parametrize("odd", [None, 5, "abc", {"asset_id": "a1"}], ids=repr)
def test_a_batch_that_is_none_is_refused(service: AudioLibraryService, odd: Any) -> None:
    with pytest.raises(InvalidInput, match="it is no batch"):
        service.save_many(odd)


@pytest.mark.parametrize("odd", [0, -1, 257, 1.5, "a", True], ids=repr)
def test_an_odd_number_at_once_is_refused(service: AudioLibraryService, odd: Any) -> None:
    with pytest.raises(InvalidInput, match="Cannot take parallel"):
        service.save_many([ITEM], parallel=odd)


def test_an_item_that_is_none_fails_by_itself(service: AudioLibraryService, server: SpeechServer) -> None:
    server.put("x.wav", wav())
    odd: list[Any] = [None, 5, {}, {1: 2}, {**ITEM, "bogus": 1}, ITEM]

    outcomes = service.save_many(odd)

    assert [one.error is None for one in outcomes] == [False] * 5 + [True]
    assert str(outcomes[0].error).startswith("Item 0 cannot be saved: None holds no named arguments.")


@pytest.mark.parametrize("odd", [{"text": None}, {"speed": "a"}, {"voice": None}, {"parameters": 5}], ids=str)
def test_looking_for_an_odd_generation_is_refused(service: AudioLibraryService, odd: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        service.find_generated(**{"text": "Hi", "customer_id": "c1", **odd})


def test_what_was_not_begun_when_a_batch_was_cancelled_is_not_saved(
    service: AudioLibraryService, server: SpeechServer
) -> None:
    cancel = threading.Event()
    taken: list[int] = []
    server.fail("/temp/1.wav", Fault(run=lambda: cancel.wait(60)))

    def items() -> Iterator[dict[str, Any]]:
        for number in range(1_000):
            taken.append(number)
            yield {**ITEM, "asset_id": f"a{number}", "audio_url": server.put(f"{number}.wav", wav(number))}

    outcomes = service.save_many(items(), parallel=1, cancel=cancel, listener=lambda _: cancel.set())

    assert len(outcomes) <= 2 < len(taken) < 1_000
    assert [one.error for one in outcomes] == [None] * len(outcomes)
    assert service.count_assets(customer_id="c1").count == len(outcomes)


def test_nobody_but_an_upload_is_marked_as_one(saved: AudioLibraryService, tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(wav(2))
    theirs = {"upload_sha256": "x"}
    about: dict[str, Any] = {"customer_id": ITEM["customer_id"], "user_id": "u1"}

    with pytest.raises(InvalidInput, match="'upload_sha256'"):
        saved.save_file(path, asset_id="a2", parameters=theirs, **about)
    with pytest.raises(InvalidInput, match="'upload_sha256'"):
        saved.generate("Hi", voice="af", model="kokoro", parameters=theirs, **about)
    saved.save_file(path, asset_id="a2", parameters={"seed": 7}, **about)

    sources = {one.asset_id: document_of(one)["source"] for one in saved.parts.documents.everything()}
    assert sources == {"a1": "generated", "a2": "uploaded"}
