"""A location that no mark could be left in, and how it is known all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import Unreachable

if TYPE_CHECKING:
    from audiotui.backends.base import Backend


def check_known_by_a_file_in_it(backend: Backend, key: str, size_bytes: int) -> None:
    """It is the location that was used before if a file of the catalog lies there in its size, and else is not."""
    backend.used_before = True

    backend.landmarks = {key: size_bytes + 1, "gone.wav": 5}
    with pytest.raises(Unreachable):
        backend.open()
    backend.landmarks = {"gone.wav": 5, key: size_bytes}
    backend.open()

    assert backend.exists(key)
