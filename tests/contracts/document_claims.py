"""What every store of documents promises of an asset's first save: claimed, finished, then followed up.

Part of the documents contract; ``others`` is a second connection, as another process has it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.documents.asset import Asset, Pending, Work
from audiotui.documents.base import Change, Wanted
from tests.contracts.documents import NOON, asset

if TYPE_CHECKING:
    from audiotui.documents.base import Documents

LATER = NOON + timedelta(seconds=5)
NO_TIME, LONG = timedelta(0), timedelta(hours=1)


def now() -> datetime:
    """The time of day, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def claimed(token: str = "mine", **fields: Any) -> Asset:
    """An asset that is nothing but a claim, of which a temporary file and the catalog will have to hear."""
    request = {"url": "/temp/x.wav"}
    return Asset(
        "anna",
        "a1",
        NOON,
        NOON,
        pending=Pending(token, Work.SAVE, "owner", NOON, request, cleanup=("x.wav",), is_unsynced=True),
        **fields,
    )


def finished(claim: Asset) -> Asset:
    """What the claim said that it would become."""
    assert claim.pending is not None
    return claim.changed(
        LATER,
        versions=asset().versions,
        pending=None,
        cleanup=claim.pending.cleanup,
        is_unsynced=claim.pending.is_unsynced,
        origin=claim.pending.token,
    )


def followed_up(one: Asset) -> Asset:
    """The asset once all is done; that is no new revision."""
    return replace(one, cleanup=(), is_unsynced=False)


def taken_over(claim: Asset) -> Asset:
    """The claim in the hands of another holder."""
    assert claim.pending is not None
    return claim.changed(NOON, pending=replace(claim.pending, token="theirs", owner="another"))


