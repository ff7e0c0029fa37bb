"""A library in memory: a million recordings that nobody stored, for tests of how the screens behave.

It answers what the app asks of an ``AudioManager``. A query that is a number finds the recordings whose row id is a
multiple of it, ``nothing`` finds none, and any other word finds all, with a note. What the app did is in ``done``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from audiotui.config.app import AppOptions
from audiotui.manager.listening import Sound
from audiotui.model import AIIdentity, CopyState, LocationInfo, Recording, RecordingRow
from audiotui.transfer.jobs import ItemInfo, ItemState, JobInfo, JobKind, JobState
from audiotui.transfer.transfer_plan import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from audiotui.errors import AudiotuiError
    from audiotui.manager import AudioManager

MILLION = 1_000_000

NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def now_ms() -> int:
    """A clock that stands still."""
    return NOW_MS


def row(row_id: int) -> RecordingRow:
    """The row of a recording: the newest has the highest id, and one minute lies between two."""
    return RecordingRow(
        id=row_id,
        uid=f"{row_id:08x}-0000-4000-8000-000000000000",
        title=f"Take {row_id}",
        text=f"the text of take {row_id}",
        identity="Aria" if row_id % 2 else "Maya Ortiz",
        ai_generated=row_id % 2 == 1,
        duration_s=row_id % 300 + 0.5,
        format="flac",
        size_bytes=1000 * (row_id % 3000),
        language="en-GB",
        model="tts-1",
        folder="takes",
        session="monday",
        verdict="keep" if row_id % 5 == 0 else "",
        rating=row_id % 6,
        created_at_ms=NOW_MS - (MILLION - row_id) * 60_000,
        deleted_at_ms=None,
    )


class GeneratedHead(NamedTuple):
    """The first rows of an answer."""

    rows: list[RecordingRow]
    complete: bool
    notes: tuple[str, ...]


class FacetValue(NamedTuple):
    """A value and how many have it."""

    value: str
    hits: int


class GeneratedResult:
    """All hits of a query, by arithmetic."""

    def __init__(self, manager: GeneratedManager, query: str, sort: str) -> None:
        self._step = step_of(query)
        self._is_rising = sort == "oldest"
        self.total = manager.size // self._step if self._step else 0

    def id_at(self, place: int) -> int:
        """The row id at a place."""
        return self._step * (place + 1 if self._is_rising else self.total - place)

    def ids(self, offset: int, limit: int) -> list[int]:
        """The row ids from a place on."""
        return [self.id_at(place) for place in range(offset, min(offset + limit, self.total))]

    def page(self, offset: int, limit: int) -> list[RecordingRow]:
        """The rows from a place on."""
        return [row(row_id) for row_id in self.ids(offset, limit)]

    def position(self, recording_id: int) -> int | None:
        """The place of a row id."""
        if not self._step or recording_id % self._step:
            return None
        place = recording_id // self._step - 1 if self._is_rising else self.total - recording_id // self._step
        return place if 0 <= place < self.total else None


class GeneratedSearcher:
    """Answers at once, and never stops in the middle."""

    def __init__(self, manager: GeneratedManager, marked: Callable[[], Collection[int]]) -> None:
        self._manager = manager
        self.marked = marked

    def head(self, query: str, *, limit: int, sort: str) -> GeneratedHead:
        """The first rows."""
        self._manager.searches.append(query)
        if self._manager.unreadable is not None:
            raise self._manager.unreadable
        result = GeneratedResult(self._manager, query, sort)
        known = not query.strip() or query.isdigit() or query == "nothing"
        notes = () if known else (f"“{query}” is searched as text",)
        return GeneratedHead(result.page(0, limit), result.total <= limit, notes)

    def materialise(self, query: str, *, sort: str) -> GeneratedResult:
        """All hits."""
        return GeneratedResult(self._manager, query, sort)

    def ids(self, query: str, *, sort: str) -> Iterator[int]:
        """The ids of all hits."""
        result = GeneratedResult(self._manager, query, sort)
        return iter(result.ids(0, result.total))

    def count(self, query: str) -> int:
        """How many hits."""
        return GeneratedResult(self._manager, query, "").total

    def facet(self, query: str, field: str, *, beginning: str, limit: int) -> list[FacetValue]:
        """Two values for each field, of which every recording has one or the other."""
        self._manager.counted.append((query, field))
        half = GeneratedResult(self._manager, query, "").total // 2
        values = {"voice": ("Aria", "Nova"), "tag": ("demo", "take")}.get(field, (f"{field} one", f"{field}-two"))
        return [FacetValue(value, half) for value in values if value.lower().startswith(beginning.lower())]

    def size_of(self, ids: Collection[int]) -> int:
        """What the rows say."""
        return sum(1000 * (row_id % 3000) for row_id in ids)

    def complete(self, text: str) -> list[str]:
        """Every beginning of ``voice:Aria`` goes on so."""
        return ["voice:Aria"] if "voice:Aria".startswith(text) else ['voice:"Maya Ortiz"'] if text == "voice:M" else []

    def trash(self) -> list[int]:
        """What was put there."""
        return list(self._manager.trash)

    def living(self, ids: Collection[int]) -> list[int]:
        """All that is not in the trash."""
        return [row_id for row_id in ids if row_id not in self._manager.trash]

    def places(self, ids: Collection[int]) -> dict[int, dict[str, CopyState]]:
        """All are here; of ten, one is damaged in the archive and five are there."""
        return {row_id: _places(row_id) for row_id in ids}

    def interrupt(self) -> None:
        """Nothing takes long here."""

    def close(self) -> None:
        """Nothing is open."""


class GeneratedManager:
    """What the app asks of an ``AudioManager``."""

    def __init__(self, size: int = MILLION) -> None:
        self.size = size
        self.version = 1
        self.warnings: tuple[str, ...] = ()
        self.options = AppOptions()
        self.jobs: list[JobInfo] = []
        self.files: dict[str, list[ItemInfo]] = {}
        self.searches: list[str] = []
        self.counted: list[tuple[str, str]] = []
        self.done: list[tuple[str, Any]] = []
        self.trash: set[int] = set()
        self.log: list[str] = []
        self.unreadable: AudiotuiError | None = None
        self.broken: Exception | None = None

    @property
    def as_manager(self) -> AudioManager:
        """This, as the type that the app takes."""
        return cast("AudioManager", self)

    @property
    def config(self) -> SimpleNamespace:
        """As far as the app asks for it."""
        return SimpleNamespace(app=self.options)

    def locations(self) -> list[LocationInfo]:
        """This disk and an archive."""
        return [
            LocationInfo("local", "local", "/library", ready=True),
            LocationInfo("archive", "local", "/archive", ready=True, default=True),
        ]

    def list_identities(self, *, text: str, limit: int, sort: str) -> list[AIIdentity]:
        """One voice."""
        return [AIIdentity(1, "a" * 36, "tts-1", "Aria")] if text.lower() in "aria" else []

    def saved_searches(self) -> dict[str, str]:
        """One."""
        return {"aria at night": "voice:Aria night"}

    def find(self, query: str, *, limit: int) -> Iterator[RecordingRow]:
        """The newest that a query finds."""
        return iter(GeneratedResult(self, query, "").page(0, limit) if query.isdigit() else [])

    def open_searcher(self, *, marked: Callable[[], Collection[int]]) -> GeneratedSearcher:
        """A searcher over the generated rows."""
        return GeneratedSearcher(self, marked)

    def sound_of(self, recording: Recording | str) -> Sound:
        """No recording has a file."""
        uid = recording if isinstance(recording, str) else recording.uid
        return Sound(int(uid[:8], 16), uid, "", 0, 0.0, None, ())

    def list_tags(self) -> list[tuple[str, int]]:
        """Two of them."""
        return [("demo", 12), ("to redo", 3)]

    def plan_push(self, _selection: Sequence[int], place: str | None) -> SimpleNamespace:
        """Of five files one is there, one is damaged there, and one cannot be read."""
        return SimpleNamespace(
            title="Push 5 recordings",
            destination=place,
            send_count=2,
            send_bytes=4_200_000,
            skip_count=1,
            skip_bytes=800_000,
            damaged_count=1,
            damaged_bytes=5_300_000,
            counts={"send": Tally(2, 4_200_000), "impossible": Tally(1, 100)},
            problems=["take-3.flac: its copy at archive is damaged.", "take-5.flac: it has no copy at local."],
        )

    def why_no_player(self) -> str:
        """Something can be heard."""
        return ""

    def get_recording(self, uid: str) -> Recording:
        """The whole recording."""
        if self.broken is not None:
            raise self.broken
        one = row(int(uid[:8], 16))
        at = NOW - timedelta(minutes=MILLION - one.id)
        return Recording(
            id=one.id, uid=uid, title=one.title, text=one.text, folder=one.folder, verdict=one.verdict,
            language=one.language, model=one.model, ai_generated=one.ai_generated, ai_identity=None, user_identity=None,
            session=one.session, duration_s=one.duration_s, sample_rate_hz=24_000, channels=1, format=one.format,
            size_bytes=one.size_bytes, rating=one.rating, notes="", generation={"seed": 7}, metadata={},
            tags=("demo", "take"), files=(), created_at=at, updated_at=at,
        )  # fmt: skip

    def get_recordings(self, selection: Sequence[int] | Sequence[str]) -> list[Recording]:
        """The whole recordings."""
        return [self.get_recording(one if isinstance(one, str) else row(one).uid) for one in selection]

    def list_jobs(self, limit: int | None = None) -> list[JobInfo]:
        """The jobs that the test put here."""
        return list(self.jobs)

    def job_items(self, job_id: str, states: Sequence[str], limit: int) -> list[ItemInfo]:
        """The files that the test put here."""
        return [item for item in self.files.get(job_id, []) if item.state in states][:limit]

    def data_version(self) -> int:
        """A number that the test moves."""
        return self.version

    def delete_recordings(self, selection: Sequence[int]) -> None:
        """Written down, and in the trash; searches find them still."""
        self.done.append(("trash", list(selection)))
        self.trash.update(selection)

    def cancel_job(self, job_id: str) -> None:
        """The job is cancelled at once."""
        self.done.append(("cancel", job_id))
        self.jobs = [replace(job, state=JobState.CANCELLED) if job.id == job_id else job for job in self.jobs]

    def retry_job(self, job_id: str) -> int:
        """Only written down."""
        self.done.append(("retry", job_id))
        return 1

    def hold_job(self, job_id: str) -> None:
        """The job is held at once."""
        self.done.append(("hold", job_id))
        self.jobs = [replace(job, state=JobState.HELD) if job.id == job_id else job for job in self.jobs]

    def resume_job(self, job_id: str) -> None:
        """Only written down."""
        self.done.append(("resume", job_id))

    def move_job(self, job_id: str, *, up: bool) -> None:
        """Only written down."""
        self.done.append(("move", (job_id, up)))

    def set_job_limits(self, job_id: str, requests: int | None, bwlimit: int | None) -> None:
        """The job has them at once."""
        self.jobs = [
            replace(job, parallel=requests, bytes_per_s=bwlimit) if job.id == job_id else job for job in self.jobs
        ]

    def forget_finished_jobs(self) -> int:
        """They are gone."""
        before = len(self.jobs)
        self.jobs = [job for job in self.jobs if not job.state.is_final]
        return before - len(self.jobs)

    @property
    def worker_log_path(self) -> Path:
        """A file that need not exist."""
        return Path("/library/library.worker.log")

    def worker_log(self) -> list[str]:
        """The lines that the test put here."""
        return list(self.log)

    def start_worker(self) -> None:
        """Only written down."""
        self.done.append(("worker", None))


def job(job_id: str, state: JobState = JobState.RUNNING, **changes: object) -> JobInfo:
    """A push of 1,204 recordings that is at 50%."""
    is_running = state is JobState.RUNNING
    base = JobInfo(
        id=job_id, kind=JobKind.PUSH, title="Push 1,204 recordings", source="local", destination="archive", state=state,
        wish=None, total_items=1204, done_items=602, failed_items=0, skipped_items=0, cancelled_items=0,
        total_bytes=4_000_000_000, done_bytes=2_000_000_000, rate_bytes_s=10_000_000.0 if is_running else None,
        eta_s=200.0 if is_running else None, parallel=None, bytes_per_s=None, error="", hint="",
        created_at=NOW - timedelta(minutes=5), started_at=NOW - timedelta(minutes=5),
        finished_at=NOW - timedelta(hours=2) if state.is_final else None, owner="worker", is_live=is_running, params={},
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def item(item_id: int, state: ItemState, **changes: object) -> ItemInfo:
    """A file of a job."""
    base = ItemInfo(
        id=item_id, job_id="j1", recording_uid=row(item_id).uid, name=f"take-{item_id}.flac", key=f"k{item_id}",
        size_bytes=2_000_000, done_bytes=0, state=state, attempt=1, error="", hint="",
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def step_of(query: str) -> int:
    """Every so many recordings are found; 0 is none."""
    if query.isdigit():
        return int(query)
    return 0 if query == "nothing" else 1


def ids_of(query: str, size: int = MILLION) -> Iterator[int]:
    """The row ids that a query finds, oldest first."""
    step = step_of(query)
    return iter(range(step, size + 1, step)) if step else iter(())


def _places(row_id: int) -> dict[str, CopyState]:
    if row_id % 10 == 0:
        return {"local": CopyState.PRESENT, "archive": CopyState.DAMAGED}
    return {"local": CopyState.PRESENT, "archive": CopyState.PRESENT} if row_id % 2 else {"local": CopyState.PRESENT}
