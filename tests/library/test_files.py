"""Files of this machine are kept as they were when the save began, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import InvalidInput, SourceChanged
from tests.contracts.service_suite import ASSET, CUSTOMER, USER, keys_in
from tests.library.sounds import wav

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.documents.base import Change
    from tests.library.faulty import Faulty


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "take.wav"
    path.write_bytes(wav())
    return path


def after_the_claim(faulty: Faulty, do: Callable[[], object]) -> None:
    """Something happens once a save has said that it begins."""

    def happen(change: Change) -> bool:
        if change.before is None:
            do()
        return False

    faulty.documents.fails = happen


def test_a_file_that_is_written_meanwhile_is_not_taken_for_the_one_that_it_was(faulty: Faulty, sound: Path) -> None:
    after_the_claim(faulty, lambda: sound.write_bytes(wav(2)))

    with pytest.raises(SourceChanged, match=r"take\.wav"):
        faulty.service.save_file(sound, customer_id=CUSTOMER, user_id=USER, asset_id=ASSET)

    assert keys_in(faulty.service) == set()
    assert list(faulty.service.parts.documents.everything()) == []


def test_a_file_that_goes_meanwhile_is_told_and_leaves_nothing(faulty: Faulty, sound: Path) -> None:
    after_the_claim(faulty, sound.unlink)

    with pytest.raises(InvalidInput, match=r"take\.wav"):
        faulty.service.save_file(sound, customer_id=CUSTOMER, user_id=USER, asset_id=ASSET)

    assert list(faulty.service.parts.documents.everything()) == []
