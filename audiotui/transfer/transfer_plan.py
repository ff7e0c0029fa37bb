"""A plan as a value: what a push or pull would do with each file; these lie on disk and are read as they are used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

from audiotui.core.encoding import original_text
from audiotui.transfer.jobs import JobItem, JobKind, NewJob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from audiotui.errors import AudiotuiError
    from audiotui.transfer.spool import Spool

RowT = TypeVar("RowT")


class Action(StrEnum):
    """What is to be done about a file."""

    SEND = "send"
    SKIP = "skip"
    """The destination has the same bytes."""
    DAMAGED = "damaged"
    """The destination has other bytes under the file's key: nothing is done, because nothing is ever overwritten."""
    IMPOSSIBLE = "impossible"
    """There is no copy to read from."""


class Tally(NamedTuple):
    """How many files, and how many bytes they have."""

    files: int
    size_bytes: int


IS_DAMAGED = "is damaged"
"""What the reason of a planned file says of a copy with other bytes than the catalog knows."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of a plan."""

    kind: str
    action: Action
    item: JobItem
    reason: str = ""
    """Why nothing is done, as the end of a sentence that begins with the file's name."""

    @property
    def is_damage(self) -> bool:
        """Whether nothing is done because a copy is damaged, at the destination or where it would be read from."""
        return self.action is Action.DAMAGED or IS_DAMAGED in self.reason


class Rows(Sequence[RowT], Generic[RowT]):
    """Files of a plan as a sequence that is not in memory: iterate over it, or take slices from its beginning."""

    def __init__(self, spool: Spool, condition: str, value_of: Callable[[Sequence[Any]], RowT]) -> None:
        self._spool = spool
        self._condition = condition
        self._value_of = value_of

    def __len__(self) -> int:
        return self._spool.count(self._condition)

    def __iter__(self) -> Iterator[RowT]:
        return map(self._value_of, self._spool.rows(self._condition))

    @overload
    def __getitem__(self, index: int) -> RowT: ...
    @overload
    def __getitem__(self, index: slice) -> list[RowT]: ...
    def __getitem__(self, index: int | slice) -> RowT | list[RowT]:
        """One file, or those of a slice as a list; reading far from the beginning takes longer."""
        wanted = range(len(self))[index]
        if isinstance(wanted, int):
            return next(map(self._value_of, self._spool.rows(self._condition, offset=wanted)))
        if not wanted:
            return []
        if wanted.step < 0:
            return self[wanted[-1] : wanted[0] + 1 : -wanted.step][::-1]
        rows = islice(
            self._spool.rows(self._condition, offset=wanted.start), 0, wanted.stop - wanted.start, wanted.step
        )
        return list(map(self._value_of, rows))


@dataclass(frozen=True, eq=False)
class TransferPlan:
    """What a transfer would do. ``source`` is '' if each file comes from its own best copy.

    Its files are on disk, in a file that ends with the plan; ``close`` it to free that early.
    """

    verb: JobKind
    source: str
    destination: str
    library_id: str
    recording_count: int
    spool: Spool = field(repr=False)
    counts: Mapping[Action, Tally]
    """What there is to do, and how much of it."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """What the names of the locations pointed at when the plan was made."""
    asked_source: str = ""
    """The location that a person asked the files to come from, '' for the best copy of each."""
    kinds: tuple[str, ...] | None = None
    """Only these kinds of files; None: all."""
    troubles: tuple[AudiotuiError, ...] = ()
    """Why locations could not be used when the plan was made; the reason of a file may be the message of one."""

    @property
    def files(self) -> Rows[PlannedFile]:
        """Every file that the plan is about."""
        return Rows(self.spool, "1", _planned_file)

    @property
    def problems(self) -> Rows[str]:
        """One line for each file that cannot be sent, damaged ones included."""
        return Rows(self.spool, "reason <> ''", lambda row: f"{_name(row)}: {original_text(row[3])}.")

    @property
    def troubled(self) -> Rows[PlannedFile]:
        """The files that ``problems`` tells of."""
        return Rows(self.spool, "reason <> ''", _planned_file)

    @property
    def send_count(self) -> int:
        """How many files are to be sent."""
        return self.count(Action.SEND)

    @property
    def send_bytes(self) -> int:
        """How many bytes are to be sent."""
        return self.bytes(Action.SEND)

    @property
    def skip_count(self) -> int:
        """How many files are there already."""
        return self.count(Action.SKIP)

    @property
    def skip_bytes(self) -> int:
        """How many bytes are there already."""
        return self.bytes(Action.SKIP)

    @property
    def damaged_count(self) -> int:
        """How many files are damaged at the destination."""
        return self.count(Action.DAMAGED)

    @property
    def damaged_bytes(self) -> int:
        """How many bytes the files have that are damaged at the destination."""
        return self.bytes(Action.DAMAGED)

    @property
    def title(self) -> str:
        """What the job of this plan is called."""
        things = "1 recording" if self.recording_count == 1 else f"{self.recording_count:,} recordings"
        return f"{self.verb.capitalize()} {things}"

    def count(self, action: Action) -> int:
        """How many files an action is planned for."""
        return self.counts[action].files if action in self.counts else 0

    def bytes(self, action: Action) -> int:
        """How many bytes an action is planned for."""
        return self.counts[action].size_bytes if action in self.counts else 0

    def sample(self, count: int) -> list[PlannedFile]:
        """The first files of the plan."""
        return self.files[:count]

    def items(self) -> Rows[JobItem]:
        """What the job of this plan moves; without what ``leave_out`` was told of."""
        return Rows(self.spool, "action = 'send' AND NOT settled", _job_item)

    def covers(self, keys: Iterable[tuple[str, str]]) -> bool:
        """Whether the plan has a file for each of these pairs of recording uid and key at the destination."""
        return self.spool.has_all(keys)

    def leave_out(self, keys: Iterable[tuple[str, str]]) -> None:
        """Take note of files, as for ``covers``, that another job has settled: they are not to be sent any more."""
        self.spool.leave_out(keys)

    def new_job(self, *, parallel: int | None = None, bytes_per_s: int | None = None) -> NewJob:
        """The job of this plan, for ``Journal.create_job`` together with ``items``."""
        return NewJob(
            kind=self.verb,
            title=self.title,
            source=self.source,
            destination=self.destination,
            fingerprints=self.fingerprints,
            parallel=parallel,
            bytes_per_s=bytes_per_s,
        )

    def close(self) -> None:
        """Forget the files; the counts stay."""
        self.spool.close()


def _name(row: Sequence[Any]) -> str:
    return original_text(row[6]) or original_text(row[9]).rpartition("/")[2]


def _job_item(row: Sequence[Any]) -> JobItem:
    parts = row[12]
    return JobItem(
        file_id=row[4],
        recording_uid=row[5],
        name=_name(row),
        source=original_text(row[7]),
        source_key=original_text(row[8]),
        key=original_text(row[9]),
        size_bytes=row[10],
        sha256=row[11].hex(),
        part_sha256=tuple(parts[at : at + 32].hex() for at in range(0, len(parts), 32)) if parts else (),
        managed=bool(row[13]),
    )


def _planned_file(row: Sequence[Any]) -> PlannedFile:
    return PlannedFile(kind=row[1], action=Action(row[2]), item=_job_item(row), reason=original_text(row[3]))
