"""Asking a searcher: first rows, counts, listings, the best hits, places, and what notes say."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from audiotui.core import filters
from audiotui.core.database import open_reader
from audiotui.core.names import Names
from audiotui.core.search import SORTS, Searcher, open_searcher
from audiotui.core.terms import Is
from audiotui.errors import InvalidInput, NotACatalog
from audiotui.model import CopyState, CopyUpdate, NewCopy, RecordingRow
from tests.core.samples import add, new_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.core.catalog import Catalog


@pytest.fixture
def searcher(catalog: Catalog) -> Iterator[Searcher]:
    with open_searcher(catalog.database.path) as opened:
        yield opened


def texts(rows: Iterator[RecordingRow] | list[RecordingRow]) -> list[str]:
    return [row.text for row in rows]


def test_the_newest_rows_come_first(catalog: Catalog, searcher: Searcher) -> None:
    for text in ("hello one", "other", "hello two", "hello three"):
        add(catalog, text)

    head = searcher.head("hello", limit=2)

    assert texts(head.rows) == ["hello three", "hello two"]
    assert not head.complete
    assert searcher.head("hello", limit=3).complete


def test_a_row_has_all_that_a_list_shows(catalog: Catalog, searcher: Searcher) -> None:
    uid, _ = catalog.add_ai_identity(model="kokoro", voice="af_heart", name="Heart")
    row_id = add(
        catalog,
        "x" * 300,
        new_file("a"),
        title="Title",
        folder="a/b",
        session="s",
        verdict="keep",
        language="en",
        model="kokoro",
        rating=4,
        ai_generated=True,
        ai_identity_uid=uid,
    )

    (row,) = searcher.head("").rows

    assert row == RecordingRow(
        id=row_id,
        uid=catalog.recordings_by_ids([row_id])[0].uid,
        title="Title",
        text="x" * 200,
        identity="Heart",
        ai_generated=True,
        duration_s=1.5,
        format="wav",
        size_bytes=1001,
        language="en",
        model="kokoro",
        folder="a/b",
        session="s",
        verdict="keep",
        rating=4,
        created_at_ms=1_767_225_600_000,
        deleted_at_ms=None,
    )
    assert row.ai_generated is True


def test_an_identity_is_shown_by_its_new_name_at_once(catalog: Catalog, searcher: Searcher) -> None:
    uid, _ = catalog.add_user_identity(first_name="Jon", last_name="Doe")
    add(catalog, "Hello", user_identity_uid=uid)
    before = searcher.head("user:jon").rows[0].identity

    catalog.edit_identity(uid, {"first_name": "John"})

    assert before == "Jon Doe"
    assert searcher.head("user:john").rows[0].identity == "John Doe"


def test_names_that_are_no_valid_utf8_are_shown_as_they_were_given(catalog: Catalog, searcher: Searcher) -> None:
    add(catalog, "caf\udce9 text", title="caf\udce9", folder="f\udce9")

    (row,) = searcher.head("caf").rows

    assert (row.title, row.text, row.folder) == ("caf\udce9", "caf\udce9 text", "f\udce9")


def test_a_listing_gives_every_row_once(catalog: Catalog, searcher: Searcher) -> None:
    ids = [add(catalog, f"text {number}") for number in range(30)]

    assert [row.id for row in searcher.rows("text")] == ids[::-1]
    assert [row.id for row in searcher.rows("text", limit=5, offset=10)] == ids[::-1][10:15]
    assert list(searcher.ids("text", sort="oldest")) == ids
    assert searcher.count("text") == 30


def test_a_listing_that_is_read_while_others_write_stays_what_it_was(catalog: Catalog, searcher: Searcher) -> None:
    ids = [add(catalog, "text") for _ in range(3)]
    rows = searcher.rows("text")
    first = next(rows)

    add(catalog, "text")

    assert [first.id, *(row.id for row in rows)] == ids[::-1]


def test_a_listing_may_be_left_in_the_middle(catalog: Catalog, searcher: Searcher) -> None:
    for _ in range(3):
        add(catalog, "text")

    rows = searcher.rows("text")
    next(rows)
    rows.close()  # type: ignore[attr-defined]

    assert searcher.count("text") == 3


SORTED = {
    "": [5, 4, 3, 2, 1],
    "newest": [5, 4, 3, 2, 1],
    "-newest": [1, 2, 3, 4, 5],
    "oldest": [1, 2, 3, 4, 5],
    "-oldest": [5, 4, 3, 2, 1],
    "title": [4, 2, 5, 3, 1],
    "-title": [1, 5, 3, 2, 4],
    "duration": [2, 1, 5, 4, 3],
    "-duration": [1, 2, 5, 4, 3],
    "size": [1, 2, 5, 4, 3],
    "rating": [3, 2, 1, 5, 4],
    "-rating": [1, 2, 3, 5, 4],
    "identity": [2, 3, 1, 5, 4],
    "-identity": [1, 3, 2, 5, 4],
}


@pytest.mark.parametrize("sort", SORTED)
def test_rows_can_be_sorted_with_unknown_values_last_and_equal_ones_newest_first(
    catalog: Catalog, searcher: Searcher, sort: str
) -> None:
    voice, _ = catalog.add_ai_identity(model="m", voice="zoe")
    ann, _ = catalog.add_user_identity(first_name="Ann")
    bob, _ = catalog.add_user_identity(first_name="bob")
    add(catalog, "zebra", new_file("aa"), rating=5, ai_identity_uid=voice)
    add(catalog, "b", new_file("bbb"), title="banana", rating=2, user_identity_uid=ann)
    add(catalog, "Mango", rating=0, user_identity_uid=bob)
    add(catalog, "apple")
    add(catalog, "mango")
    with catalog.database.write() as connection:
        connection.execute("UPDATE recordings SET duration_s = 0.5 WHERE id = 2")

    found = [row.id for row in searcher.rows("", sort=sort)]

    assert found == SORTED[sort]
    assert [row.id for row in searcher.head("", sort=sort, limit=3).rows] == SORTED[sort][:3]
    assert [row.id for row in searcher.materialise("", sort=sort).page(0, 9)] == SORTED[sort]


def test_an_unknown_order_is_refused(searcher: Searcher) -> None:
    with pytest.raises(InvalidInput, match="sorted by “loudness”"):
        searcher.head("", sort="loudness")
    assert "newest" in SORTS


def test_the_best_hit_comes_first_and_exactly_this_text_before_it(catalog: Catalog, searcher: Searcher) -> None:
    exact = add(catalog, "Good  morning")
    add(catalog, "good something morning and a lot of further words that nobody asked for")
    titled = add(catalog, "other words here", title="good morning")
    add(catalog, "good evening")

    found = [row.id for row in searcher.ranked("Good morning")]

    assert found[:2] == [exact, titled]
    assert len(found) == 3
    assert [row.id for row in searcher.ranked("Good morning", limit=1)] == [exact]


@pytest.mark.parametrize("text", ["-hello OR", "tag:x", '"hello" (world', "user: hello"])
def test_a_text_to_rank_is_no_query(catalog: Catalog, searcher: Searcher, text: str) -> None:
    row_id = add(catalog, text)

    assert [row.id for row in searcher.ranked(text)] == [row_id]


@pytest.mark.parametrize("text", ["", " ", "🎉", "nothing like it"])
def test_a_text_that_is_not_there_has_no_best_hit(catalog: Catalog, searcher: Searcher, text: str) -> None:
    add(catalog, "hello")

    assert searcher.ranked(text) == []


def test_a_text_without_words_is_found_if_it_is_there_exactly(catalog: Catalog, searcher: Searcher) -> None:
    row_id = add(catalog, "🎉 !")

    assert [row.id for row in searcher.ranked("🎉  !")] == [row_id]


def test_with_very_many_hits_the_newest_are_given_and_a_note(
    catalog: Catalog, searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiotui.core.search.MOST_RANKED", 3)
    ids = [add(catalog, f"hello {'x ' * number}") for number in range(5)]

    head = searcher.ranked_head("hell", limit=2)

    assert [row.id for row in head.rows] == [ids[4], ids[3]]
    assert head.notes == ("more than 3 hits: the newest are shown, not the best",)
    assert not head.complete


def test_places_tell_where_the_audio_is(catalog: Catalog, searcher: Searcher) -> None:
    both = add(catalog, "a", new_file("a", copies=(NewCopy("local", "a"), NewCopy("archive", "a"))))
    nowhere = add(catalog, "b")
    catalog.put_copies([CopyUpdate(1, "archive", "a", 1001, CopyState.DAMAGED)])

    assert searcher.places([both, nowhere]) == {
        both: {"local": CopyState.PRESENT, "archive": CopyState.DAMAGED},
        nowhere: {},
    }


@pytest.mark.parametrize("field", ["voice:", "user:", "tag:", "where:", "@"])
def test_notes_name_what_cannot_be_found_by_its_beginning(searcher: Searcher, field: str) -> None:
    (note,) = searcher.notes(field + "x" * 10_000)

    assert len(note) < 200


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("voice:nobody", "no AI voice is called “nobody”"),
        ("user:nobody", "nobody is called “nobody”"),
        ("tag:none", "there is no tag “none”"),
        ("where:moon", "no location “moon” was used so far; known: archive, local"),
        ("@none", "there is no saved search “none”; searched as text"),
        ("@loop", "too many saved searches in one another: “loop”; searched as text"),
        ("is:marked", "is:marked finds nothing here: there is no list to mark recordings in"),
        ("foo:bar", "there is no field “foo”; searched as text"),
        ("@broken", "there is no field “foo”; searched as text"),
    ],
)
def test_notes_say_what_cannot_be_found(catalog: Catalog, searcher: Searcher, query: str, note: str) -> None:
    catalog.save_search("loop", "a OR @loop")
    catalog.save_search("broken", "foo:bar")

    assert searcher.notes(query) == (note,)
    assert searcher.head(query).notes == (note,)


def test_saved_searches_in_saved_searches_come_to_an_end(catalog: Catalog, searcher: Searcher) -> None:
    for number in range(20):
        catalog.save_search(f"s{number}", f"@s{number + 1} @s{number + 1}")
    add(catalog, "hello")

    notes = searcher.notes("@s0")

    assert any("too many saved searches" in note for note in notes)
    assert searcher.count("@s0") == 0


def test_marks_are_looked_up_anew_for_each_search(catalog: Catalog) -> None:
    ids = [add(catalog, "text") for _ in range(4)]
    marked: set[int] = set()

    with open_searcher(catalog.database.path, marked=lambda: marked) as searcher:
        before = list(searcher.ids("is:marked"))
        marked.update(ids[:2])

        assert before == []
        assert list(searcher.ids("is:marked text")) == [ids[1], ids[0]]
        assert list(searcher.ids("-is:marked")) == [ids[3], ids[2]]


def test_names_are_read_again_only_after_somebody_else_wrote(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity(first_name="Ann")
    ids = [add(catalog, "hello", user_identity_uid=uid)]
    statements: list[str] = []

    connection = open_reader(catalog.database.path)
    with Searcher(connection, marked=lambda: ids) as searcher:
        connection.set_trace_callback(statements.append)
        searcher.head("hello")
        first = sum("FROM user_identities" in one for one in statements)
        searcher.materialise("hello is:marked")
        searcher.head("is:marked")
        again = sum("FROM user_identities" in one for one in statements)
        catalog.edit_identity(uid, {"first_name": "Anna"})
        shown = [row.identity for row in searcher.head("is:marked").rows]

    assert (first, again, shown) == (1, 1, ["Anna"])


def test_too_many_ranges_between_ors_find_nothing_and_say_so(catalog: Catalog, searcher: Searcher) -> None:
    add(catalog, "hello", new_file("a"))
    query = " OR ".join(f"(hello{number} dur:>{number})" for number in range(10))

    assert searcher.head(query).rows == []
    assert searcher.notes(query) == ("more than 6 ranges, ids and marks between ORs; nothing is searched",)


def test_ranges_in_one_row_are_no_problem_however_many(catalog: Catalog, searcher: Searcher) -> None:
    row_id = add(catalog, "hello", new_file("a"))
    query = "hello " + " ".join(f"dur:<{number}" for number in range(2, 40))

    assert list(searcher.ids(query)) == [row_id]


def test_there_is_no_searcher_without_a_library(tmp_path: Path) -> None:
    with pytest.raises(NotACatalog):
        open_searcher(tmp_path / "none.db")


def test_a_name_that_very_many_people_have_is_searched(catalog: Catalog) -> None:
    add(catalog, "hello")
    people = [(str(uuid.uuid4()), f"={number}") for number in range(1_200)]
    columns = "uid, unique_name, first_name, created_at, updated_at"
    with catalog.database.write() as connection:
        connection.executemany(f"INSERT INTO user_identities ({columns}) VALUES (?, ?, 'Ana', 0, 0)", people)

    with open_searcher(catalog.database.path) as searcher:
        assert searcher.head("hello user:ana").rows == []
        assert texts(searcher.head("hello -user:ana").rows) == ["hello"]
    asked = filters.equals(Is("user", "ana"), Names(catalog.database.connection())).ask
    assert asked is not None
    assert len(asked.parameters) == 1  # SQLite takes 32,766 at most, unless it was built to take more
