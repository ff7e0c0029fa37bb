"""Documents in the catalog keep the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.core.catalog import Catalog
from audiotui.documents.catalog import CatalogDocuments
from tests.contracts.document_claims import ClaimPromises
from tests.contracts.document_histories import HistoryPromises
from tests.contracts.documents import DocumentsContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class TestCatalogDocuments(HistoryPromises, ClaimPromises, DocumentsContract):
    """The contract, on the table of a library."""

    @pytest.fixture
    def documents(self, tmp_path: Path) -> Iterator[CatalogDocuments]:
        with Catalog(tmp_path / "library.db") as catalog:
            yield CatalogDocuments(catalog.database, catalog.library_id)

    @pytest.fixture
    def others(self, documents: CatalogDocuments, tmp_path: Path) -> Iterator[CatalogDocuments]:
        with Catalog(tmp_path / "library.db") as catalog:
            yield CatalogDocuments(catalog.database, catalog.library_id)