class ClaimPromises:
    """The promises; mixed into a store's test class."""

    def test_a_first_save_is_seen_by_others_at_every_step(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        done = finished(claim)
        steps = [Change(None, claim), Change(claim, done), Change(done, followed_up(done))]

        for step in steps:
            assert documents.write([step]) == [True]
            assert others.get("anna", "a1") == step.after
            assert list(others.everything()) == [step.after]
            assert list(others.unfinished()) == ([step.after] if step is not steps[-1] else [])

        [found] = others.find(Wanted(customer_id="anna"), limit=9)
        assert found == followed_up(done)

    def test_a_claim_on_what_is_there_is_refused_and_leaves_nothing(
        self, documents: Documents, others: Documents
    ) -> None:
        claim = claimed()
        done = finished(claim)
        for step in [Change(None, claim), Change(claim, done)]:
            documents.write([step])
            assert others.write([Change(None, claimed("late"))]) == [False]
        documents.write([Change(done, followed_up(done))])

        assert others.write([Change(None, claimed("late"))]) == [False]

        assert documents.get("anna", "a1") == followed_up(done)
        assert list(others.unfinished()) == []

    def test_one_of_two_claims_wins(self, documents: Documents, others: Documents) -> None:
        assert documents.write([Change(None, claimed())]) == [True]

        assert others.write([Change(None, claimed("theirs"))]) == [False]

        assert others.get("anna", "a1") == claimed()

    def test_a_claim_that_is_taken_back_leaves_nothing(self, documents: Documents, others: Documents) -> None:
        documents.write([Change(None, claimed())])

        assert documents.write([Change(claimed(), None)]) == [True]

        assert others.get("anna", "a1") is None
        assert list(others.everything()) == list(others.unfinished()) == []
        assert others.write([Change(None, claimed("next"))]) == [True]

    def test_a_former_holder_finishes_nothing(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        documents.write([Change(None, claim)])
        theirs = taken_over(claim)
        assert others.write([Change(claim, theirs)]) == [True]

        assert documents.write([Change(claim, finished(claim))]) == [False]
        assert documents.write([Change(claim, None)]) == [False]

        assert documents.get("anna", "a1") == theirs
        assert list(documents.unfinished()) == [theirs]

    @pytest.mark.parametrize("lease", [NO_TIME, LONG], ids=["run out", "not over by its own clock"])
    def test_a_former_holder_finishes_nothing_that_was_undone(
        self, documents: Documents, others: Documents, lease: timedelta
    ) -> None:
        claim = claimed()
        assert claim.pending is not None
        claim = replace(claim, pending=replace(claim.pending, lease_until=now() + lease))
        documents.write([Change(None, claim)])
        others.write([Change(claim, taken_over(claim))])
        others.write([Change(taken_over(claim), None)])

        assert documents.write([Change(claim, finished(claim))]) == [False]

        assert others.get("anna", "a1") is None
        assert list(others.everything()) == []

    def test_what_was_taken_back_is_not_taken_over(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        documents.write([Change(None, claim)])
        documents.write([Change(claim, None)])

        assert others.write([Change(claim, taken_over(claim))]) == [False]

        assert others.get("anna", "a1") is None

    def test_a_renewed_claim_is_finished_by_its_holder(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        documents.write([Change(None, claim)])
        assert claim.pending is not None
        renewed = claim.changed(NOON, pending=replace(claim.pending, lease_until=LATER))
        assert others.write([Change(claim, renewed)]) == [True]

        assert documents.write([Change(claim, finished(claim))]) == [False]
        assert documents.get("anna", "a1") == renewed
        assert documents.write([Change(renewed, finished(renewed))]) == [True]

        assert others.get("anna", "a1") == finished(renewed)

    def test_what_comes_too_late_for_a_claim_loses_nothing(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        documents.write([Change(None, claim)])
        documents.write([Change(claim, finished(claim))])
        assert claim.pending is not None
        renewed = claim.changed(NOON, pending=replace(claim.pending, lease_until=LATER))

        assert others.write([Change(claim, renewed)]) == [False]
        assert others.write([Change(claim, taken_over(claim))]) == [False]
        assert others.write([Change(claim, None)]) == [False]

        assert documents.get("anna", "a1") == finished(claim)
        assert list(documents.unfinished()) == [finished(claim)]

    def test_an_edit_keeps_what_still_follows(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        done = finished(claim)
        documents.write([Change(None, claim)])
        documents.write([Change(claim, done)])
        edited = done.changed(LATER, folder="edited")

        assert others.write([Change(done, edited)]) == [True]
        assert documents.write([Change(done, followed_up(done))]) == [False]

        assert documents.get("anna", "a1") == edited
        assert list(documents.unfinished()) == [edited]
        assert documents.write([Change(edited, followed_up(edited))]) == [True]
        assert list(documents.unfinished()) == []

    def test_what_follows_is_noted_piece_by_piece(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        done = finished(claim)
        documents.write([Change(None, claim)])
        documents.write([Change(claim, done)])
        told = replace(done, is_unsynced=False)

        assert documents.write([Change(done, told)]) == [True]
        assert others.get("anna", "a1") == told
        assert documents.write([Change(told, followed_up(told))]) == [True]

        assert list(others.unfinished()) == []

    def test_an_asset_that_is_removed_leaves_no_claim(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        done = finished(claim)
        documents.write([Change(None, claim)])
        documents.write([Change(claim, done)])

        assert documents.write([Change(done, None)]) == [True]

        assert list(others.everything()) == list(others.unfinished()) == []

    def test_a_removal_that_is_refused_loses_nothing(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        done = finished(claim)
        documents.write([Change(None, claim)])
        documents.write([Change(claim, done)])
        stale = replace(done, revision=done.revision + 1)

        assert others.write([Change(stale, None)]) == [False]

        assert documents.get("anna", "a1") == done

    def test_a_save_that_nothing_follows_leaves_no_claim(self, documents: Documents, others: Documents) -> None:
        claim = claimed()
        assert claim.pending is not None
        claim = replace(claim, pending=replace(claim.pending, cleanup=(), is_unsynced=False))
        documents.write([Change(None, claim)])

        assert documents.write([Change(claim, finished(claim))]) == [True]

        assert others.get("anna", "a1") == finished(claim)
        assert list(others.unfinished()) == []
