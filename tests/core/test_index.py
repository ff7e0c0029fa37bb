"""What is found of a recording's words, and that the index keeps up with the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.core.index import IndexRow, index_values, load_rows, merge, settle, write_rows
from audiotui.core.search import open_searcher
from audiotui.core.words import fold_value, indexed, phrase
from audiotui.model import NewCopy, NewRecording
from tests.core.samples import add, found, index_words, new_file

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog


def hits(catalog: Catalog, query: str) -> list[int]:
    """Row ids that a query finds, newest first."""
    with open_searcher(catalog.database.path) as searcher:
        return list(searcher.ids(query))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Hello world", "hel"),
        ("Hello world", "WORLD"),
        ("Café au lait", "cafe"),
        ("Cafe au lait", "café"),
        ("Cafe\u0301 au lait", "CAFÉ"),
        ("Straße", "strasse"),
        ("STRASSE", "straße"),
        ("Łódź", "lodz"),
        ("Ærøskøbing", "aeroskob"),
        ("İstanbul ve Isparta", "istanbul isparta"),
        ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ("ёлка", "елка"),
        ("kokoro_happy_01", "happy"),
        ("kokoro_happy_01", "kokoro_hap"),
        ("well-known fact", "known"),
        ("well-known fact", '"well known"'),
        ("don't", "don't"),
        ("今日はいい天気ですね", "天気"),
        ("今日はいい天気ですね", "天"),
        ("今日はいい天気ですね", "ね"),
        ("今日はいい天気ですね", '"いい天気"'),
        ("我喜歡喝茶", "喜歡"),
        ("𠮷野家で食べた", "𠮷"),
        ("ﾃﾚﾋﾞ", "テレビ"),
        ("ＡＢＣ１２３", "abc123"),
        ("iPhone手機很好", "手機"),
        ("iPhone手機很好", "iphone"),
        ("東京tower", "東京tower"),
        ("2026年5月", "5月"),
        ("สวัสดีครับ", "ครับ"),
        ("สวัสดีครับ", "สวัส"),
        ("ສະບາຍດີ", "ບາຍ"),
        ("សួស្តីពិភពលោក", "ពិភព"),
        ("မင်္ဂလာပါ", "လာ"),
        ("안녕하세요 세계", "안녕"),
        ("\u1112\u1161\u11ab국", "한국"),
        ("हिन्दी भाषा", "हिन्दी"),
        ("שָׁלוֹם", "שלום"),
        ("كِتَاب", "كتاب"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a" + "\u0301" * 10_000, "a"),
        ("NUL\x00here", "here"),
    ],
)
def test_a_word_is_found_however_it_is_written(catalog: Catalog, text: str, query: str) -> None:
    row_id = add(catalog, text)

    assert hits(catalog, query) == [row_id]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Hello world", "ello"),
        ("Hello world", '"hello wor"'),
        ("Hello world", '"world hello"'),
        ("今日はいい天気ですね", "気天"),
        ("東京、大阪", "京大"),
        ("東京tower", '"東tower"'),
        ("안녕하세요", "하세요"),
        ("Hello", "hallo"),
    ],
)
def test_what_is_not_there_is_not_found(catalog: Catalog, text: str, query: str) -> None:
    add(catalog, text)

    assert hits(catalog, query) == []


def test_title_text_notes_and_file_name_are_searched(catalog: Catalog) -> None:
    row_id = add(catalog, "spoken", new_file("takefour"), title="headline", notes="remark")

    assert [hits(catalog, word) for word in ("spoken", "headline", "remark", "takefour")] == [[row_id]] * 4


def test_a_phrase_does_not_reach_from_one_text_into_the_next(catalog: Catalog) -> None:
    add(catalog, "one two", new_file("five_six"), title="three four", notes="seven eight")

    assert hits(catalog, '"two seven"') == []
    assert hits(catalog, '"four five"') == []


@pytest.mark.parametrize("name", ["0f8fad5b-d9cb-469f-a165-70867728950e.wav", "d41d8cd98f00b204e9800998ecf8427e.flac"])
def test_a_file_name_that_a_machine_made_up_is_not_searched(catalog: Catalog, name: str) -> None:
    add(catalog, "Hello", new_file("x", original_name=name))

    assert hits(catalog, name[:8]) == []


def test_a_text_of_a_megabyte_is_searched_to_its_end(catalog: Catalog) -> None:
    latin = add(catalog, "lorem ipsum " * 90_000 + "needle")
    chinese = add(catalog, "天地玄黃" * 90_000 + "針線")

    assert hits(catalog, "needle") == [latin]
    assert hits(catalog, "針線") == [chinese]


@pytest.mark.parametrize(
    "text", ["\ue000fflive", "\ue000", "\ue001", "\ufdd0dce9", "caf\udce9", "voice1 live at1 tag1"]
)
def test_no_text_is_taken_for_a_filter(catalog: Catalog, text: str) -> None:
    add(catalog, f"{text} hello")

    assert hits(catalog, "at1 hello") == ([1] if "at1" in text else [])
    assert hits(catalog, "where:local") == []
    assert hits(catalog, "\ue000fflive") == hits(catalog, "fflive")


def test_a_deleted_recording_is_not_found_and_a_restored_one_is(catalog: Catalog) -> None:
    row_id = add(catalog, "Hello")

    catalog.trash_recordings([row_id])
    trashed = hits(catalog, "hello")
    catalog.restore_recordings([row_id])

    assert trashed == []
    assert hits(catalog, "hello") == [row_id]


def test_an_edit_is_found_at_once_and_the_old_words_no_more(catalog: Catalog) -> None:
    row_id = add(catalog, "before", language="de")

    catalog.edit_recordings([row_id], {"text": "after", "language": "fr"}, add_tags=["new"])

    assert hits(catalog, "after lang:fr tag:new") == [row_id]
    assert hits(catalog, "before OR lang:de") == []


def test_writing_an_entry_again_changes_nothing(catalog: Catalog) -> None:
    for number in range(5):
        copies = (NewCopy("local", f"k{number}"), NewCopy("archive", f"k{number}"))[: number % 3]
        files = [new_file(f"c{number}", copies=copies), new_file(f"t{number}", "transcript")] if number else []
        add(
            catalog,
            f"text {number}",
            *files,
            tags=("a", "b")[: number % 3],
            notes="n" * number,
            folder="x/y",
            rating=number,
        )
    before = index_words(catalog)

    with catalog.database.write() as connection:
        write_rows(connection, range(1, 10))

    assert index_words(catalog) == before


def test_the_entry_of_a_recording_that_is_gone_is_removed(catalog: Catalog) -> None:
    row_id = add(catalog, "Hello")

    with catalog.database.write() as connection:
        connection.execute("DELETE FROM recordings WHERE id = ?", (row_id,))
        write_rows(connection, [row_id, 999])

    assert found(catalog, "hello") == []


def test_a_bulk_leaves_few_segments_once_it_is_settled(catalog: Catalog) -> None:
    for start in range(20):
        catalog.add_recordings([(NewRecording(text=f"word{start} {number}"), ()) for number in range(10)])

    with catalog.database.write() as connection:
        assert not merge(connection, tolerated_segments=100)
    settle(catalog.database, pause_s=0)

    with catalog.database.write() as connection:
        assert not merge(connection)
        assert connection.execute("SELECT count(DISTINCT segid) FROM recordings_fts_idx").fetchone()[0] < 10
    assert len(hits(catalog, "word7")) == 10


def test_rows_for_the_index_are_read_as_they_are_in_the_catalog(catalog: Catalog) -> None:
    row_id = add(catalog, "Hello", new_file("a"), new_file("b", "transcript"), folder="x/y", tags=("t",), rating=3)

    (row,) = load_rows(catalog.database.connection(), [row_id])

    assert row._replace(created_at_ms=0) == IndexRow(
        id=row_id,
        text="Hello",
        original_name="a.wav",
        folder="x/y",
        format="wav",
        duration_s=1.5,
        sample_rate_hz=24_000,
        size_bytes=1001,
        rating=3,
        tag_ids=(1,),
        kinds=("audio", "transcript"),
        location_ids=(1,),
        is_local=True,
    )


def test_numbers_beyond_reason_have_a_place_in_the_index() -> None:
    for number in (-1.0, 0.0, 1e300, float("inf"), float("nan")):
        assert all(index_values(IndexRow(1, text="a", duration_s=number))[1:])
    for number in (-(2**63), 0, 2**63 - 1):
        assert all(index_values(IndexRow(1, text="a", size_bytes=number, created_at_ms=number))[1:])


def test_ascii_text_goes_into_the_index_as_it_is() -> None:
    text = "Hello, World_1"

    assert indexed(text) is text


@pytest.mark.parametrize("text", ["", " ", "…", "🎉", '"', "\ue000", "\u0301"])
def test_text_without_words_is_no_phrase(text: str) -> None:
    assert phrase(text, prefix=True) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "cafe"),
        ("Two  Words", "two words"),
        ("ＡＢ", "ab"),
        ("Straße", "STRASSE"),
        ("한", "\u1112\u1161\u11ab"),
    ],
)
def test_values_are_the_same_without_case_and_accents(one: str, other: str) -> None:
    assert fold_value(one) == fold_value(other)
