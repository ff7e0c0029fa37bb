"""Adding recordings, one and many."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.core.catalog.batches import ADDED_AT_ONCE, ADDED_CHARACTERS
from audiotui.errors import AlreadyExists, Duplicate, IdentityNotFound, InvalidInput
from audiotui.model import CopyState, NewCopy, NewRecording, VerifyLevel
from tests.core.samples import FLAC, WAV, add, current, digest, found, index_words, new_file, read, skip_to_next_stretch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.core.catalog import Catalog
    from tests.core.conftest import Clock

UID = "12345678-1234-5678-1234-567812345678"


def test_a_recording_comes_back_as_it_was_added(catalog: Catalog, clock: Clock) -> None:
    voice, _ = catalog.add_ai_identity("kokoro", "af_heart", provider="local")
    person, _ = catalog.add_user_identity("Ada", "Lovelace")
    new = NewRecording(
        text="Hello world",
        title="Greeting",
        folder="/greetings//short/",
        verdict=" Keep ",
        language="en-GB",
        model="kokoro",
        ai_generated=True,
        ai_identity_uid=voice,
        user_identity_uid=person,
        session="monday",
        rating=4,
        notes="a note",
        generation={"speed": 1.25},
        metadata={"any": ["thing", None, {"deep": True}]},
        tags=("good", "short", "good"),
        created_at=datetime(2025, 5, 4, 3, 2, 1, tzinfo=UTC),
    )

    uid = catalog.add_recording(new, [new_file("a"), new_file("t", "transcript")])
    recording = catalog.recording(uid)

    assert recording.uid == uid
    assert (recording.text, recording.title, recording.folder) == ("Hello world", "Greeting", "greetings/short")
    assert (recording.verdict, recording.language, recording.model) == ("keep", "en-GB", "kokoro")
    assert recording.ai_generated is True
    assert recording.ai_identity is not None
    assert recording.ai_identity.uid == voice
    assert recording.user_identity is not None
    assert recording.user_identity.label == "Ada Lovelace"
    assert (recording.session, recording.rating, recording.notes) == ("monday", 4, "a note")
    assert recording.generation == {"speed": 1.25}
    assert recording.metadata == {"any": ["thing", None, {"deep": True}]}
    assert recording.tags == ("good", "short")
    assert recording.created_at == datetime(2025, 5, 4, 3, 2, 1, tzinfo=UTC)
    assert recording.updated_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert recording.deleted_at is None


def test_files_come_with_their_facts_and_copies(catalog: Catalog) -> None:
    parts = (digest("p1"), digest("p2"))
    row_id = add(catalog, "", new_file("t", "transcript"), new_file("a", part_sha256=parts))

    audio, transcript = read(catalog, row_id).files

    assert (audio.kind, audio.version, audio.sha256, audio.part_sha256) == ("audio", 1, digest("a"), parts)
    assert (audio.media, audio.original_name, audio.size_bytes) == (WAV, "a.wav", 1001)
    assert (transcript.kind, transcript.media, transcript.part_sha256) == ("transcript", None, ())
    [copy] = audio.copies
    assert (copy.location, copy.key, copy.managed, copy.state) == ("local", "a/audio", True, CopyState.PRESENT)
    assert (copy.verify_level, copy.size_bytes) == (VerifyLevel.READ_BACK, 1001)
    assert copy.verified_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_recording_shows_the_facts_of_its_audio_file(catalog: Catalog) -> None:
    recording = read(catalog, add(catalog, "", new_file("t", "transcript"), new_file("a", media=FLAC)))

    shown = (recording.format, recording.duration_s, recording.sample_rate_hz, recording.channels, recording.size_bytes)
    assert shown == ("flac", 2.5, 48_000, 2, 1001)


def test_several_files_of_a_kind_are_versions_and_the_newest_is_current(catalog: Catalog) -> None:
    old, new, odd = new_file("old"), new_file("new", media=FLAC), new_file("odd", version=7, media=WAV)
    plain = read(catalog, add(catalog, "", old, new))
    kept = read(catalog, add(catalog, "", odd, new_file("low", version=3)))

    assert [(file.version, file.sha256) for file in plain.files] == [(2, digest("new")), (1, digest("old"))]
    assert plain.format == "flac"
    assert [(file.version, file.sha256) for file in kept.files] == [(7, digest("odd")), (3, digest("low"))]
    assert kept.size_bytes == 1003


@pytest.mark.parametrize("versions", [(2, 2), (1, -1), (1, 10**9), (2, 0, 3)])
def test_versions_that_cannot_be_are_refused(catalog: Catalog, versions: tuple[int, ...]) -> None:
    files = [new_file(f"v{place}", version=version) for place, version in enumerate(versions)]

    with pytest.raises(InvalidInput, match="version"):
        catalog.add_recording(NewRecording(text="x"), files)


def test_many_recordings_are_added_in_order_as_one_action(catalog: Catalog) -> None:
    items = [(NewRecording(text=f"number {n}", tags=("bulk",)), [new_file(f"b{n}")]) for n in range(2_500)]

    uids = catalog.add_recordings(iter(items))

    ids = [catalog.resolve_recording(uid) for uid in uids]
    assert ids == sorted(ids)
    assert [read(catalog, ids[place]).text for place in (0, 1_234, 2_499)] == ["number 0", "number 1234", "number 2499"]
    assert [(change.verb, change.subjects) for change in catalog.history(2)] == [("add", 2_500)]
    assert found(catalog, "number") == ids
    assert catalog.tags() == [("bulk", 2_500)]


def test_what_is_added_in_bulk_is_indexed_as_by_the_index_itself(catalog: Catalog) -> None:
    voice, _ = catalog.add_ai_identity("kokoro", "af_heart")
    person, _ = catalog.add_user_identity("Ada", "Lovelace")
    links = {"ai_identity_uid": voice, "user_identity_uid": person, "ai_generated": True}
    text = {"title": "Begrüßung", "folder": "a/b", "verdict": "keep", "language": "de", "model": "m", "session": "s"}
    remote = new_file("r", location="archive")
    add(catalog, "Guten Tag 世界", new_file("a"), new_file("t", "transcript"), rating=3, notes="n", **text, **links)
    add(catalog, "", new_file("v1"), new_file("v2", media=FLAC), tags=("x", "y"))
    add(catalog, "", remote)
    add(catalog, "only text \udce9")
    add(catalog, "", new_file("p", "picture"))
    add(
        catalog,
        "",
        new_file("two", original_name="caf\udce9.wav", copies=(NewCopy("local", "k"), NewCopy("archive", "k"))),
    )
    before = index_words(catalog)

    catalog.rebuild_index()

    assert index_words(catalog) == before


def test_an_item_that_is_refused_undoes_its_batch_and_no_other(catalog: Catalog) -> None:
    items: list[tuple[NewRecording, list[Any]]] = [(NewRecording(text=f"t{n}"), []) for n in range(ADDED_AT_ONCE + 500)]
    items[ADDED_AT_ONCE + 200] = (NewRecording(text="bad", rating=9), [])

    with pytest.raises(InvalidInput, match="rating"):
        catalog.add_recordings(items)

    assert len(found(catalog, f"t{ADDED_AT_ONCE - 1}")) == 1
    assert found(catalog, f"t{ADDED_AT_ONCE + 1}") == []
    assert catalog.history()[0].subjects == ADDED_AT_ONCE


def test_what_came_before_a_failure_of_their_source_is_added(catalog: Catalog) -> None:
    def items() -> Iterator[tuple[NewRecording, list[Any]]]:
        yield from ((NewRecording(text=f"t{n}"), []) for n in range(2 * ADDED_AT_ONCE + 10))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        catalog.add_recordings(items())

    assert len(found(catalog, f"t{2 * ADDED_AT_ONCE - 1}")) == 1
    assert found(catalog, f"t{2 * ADDED_AT_ONCE}") == []


def test_items_are_taken_on_the_thread_that_adds_and_outside_of_transactions(catalog: Catalog) -> None:
    taken: set[tuple[str, bool]] = set()

    def items() -> Iterator[tuple[NewRecording, list[Any]]]:
        for number in range(2 * ADDED_AT_ONCE + 10):
            taken.add((threading.current_thread().name, catalog.database.is_writing))
            yield NewRecording(text=f"t{number}"), []

    uids = catalog.add_recordings(items())

    assert taken == {(threading.current_thread().name, False)}
    for number in (0, ADDED_AT_ONCE - 1, ADDED_AT_ONCE, 2 * ADDED_AT_ONCE):
        assert read(catalog, found(catalog, f"t{number}")[0]).uid == uids[number]


def test_long_texts_are_added_a_few_at_a_time(catalog: Catalog) -> None:
    long = "word " * (ADDED_CHARACTERS // 10)
    items: list[tuple[NewRecording, list[Any]]] = [(NewRecording(text=f"{long} t{n}"), []) for n in range(3)]
    items.append((NewRecording(text="bad", rating=9), []))

    with pytest.raises(InvalidInput, match="rating"):
        catalog.add_recordings(items)

    assert [len(found(catalog, f"t{n}")) for n in range(3)] == [1, 1, 0]


def test_an_addition_without_history_cannot_be_undone(catalog: Catalog) -> None:
    catalog.add_recordings([(NewRecording(text="x"), [])], record_history=False)

    assert catalog.history() == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"text": ""}, "text or a file"),
        ({"text": " \n\t"}, "text or a file"),
        ({"text": b"x"}, "no text"),
        ({"rating": 6}, "from 0 to 5"),
        ({"rating": True}, "from 0 to 5"),
        ({"rating": 4.0}, "from 0 to 5"),
        ({"verdict": "two words"}, "one short word"),
        ({"verdict": "x" * 33}, "one short word"),
        ({"folder": "a/../b"}, "its own folder"),
        ({"tags": ("",)}, "tag"),
        ({"tags": ("x" * 101,)}, "tag"),
        ({"tags": "abc"}, "list"),
        ({"metadata": {"x": float("nan")}}, "JSON"),
        ({"metadata": {"x": object()}}, "JSON"),
        ({"metadata": [1]}, "JSON object"),
        ({"metadata": {1: 2}}, "JSON object"),
        ({"metadata": {"x": "y" * 1_000_001}}, "characters"),
        ({"generation": {"x": {1, 2}}}, "JSON"),
        ({"ai_generated": 1}, "true nor false"),
        ({"uid": "no uuid"}, "no UUID"),
        ({"created_at": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001 - that is the mistake
    ],
)
def test_what_a_recording_cannot_have_is_refused_with_the_reason(
    catalog: Catalog, values: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        catalog.add_recording(NewRecording(**{"text": "x", **values}))

    assert caught.value.hint
    assert found(catalog, "x") == []


def test_json_that_is_too_deep_is_refused(catalog: Catalog) -> None:
    deep: Any = "bottom"
    for _ in range(101):
        deep = {"x": [deep]}
    endless: list[Any] = []
    endless.append(endless)

    for metadata in (deep, {"x": endless}):
        with pytest.raises(InvalidInput, match="metadata"):
            add(catalog, "x", metadata=metadata)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"kind": "Audio"}, "short name"),
        ({"kind": ""}, "short name"),
        ({"kind": "x" * 33}, "short name"),
        ({"sha256": "abc"}, "SHA-256"),
        ({"sha256": digest("a").upper()}, "SHA-256"),
        ({"part_sha256": ("abc",)}, "SHA-256"),
        ({"size_bytes": -1}, "whole number"),
        ({"size_bytes": 2**63}, "whole number"),
        ({"copies": (NewCopy("nowhere", "k"),)}, "nowhere"),
    ],
)
def test_what_a_file_cannot_have_is_refused_with_the_reason(
    catalog: Catalog, values: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        catalog.add_recording(NewRecording(text="x"), [new_file("a", **values)])

    assert found(catalog, "x") == []


@pytest.mark.parametrize(
    "text", ["\0", "a\0b", "\ud800", "caf\udce9", "\ufdd0", "\x1b[31m", "\u202e", "[/]", "x" * 1_000_000]
)
def test_strange_text_is_stored_as_it_is(catalog: Catalog, text: str) -> None:
    marks = "e" + "\u0301" * 10_000
    row_id = add(
        catalog, f"x{text}", new_file("a", original_name=text), title=text, notes=text, session=marks, tags=("\ufdd0",)
    )

    recording = read(catalog, row_id)

    assert (recording.text, recording.title, recording.notes) == (f"x{text}", text, text)
    assert (recording.session, recording.tags) == (marks, ("\ufdd0",))
    assert recording.files[0].original_name == text
    assert catalog.find_exact_text(f"x{text}") == row_id


def test_an_unknown_identity_is_refused(catalog: Catalog) -> None:
    person, _ = catalog.add_user_identity("Ada")

    for uid in ("12345678-1234-5678-1234-567812345678", person):
        with pytest.raises(IdentityNotFound, match="AI identity"):
            catalog.add_recording(NewRecording(text="x", ai_identity_uid=uid))


def test_an_id_that_is_brought_along_is_kept_and_taken_once(catalog: Catalog) -> None:
    uid = UID
    assert catalog.add_recording(NewRecording(text="x", uid=uid.upper())) == uid

    with pytest.raises(Duplicate) as caught:
        catalog.add_recording(NewRecording(text="y", uid=uid))
    with pytest.raises(Duplicate, match="same id"):
        catalog.add_recordings([(NewRecording(text="z", uid=uid[::-1]), [])] * 2)

    assert caught.value.existing_uid == uid
    assert found(catalog, "y") == []


def test_an_id_is_taken_once_however_long_ago(catalog: Catalog) -> None:
    add(catalog, "first", title="old", uid=UID)
    skip_to_next_stretch(catalog)

    with pytest.raises(Duplicate, match="old") as caught:
        catalog.add_recordings([(NewRecording(text="new"), []), (NewRecording(text="same", uid=UID.upper()), [])])

    assert caught.value.existing_uid == UID
    assert found(catalog, "new") == []


def test_a_key_is_taken_by_one_file_only(catalog: Catalog) -> None:
    add(catalog, "first", new_file("a", key="same"))

    with pytest.raises(AlreadyExists) as caught:
        add(catalog, "second", new_file("b", key="same"))

    assert (caught.value.location, caught.value.key) == ("local", "same")
    assert found(catalog, "second") == []


def test_a_key_whose_file_is_gone_is_free_again(catalog: Catalog) -> None:
    gone = current(read(catalog, add(catalog, "first", new_file("a", key="same"))))
    assert gone is not None
    catalog.set_copy_state(gone.copies[0].id, CopyState.MISSING)

    second = current(read(catalog, add(catalog, "second", new_file("b", key="same"))))

    assert second is not None
    assert [copy.key for copy in second.copies] == ["same"]
    assert catalog.copies_of([gone.id]) == {}


def test_ids_rise_and_are_never_used_again(catalog: Catalog) -> None:
    first, second = add(catalog, "one"), add(catalog, "two")
    catalog.trash_recordings([first, second])
    catalog.purge_recordings([first, second])

    assert add(catalog, "three") > second
