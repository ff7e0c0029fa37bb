"""A library in memory in which every text acts on careless programs, the same in every run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audiotui.manager.locations import LocationState, Ping
from audiotui.model import AIIdentity
from audiotui.transfer.jobs import ItemState, JobState
from tests.tui.generated import FacetValue, GeneratedHead, GeneratedResult, GeneratedSearcher, item, job
from tests.tui.generated_acts import ActsManager
from tests.tui.generated_modes import PINGS, PLACES
from tests.tui.ugly_library import UGLY

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Iterator
    from types import SimpleNamespace

    from audiotui.core.catalog.identity_use import IdentityUse
    from audiotui.manager.identity_use import MergePreview
    from audiotui.manager.locations import LocationOverview
    from audiotui.model import Recording, RecordingRow

SIZE = len(UGLY)

SHORT = 200
"""Longer names are refused by the catalog."""


def ugly(number: int) -> str:
    """One of the texts."""
    return UGLY[-number % SIZE]


def name(number: int) -> str:
    """One of the texts, as a name."""
    return ugly(number)[:SHORT]


VOICES = [
    AIIdentity(
        n, f"{n:08x}-0000-4000-8000-00000000000a", name(n), f"{name(n)} {n}", name(n), name(n), recording_count=n
    )
    for n in range(SIZE, 0, -1)
]


class UglyResult(GeneratedResult):
    """Hits with such texts."""

    def page(self, offset: int, limit: int) -> list[RecordingRow]:
        """The rows from a place on."""
        return [made_ugly(one) for one in super().page(offset, limit)]


class UglySearcher(GeneratedSearcher):
    """Answers with such texts."""

    def head(self, query: str, *, limit: int, sort: str) -> GeneratedHead:
        """The first rows."""
        found = super().head(query, limit=limit, sort=sort)
        return found._replace(rows=[made_ugly(one) for one in found.rows])

    def materialise(self, query: str, *, sort: str) -> UglyResult:
        """All hits."""
        return UglyResult(self._manager, query, sort)

    def facet(self, query: str, field: str, *, beginning: str, limit: int) -> list[FacetValue]:
        """Some values for each field."""
        del query, field, beginning
        return [FacetValue(name(number), number) for number in range(1, limit + 1)]


class UglyManager(ActsManager):
    """Texts from outside are all of this kind."""

    def __init__(self) -> None:
        super().__init__(SIZE)
        failed = job("j1", JobState.FAILED, title=ugly(26), error=ugly(15), hint=ugly(16), failed_items=2)
        self.jobs = [failed, job("j2", JobState.HELD, title=ugly(21), source=name(26), destination=name(24))]
        self.files["j1"] = [
            item(number, ItemState.FAILED, name=name(number), key=name(number), error=ugly(number), hint=ugly(number))
            for number in range(1, SIZE)
        ]

    def open_searcher(self, *, marked: Callable[[], Collection[int]]) -> UglySearcher:
        """A searcher over such texts."""
        return UglySearcher(self, marked)

    def get_recording(self, uid: str) -> Recording:
        """The whole recording."""
        number = int(uid[:8], 16)
        text = ugly(number)
        short = text[:SHORT]
        return replace(
            super().get_recording(uid), title=short, text=text, folder=short, session=short, model=short,
            language=short, notes=text, tags=(short[:90],), metadata={short: short},
            generation={"prompt": text[:100_000]},
        )  # fmt: skip

    def list_identities(self, kind: str | None = None, text: str = "", limit: int = SIZE, **_: Any) -> list[Any]:
        """A voice for each text; those with the longest names first where ``zzz`` is looked for."""
        return VOICES[:: -1 if text == "zzz" else 1][:limit] if kind != "human" else []

    def identity_use(self, identity_id: str) -> IdentityUse:
        """Used by folders of such names."""
        use = super().identity_use(identity_id)
        return replace(use, folders=tuple((name(number), number) for number in range(20, 27)))

    def preview_merge(self, source_id: str, target_id: str) -> MergePreview:
        """Two recordings move."""
        by_uid = {voice.uid: voice for voice in VOICES}
        moved = super().preview_merge(source_id, "a1a1a1a1-0000-4000-8000-000000000002")
        return replace(moved, source=by_uid[source_id], target=by_uid[target_id])

    def saved_searches(self) -> dict[str, str]:
        """Some with such names."""
        return {name(number): ugly(number)[:1_000] for number in range(15, 30)}

    def list_tags(self) -> list[tuple[str, int]]:
        """One for each text."""
        return [(name(number), number) for number in range(1, SIZE)]

    def list_locations(self, *, cancel: threading.Event) -> list[LocationOverview]:
        """Addresses and reasons come from configurations and servers."""
        del cancel
        return [replace(place, address=name(24), reason=ugly(26)) for place in PLACES]

    def ping_location(self, location: str) -> Ping:
        """One of them refuses, at length."""
        return (
            Ping(location, LocationState.DENIED, 0.3, ugly(15), ugly(26)) if location == "studio" else PINGS[location]
        )

    def plan_push(self, selection: Any, place: str | None) -> SimpleNamespace:
        """Problems with such names."""
        plan = super().plan_push(selection, place)
        plan.title, plan.problems = ugly(26), [ugly(number) for number in range(15, 30)]
        return plan

    def find(self, query: str, *, limit: int) -> Iterator[RecordingRow]:
        """The newest, whatever was typed."""
        del query
        return iter(UglyResult(self, "", "").page(0, limit))


def made_ugly(row: RecordingRow) -> RecordingRow:
    """A row whose texts are all of this kind; every other one has no title."""
    short = name(row.id)
    title = short if row.id % 2 else ""
    return row._replace(
        title=title, text=ugly(row.id), identity=short, language=short, model=short, folder=short, session=short
    )  # fmt: skip
