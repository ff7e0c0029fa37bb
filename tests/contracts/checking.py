"""The promises about the check of a user's own storage: a good one passes, and nothing of the check stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiotui.backends.check import check
from audiotui.errors import AudiotuiError
from tests.contracts.samples import put, read_all
from tests.contracts.suite import BackendSuite, Storage

if TYPE_CHECKING:
    from audiotui.backends.base import Backend


class CheckingPromises(BackendSuite):
    """``locations check`` works on every kind."""

    def test_a_good_location_passes_the_check_and_is_as_it_was(self, backend: Backend) -> None:
        put(backend, "theirs/file", b"theirs")

        report = check(backend)

        assert [f"{step.name}: {step.error}" for step in report.steps if not step.ok] == []
        assert report.capabilities
        assert [entry.key for entry in backend.list()] == ["theirs/file"]
        assert read_all(backend, "theirs/file") == b"theirs"
        assert list(backend.list_unfinished()) == []

    def test_a_location_without_rights_or_away_fails_in_words(self, storage: Storage) -> None:
        with storage.connect_without_rights() as denied:
            without_rights = check(denied)
        with storage.connect() as backend:
            put(backend, "file", b"a folder that was never used would only be made")
            with storage.gone():
                away = check(backend)

        for report in (without_rights, away):
            assert report.failure is not None
            assert isinstance(report.failure.error, AudiotuiError)
            assert report.failure.error.hint
        assert [step.name for step in away.steps] == ["connect"]
