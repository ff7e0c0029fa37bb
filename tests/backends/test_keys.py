"""The name gate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotui.backends.keys import (
    MAX_KEY_BYTES,
    MAX_SEGMENT_BYTES,
    TEMP_NAME,
    check_key,
    check_prefix,
    check_temp_name,
    key_problem,
    library_tag,
    new_temp_name,
)
from audiotui.errors import LocationError


def test_a_key_that_passes_comes_back_as_it_is() -> None:
    assert check_key("ab/file .wav") == "ab/file .wav"


def test_a_refusal_names_the_key_the_reason_and_a_way_out() -> None:
    with pytest.raises(LocationError) as caught:
        check_key("a/../b")

    assert caught.value.key == "a/../b"
    assert caught.value.message == "'a/../b' cannot be a key: it has a part '..'."
    assert caught.value.hint


def test_a_refusal_shows_no_control_character_and_no_endless_name() -> None:
    for key in ("\x1b[2J", "\0", "x" * 10_000, "\udcff"):
        with pytest.raises(LocationError) as caught:
            check_key(key)
        assert caught.value.message.isprintable()
        assert len(caught.value.message) < 250


def test_the_longest_key_and_the_longest_part_pass() -> None:
    part = "ä" * (MAX_SEGMENT_BYTES // 2)
    longest = "/".join([part] * 5) + "/" + "x" * (MAX_KEY_BYTES - 5 * (MAX_SEGMENT_BYTES + 1))

    assert len(longest.encode()) == MAX_KEY_BYTES
    assert not key_problem(longest)
    assert key_problem(longest + "x")
    assert key_problem(part + "x")


@given(st.text(max_size=40))
def test_a_key_that_passes_can_never_leave_its_root(key: str) -> None:
    if not key_problem(key):
        parts = key.split("/")

        assert not key.startswith("/")
        assert all(part not in {"", ".", ".."} for part in parts)
        assert not TEMP_NAME.fullmatch(parts[-1])
        assert key.encode().decode() == key
        assert not any(ord(character) < 32 for character in key)


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", ".", "..", "a/.", "ab/c"])
def test_a_prefix_may_end_anywhere_in_a_key(prefix: str) -> None:
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize("prefix", ["/", "../", "a//b", "a/../", "\n", "a\\"])
def test_a_prefix_that_no_key_begins_with_is_refused(prefix: str) -> None:
    with pytest.raises(LocationError):
        check_prefix(prefix)


def test_temporary_names_are_their_job_and_item_or_random() -> None:
    assert new_temp_name(1, 0xABC) == ".00000001-00000abc.atpart"
    assert new_temp_name(2**32 + 5, 7) == ".00000005-00000007.atpart"
    assert new_temp_name(1, 2, library_id="library-1") == f".{library_tag('library-1')}-00000001-00000002.atpart"
    assert new_temp_name() != new_temp_name()
    assert TEMP_NAME.fullmatch(check_temp_name(new_temp_name()))


def test_temporary_names_tell_libraries_apart_as_long_as_they_name_one() -> None:
    names = [TEMP_NAME.fullmatch(new_temp_name(library_id=library)) for library in ("library-1", "library-2", "")]

    assert [name and name["library"] for name in names] == [library_tag("library-1"), library_tag("library-2"), None]
    assert library_tag("library-1") != library_tag("library-2")


@pytest.mark.parametrize(
    "name", ["", "file", "../.00000001-00000002.atpart", ".1-2.atpart", ".00000001-00000002.atpart\n"]
)
def test_other_names_are_no_temporary_names(name: str) -> None:
    with pytest.raises(LocationError):
        check_temp_name(name)
