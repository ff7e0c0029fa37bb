"""A plan as a value: what a push or pull would do with each file, and its form as JSON.

Version 1 of the JSON: an object with the fields of ``TransferPlan``; each of its ``files`` has the fields of
``PlannedFile``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from audiotui.errors import InvalidInput
from audiotui.transfer.jobs import JobItem, JobKind, NewJob

VERSION = 1

VERSION_FIELD = "audiotui_plan"


class Action(StrEnum):
    """What is to be done about a file."""

    SEND = "send"
    SKIP = "skip"
    """The destination has the same bytes."""
    DAMAGED = "damaged"
    """The destination has other bytes under the file's key: nothing is done, because nothing is ever overwritten."""
    IMPOSSIBLE = "impossible"
    """There is no copy to read from."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of a plan."""

    kind: str
    action: Action
    item: JobItem
    reason: str = ""
    """Why nothing is done, as the end of a sentence that begins with the file's name."""


@dataclass(frozen=True)
class TransferPlan:
    """What a transfer would do. ``source`` is '' if each file comes from its own best copy."""

    verb: JobKind
    source: str
    destination: str
    files: tuple[PlannedFile, ...]
    library_id: str
    recording_count: int
    fingerprints: dict[str, str] = field(default_factory=dict)
    """What the names of the locations pointed at when the plan was made."""

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
    def problems(self) -> tuple[str, ...]:
        """One line for each file that cannot be sent, damaged ones included."""
        return tuple(f"{file.item.name}: {file.reason}." for file in self.files if file.reason)

    @property
    def title(self) -> str:
        """What the job of this plan is called."""
        things = "1 recording" if self.recording_count == 1 else f"{self.recording_count:,} recordings"
        return f"{self.verb.capitalize()} {things}"

    def count(self, action: Action) -> int:
        """How many files an action is planned for."""
        return sum(file.action is action for file in self.files)

    def bytes(self, action: Action) -> int:
        """How many bytes an action is planned for."""
        return sum(file.item.size_bytes for file in self.files if file.action is action)

    def items(self) -> list[JobItem]:
        """What the job of this plan moves."""
        return [file.item for file in self.files if file.action is Action.SEND]

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

    def to_json(self) -> str:
        """The plan as text, for ``from_json``."""
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        data["files"] = [_file_data(file) for file in self.files]
        return json.dumps({VERSION_FIELD: VERSION, **data}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> TransferPlan:
        """The plan that ``to_json`` wrote.

        Raises:
            InvalidInput: the text is no plan, or one of a newer version.
        """
        try:
            data = json.loads(text)
            version = data.pop(VERSION_FIELD)
            if version == VERSION:
                files = tuple(_planned_file(file) for file in data.pop("files"))
                return cls(**{**data, "verb": JobKind(data["verb"])}, files=files)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise InvalidInput(
                f"This is no transfer plan: {type(error).__name__}: {error}.", "Make it again with --dry-run."
            ) from error
        raise InvalidInput(
            f"The plan has version {version!r}; this audiotui knows version {VERSION}.", "Make the plan again."
        )


def _file_data(file: PlannedFile) -> dict[str, Any]:
    item = {name: getattr(file.item, name) for name in _ITEM_FIELDS}
    return {"kind": file.kind, "action": file.action, "item": item, "reason": file.reason}


_ITEM_FIELDS = tuple(field.name for field in fields(JobItem))


def _planned_file(data: dict[str, Any]) -> PlannedFile:
    item = data.pop("item")
    item["part_sha256"] = tuple(item["part_sha256"])
    return PlannedFile(**{**data, "action": Action(data["action"])}, item=JobItem(**item))
