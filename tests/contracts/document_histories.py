"""Two writers who read and write one asset in any order: each write takes effect wholly or not at all.

Part of the documents contract. The model is a single value; a write that was made on what is there must take effect,
and one that was made on something older must not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audiotui.documents.asset import Asset, Pending, Work
from audiotui.documents.base import Change
from tests.contracts.document_claims import LATER, claimed, followed_up
from tests.contracts.documents import NOON, asset

if TYPE_CHECKING:
    from audiotui.documents.base import Documents

REMEMBERED = 8
"""A writer may have read any of the last so many states."""


@dataclass
class Writers:
    """Chooses what is written next."""

    chance: random.Random
    tokens: int = 0
    seen: list[Asset | None] = field(default_factory=lambda: [None])

    def next(self, now: Asset | None) -> Change:
        """A step from what is there, or from something that was there."""
        before = now if self.chance.random() < 0.6 else self.chance.choice(self.seen[-REMEMBERED:])
        return Change(before, self.chance.choice(self._steps(before)))

    def _steps(self, one: Asset | None) -> list[Asset | None]:
        if one is None:
            return [replace(claimed(self._token()), created_at=NOON + timedelta(milliseconds=self.tokens))]
        if one.pending is not None:
            return self._steps_of_work(one, one.pending)
        work = Pending(self._token(), Work.SAVE, "owner", NOON, {}, cleanup=("z.wav",), is_unsynced=True)
        return [
            one.changed(LATER, folder=self._token(), is_unsynced=self.chance.random() < 0.5),
            one.changed(NOON, pending=work),
            followed_up(one),
            replace(one, is_unsynced=False),
            None,
        ]

    def _steps_of_work(self, one: Asset, pending: Pending) -> list[Asset | None]:
        version = asset().current
        file = replace(version.file, key=self._token())
        version = replace(version, number=len(one.versions) + 1, file=file)
        has_follow_ups = self.chance.random() < 0.8
        return [
            one.changed(NOON, pending=replace(pending, lease_until=LATER)),
            one.changed(NOON, pending=replace(pending, token=self._token())),
            one.changed(
                LATER,
                versions=(*one.versions, version),
                pending=None,
                cleanup=(*one.cleanup, *pending.cleanup) if has_follow_ups else one.cleanup,
                is_unsynced=pending.is_unsynced,
                origin=one.origin if one.versions else pending.token,
            ),
            one.changed(NOON, pending=None) if one.versions else None,
        ]

    def _token(self) -> str:
        self.tokens += 1
        return f"t{self.tokens}"


def is_same_revision(one: Asset | None, other: Asset | None) -> bool:
    """Whether two states differ at most in what was noted as done, which is no new revision."""
    if one is None or other is None or one.pending != other.pending:
        return False
    return (one.revision, one.created_at, one.origin) == (other.revision, other.created_at, other.origin)


class HistoryPromises:
    """The promise; mixed into a store's test class."""

    @pytest.mark.parametrize(
        ("seed", "steps"), [(1, 120), pytest.param(2, 1_500, marks=pytest.mark.long)], ids=["short", "long"]
    )
    def test_any_history_of_two_writers_is_one_of_whole_steps(
        self, documents: Documents, others: Documents, seed: int, steps: int
    ) -> None:
        writers, now = Writers(random.Random(seed)), None

        for number in range(steps):
            change = writers.next(now)
            writer, reader = (documents, others) if writers.chance.random() < 0.5 else (others, documents)
            [made] = writer.write([change])
            assert made or change.before != now, number
            assert not made or now in (change.before, change.after) or is_same_revision(change.before, now), number
            if made:
                now = change.after
                writers.seen.append(now)
            assert reader.get("anna", "a1") == now, number
            assert list(reader.everything()) == ([now] if now else []), number
            assert list(reader.unfinished()) == ([now] if now and now.has_work else []), number
