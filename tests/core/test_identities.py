"""AI voices and people: registering, finding, changing, merging and deleting them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.core.catalog.base import EDITED_AT_ONCE
from audiotui.core.facets import id_token
from audiotui.errors import AmbiguousId, Duplicate, IdentityInUse, IdentityNotFound, InvalidInput
from audiotui.model import AIIdentity, NewRecording, UserIdentity
from tests.core.processes import Child
from tests.core.samples import add, found, read

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog
    from tests.core.conftest import Clock


def test_an_ai_identity_comes_back_as_it_was_registered(catalog: Catalog) -> None:
    uid, created = catalog.add_ai_identity(
        "kokoro", "af_heart", provider="local", name="Heart", version="1.0", language="en", settings={"a": 1}, notes="n"
    )

    identity = catalog.identity(uid)

    assert created
    assert isinstance(identity, AIIdentity)
    assert (identity.provider, identity.model, identity.voice) == ("local", "kokoro", "af_heart")
    assert (identity.name, identity.version, identity.language) == ("Heart", "1.0", "en")
    assert (identity.settings, identity.notes, identity.recording_count) == ({"a": 1}, "n", 0)


def test_a_user_identity_comes_back_as_it_was_registered(catalog: Catalog) -> None:
    uid, created = catalog.add_user_identity(
        "Ada",
        "Lovelace",
        middle_name="King",
        username="ada",
        affiliation="London",
        email="ada@example.org",
        language="en",
        settings={"a": 1},
        notes="n",
    )

    identity = catalog.identity(uid)

    assert created
    assert isinstance(identity, UserIdentity)
    assert (identity.first_name, identity.middle_name, identity.last_name) == ("Ada", "King", "Lovelace")
    assert (identity.username, identity.affiliation, identity.email) == ("ada", "London", "ada@example.org")
    assert (identity.language, identity.settings, identity.notes) == ("en", {"a": 1}, "n")


def test_registering_an_ai_identity_twice_gives_the_first_one_unchanged(catalog: Catalog) -> None:
    first, _ = catalog.add_ai_identity("kokoro", "af_café", notes="first")

    again = catalog.add_ai_identity(" kokoro ", "af_cafe\u0301", provider="", notes="second")
    other, created = catalog.add_ai_identity("kokoro", "af_café", provider="cloud")

    assert again == (first, False)
    assert catalog.identity(first).notes == "first"
    assert created
    assert other != first


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ({"first_name": "Ada", "last_name": "Lovelace"}, {"first_name": " ada", "last_name": "LOVELACE "}, True),
        ({"first_name": "Ada Lovelace"}, {"first_name": "Ada", "last_name": "Lovelace"}, True),
        ({"first_name": "Ada", "username": "ada"}, {"first_name": "Grace", "username": " ada "}, True),
        ({"first_name": "Ada", "username": "ada"}, {"first_name": "Ada"}, False),
        ({"username": "ada"}, {"username": "Ada"}, False),
        ({"username": "ada"}, {"first_name": "@ada"}, False),
        ({"first_name": "Ada"}, {"first_name": "Ada", "middle_name": "K"}, False),
    ],
)
def test_people_are_the_same_by_username_else_by_full_name(
    catalog: Catalog, one: dict[str, Any], two: dict[str, Any], same: bool
) -> None:
    first, _ = catalog.add_user_identity(**one)
    second, created = catalog.add_user_identity(**two)

    assert (first == second) is same
    assert created is not same


def test_an_identity_of_another_library_brings_its_id_and_times_unless_they_are_taken(catalog: Catalog) -> None:
    created = datetime(2020, 1, 1, tzinfo=UTC)
    uid = "12345678-1234-5678-1234-567812345678"
    voice = AIIdentity(0, uid, "kokoro", "a", notes="n", settings={"x": 1}, created_at=created, updated_at=created)
    person = UserIdentity(0, uid, "Ada", created_at=created)

    first, second = catalog.adopt_identity(voice), catalog.adopt_identity(person)

    assert first == uid
    assert catalog.identity(uid) == replace(voice, id=1)
    assert second != uid
    assert catalog.identity(second).created_at == created
    assert catalog.adopt_identity(replace(voice, uid=second, notes="other")) == uid
    assert catalog.identity(uid).notes == "n"


@pytest.mark.parametrize("given", [{}, {"first_name": " "}, {"affiliation": "London", "email": "a@b"}])
def test_a_person_without_a_name_is_refused(catalog: Catalog, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="name or a username"):
        catalog.add_user_identity(**given)


def test_an_ai_identity_without_a_model_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InvalidInput, match="needs a model"):
        catalog.add_ai_identity(" ", "voice")


def test_processes_that_register_the_same_identity_get_the_same_one(catalog: Catalog) -> None:
    script = """
        from audiotui.core.catalog import Catalog
        with Catalog(path) as catalog:
            say("ready")
            sys.stdin.readline()
            say([catalog.add_ai_identity("kokoro", f"voice {n}") for n in range(20)])
        """
    children = [Child(script, catalog.database.path) for _ in range(3)]
    for child in children:
        child.next_value()
    for child in children:
        child.go()
    answers = [child.finish()[0] for child in children]

    uids = [[uid for uid, _ in answer] for answer in answers]
    assert uids[0] == uids[1] == uids[2]
    assert [sum(answer[n][1] for answer in answers) for n in range(20)] == [1] * 20


def test_an_identity_is_found_by_the_beginning_of_its_id(catalog: Catalog) -> None:
    uid, _ = catalog.add_ai_identity("kokoro", "a")

    for typed in (uid, uid.upper(), uid[:6], uid.replace("-", ""), f" {uid[:13]} ", uid[:9]):
        assert catalog.identity(typed).uid == uid


def test_an_id_that_no_identity_or_several_have_is_refused(catalog: Catalog) -> None:
    connection = catalog.database.connection()
    catalog.add_ai_identity("kokoro", "a")
    catalog.add_user_identity("Ada")
    connection.execute("UPDATE ai_identities SET uid = '12345678-1234-5678-1234-567812345678'")
    connection.execute("UPDATE user_identities SET uid = '12345678-9999-5678-1234-567812345678'")

    with pytest.raises(AmbiguousId, match="12345678-9999"):
        catalog.identity("1234")
    for typed in ("123", "abcd", "", "xyz", "12345678-1234-5678-1234-5678123456789", "%"):
        with pytest.raises(IdentityNotFound):
            catalog.identity(typed)


def test_identities_are_listed_by_name_whatever_their_kind(catalog: Catalog) -> None:
    catalog.add_ai_identity("kokoro", "Émile")
    catalog.add_ai_identity("kokoro", "zoe", name="anna")
    catalog.add_user_identity("Bob", "Builder")
    catalog.add_user_identity(username="ÉMERIC")

    def labels(**options: Any) -> list[str]:
        return [identity.label for identity in catalog.list_identities(**options)]

    assert labels() == ["anna", "Bob Builder", "ÉMERIC", "Émile"]
    assert labels(sort="-name") == ["Émile", "ÉMERIC", "Bob Builder", "anna"]
    assert labels(kind="ai") == ["anna", "Émile"]
    assert labels(kind="human", text="bUILD") == ["Bob Builder"]
    assert labels(text="ém") == ["ÉMERIC", "Émile"]
    assert labels(text="kokoro zoe") == []
    assert labels(text="zoe") == ["anna"]
    assert labels(limit=2, offset=1) == ["Bob Builder", "ÉMERIC"]


def test_identities_are_listed_by_their_numbers_of_recordings_without_those_in_the_trash(catalog: Catalog) -> None:
    few, _ = catalog.add_ai_identity("kokoro", "few")
    many, _ = catalog.add_ai_identity("kokoro", "many")
    person, _ = catalog.add_user_identity("Ada")
    add(catalog, "a", ai_identity_uid=few, user_identity_uid=person)
    add(catalog, "b", ai_identity_uid=many)
    add(catalog, "c", ai_identity_uid=many)
    catalog.trash_recordings([add(catalog, "d", ai_identity_uid=few), add(catalog, "e", ai_identity_uid=few)])

    listed = catalog.list_identities(sort="count")

    assert [(identity.label, identity.recording_count) for identity in listed] == [("many", 2), ("Ada", 1), ("few", 1)]
    assert [identity.label for identity in catalog.list_identities(sort="-count")][-1] == "many"
    assert catalog.identity(few).recording_count == 1


def test_identities_are_listed_newest_first(catalog: Catalog, clock: Clock) -> None:
    for name in ("one", "two", "three"):
        catalog.add_user_identity(name)
        clock.now_ms += 1

    assert [identity.label for identity in catalog.list_identities(sort="newest")] == ["three", "two", "one"]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"kind": "robot"}, "no identities of kind 'robot'"), ({"sort": "colour"}, "cannot be sorted by 'colour'")],
)
def test_an_unknown_kind_or_order_is_refused(catalog: Catalog, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        catalog.list_identities(**options)


def test_fields_of_an_identity_can_be_changed(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity("Ada", "Byron")

    catalog.edit_identity(uid, {"last_name": "Lovelace", "settings": {"a": 1}})

    identity = catalog.identity(uid)
    assert (identity.label, identity.settings) == ("Ada Lovelace", {"a": 1})
    assert catalog.add_user_identity("ada", "lovelace") == (uid, False)


def test_an_identity_cannot_become_another_one_or_nobody(catalog: Catalog) -> None:
    ada, _ = catalog.add_user_identity("Ada")
    grace, _ = catalog.add_user_identity("Grace")

    with pytest.raises(Duplicate, match="Merge") as caught:
        catalog.edit_identity(grace, {"first_name": "ADA"})
    with pytest.raises(InvalidInput, match="name or a username"):
        catalog.edit_identity(grace, {"first_name": ""})
    with pytest.raises(InvalidInput, match="no field 'uid'"):
        catalog.edit_identity(grace, {"uid": ada})

    assert caught.value.existing_uid == ada
    assert catalog.identity(grace).label == "Grace"


def test_an_edit_that_changes_nothing_is_not_in_the_history(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity("Ada")
    before = catalog.history()

    catalog.edit_identity(uid, {"first_name": "Ada"})

    assert catalog.history() == before


def test_merging_moves_all_recordings_and_deletes_the_source(catalog: Catalog) -> None:
    source, _ = catalog.add_ai_identity("kokoro", "old")
    target, _ = catalog.add_ai_identity("kokoro", "new")
    moved = [add(catalog, f"r{n}", ai_identity_uid=source) for n in range(3)]
    catalog.trash_recordings(moved[:1])
    add(catalog, "other", ai_identity_uid=target)

    assert catalog.merge_identities(source[:8], target) == 3

    assert [identity.recording_count for identity in catalog.list_identities()] == [3]
    with pytest.raises(IdentityNotFound):
        catalog.identity(source)
    for row_id in moved:
        identity = read(catalog, row_id).ai_identity
        assert identity is not None
        assert identity.uid == target


def test_a_big_merge_is_in_the_search_index_when_it_returns(catalog: Catalog) -> None:
    source, _ = catalog.add_user_identity("Old")
    target, _ = catalog.add_user_identity("New")
    count = 2 * EDITED_AT_ONCE
    catalog.add_recordings((NewRecording(text=f"t{n}", user_identity_uid=source), []) for n in range(count))
    token = id_token("user", catalog.identity(target).id)

    assert catalog.merge_identities(source, target) == count

    assert len(found(catalog, f'"{token}"')) == count
    assert catalog.check() == []
    assert catalog.undo().summary == f'merged an identity with {count:,} recordings into "New"'
    assert found(catalog, f'"{token}"') == []
    assert catalog.identity(source).recording_count == count


def test_only_two_identities_of_a_kind_can_be_merged(catalog: Catalog) -> None:
    voice, _ = catalog.add_ai_identity("kokoro", "a")
    person, _ = catalog.add_user_identity("Ada")

    with pytest.raises(InvalidInput, match="a person"):
        catalog.merge_identities(voice, person)
    with pytest.raises(InvalidInput, match="the same"):
        catalog.merge_identities(voice, voice[:8])


def test_an_identity_in_use_is_not_deleted_even_if_only_the_trash_uses_it(catalog: Catalog) -> None:
    uid, _ = catalog.add_user_identity("Ada")
    rows = [add(catalog, "a", user_identity_uid=uid), add(catalog, "b", user_identity_uid=uid)]
    catalog.trash_recordings(rows[:1])

    with pytest.raises(IdentityInUse, match="2 recordings use it, 1 of them in the trash") as caught:
        catalog.delete_identity(uid)
    catalog.trash_recordings(rows)
    catalog.purge_recordings(rows)
    catalog.delete_identity(uid)

    assert caught.value.recording_count == 2
    assert catalog.list_identities() == []
