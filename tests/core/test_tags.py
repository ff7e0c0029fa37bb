"""Tags of the whole library, and named searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import InvalidInput
from tests.core.samples import add

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog


def test_tags_are_listed_by_name_with_their_numbers_of_recordings(catalog: Catalog) -> None:
    add(catalog, "1", tags=("zoo", "Ärger", "arm"))
    add(catalog, "2", tags=("arm", "a, b", "\udce9"))
    catalog.trash_recordings([add(catalog, "3", tags=("arm", "gone"))])

    assert catalog.tags() == [("a, b", 1), ("arm", 2), ("zoo", 1), ("Ärger", 1), ("\udce9", 1)]


def test_tags_are_the_same_however_they_are_composed_and_spaced(catalog: Catalog) -> None:
    add(catalog, "1", tags=("café", " cafe\u0301 "))

    assert catalog.tags() == [("café", 1)]


def test_a_search_is_kept_under_a_name_until_it_is_replaced_or_forgotten(catalog: Catalog) -> None:
    catalog.save_search("b", "tag:x")
    catalog.save_search(" a ", "old \udce9")
    catalog.save_search("a", "new \udce9")
    assert catalog.saved_searches() == {"a": "new \udce9", "b": "tag:x"}

    catalog.delete_search("b")
    catalog.delete_search("never there")

    assert catalog.saved_searches() == {"a": "new \udce9"}
    assert [change.verb for change in catalog.history()] == ["delete-search", *["save-search"] * 3]


def test_a_search_without_a_name_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InvalidInput, match="needs a name"):
        catalog.save_search(" ", "query")
