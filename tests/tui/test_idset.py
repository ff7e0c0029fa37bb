"""Sets of row ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audiotui.tui.idset import IdSet

row_ids = st.sets(st.integers(min_value=1, max_value=300_000), max_size=30)


@given(row_ids, row_ids)
def test_it_combines_as_sets_do(first: set[int], second: set[int]) -> None:
    added, inverted, removed, kept = IdSet(first), IdSet(first), IdSet(first), IdSet(first)

    added.add_all(IdSet(second))
    inverted.invert(IdSet(second))
    removed.remove_all(IdSet(second))
    kept.keep_all(IdSet(second))

    assert set(added) == first | second
    assert set(inverted) == first ^ second
    assert set(removed) == first - second
    assert set(kept) == first & second
    assert all(len(one) == len(set(one)) for one in (added, inverted, removed, kept))


@given(st.lists(st.integers(min_value=1, max_value=100)))
def test_toggling_puts_in_and_takes_out(toggled: list[int]) -> None:
    marks, expected = IdSet(), set[int]()

    for row_id in toggled:
        marks.toggle(row_id)
        expected ^= {row_id}

    assert set(marks) == expected
    assert len(marks) == len(expected)
    assert all((row_id in marks) == (row_id in expected) for row_id in range(1, 101))


def test_it_lists_ids_in_order_and_forgets_them_all() -> None:
    marks = IdSet([900_000, 3, 70_000])

    assert list(marks) == [3, 70_000, 900_000]

    marks.clear()

    assert list(marks) == []
    assert 3 not in marks
