"""What was committed is made safe against power cuts, or it is said that it is not yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.core.database import Database


@pytest.fixture
def log(database: Database) -> Iterator[Path]:
    """Where the write-ahead log of the library lies, which is moved aside meanwhile."""
    database.use_write_ahead_log()
    with database.write() as connection:
        connection.execute("INSERT INTO tags (name) VALUES ('one')")
    path = database.path.with_name(f"{database.path.name}-wal")
    aside = path.rename(path.with_name("aside"))
    yield path
    aside.replace(path)


def test_a_log_that_cannot_be_opened_is_an_error_of_the_catalog_that_a_retry_can_help(
    database: Database, log: Path
) -> None:
    log.symlink_to(log)  # it leads to itself for ever

    with pytest.raises(CatalogError, match="safe against a power cut: Too many levels of") as caught:
        database.make_durable()

    assert caught.value.retryable
    assert isinstance(caught.value.__cause__, OSError)


def test_a_log_that_cannot_be_synced_is_an_error_of_the_catalog_that_a_retry_can_help(
    database: Database, log: Path
) -> None:
    log.symlink_to("/dev/null")  # no device of characters can be synced

    with pytest.raises(CatalogError, match="safe against a power cut: Invalid argument") as caught:
        database.make_durable()

    assert caught.value.retryable


def test_without_a_log_every_commit_is_durable_by_itself(database: Database, log: Path) -> None:
    assert not log.exists()

    database.make_durable()
