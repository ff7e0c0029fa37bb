"""Assets whose turn comes again after a pause, by the times at which it does."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiotui.documents.base import AssetId


@dataclass(slots=True)
class _Turn:
    due_s: float
    tries: int


class Postponed:
    """Those of one thread. An asset is in it, with what is known of its tries, until it is dropped."""

    def __init__(self) -> None:
        self._turns: dict[AssetId, _Turn] = {}
        self._order: list[tuple[float, AssetId]] = []
        """A heap; what does not agree with the asset's turn is out of date."""

    def __contains__(self, one: object) -> bool:
        return one in self._turns

    def __len__(self) -> int:
        return len(self._turns)

    @property
    def next_s(self) -> float:
        """When the next one is due; infinity if none is."""
        while self._order and not self._is_true(self._order[0]):
            heapq.heappop(self._order)
        return self._order[0][0] if self._order else math.inf

    def tries(self, one: AssetId) -> int:
        """How often it has failed."""
        turn = self._turns.get(one)
        return 0 if turn is None else turn.tries

    def postpone(self, one: AssetId, due_s: float, *, tries: int | None = None) -> None:
        """Let its turn come at a time; the number of its tries stays, unless it is given."""
        self._turns[one] = _Turn(due_s, self.tries(one) if tries is None else tries)
        heapq.heappush(self._order, (due_s, one))

    def take(self, now_s: float, most: float = math.inf) -> list[AssetId]:
        """Those that are due, the first ones first; they are not due again until they are postponed again."""
        taken: list[AssetId] = []
        while len(taken) < most and self.next_s <= now_s:
            _, one = heapq.heappop(self._order)
            self._turns[one].due_s = math.inf
            taken.append(one)
        return taken

    def drop(self, one: AssetId) -> None:
        """Forget it; one that is not there is fine."""
        self._turns.pop(one, None)

    def _is_true(self, entry: tuple[float, AssetId]) -> bool:
        turn = self._turns.get(entry[1])
        return turn is not None and turn.due_s == entry[0]
