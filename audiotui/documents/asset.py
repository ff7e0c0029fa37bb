"""One asset of a customer as frozen values: its files, its versions, and the work on it that is not finished yet.

The document is its own journal. A step is written into it before it has an effect elsewhere, so whoever reads the
document later, on any host, can finish or undo what a dead process began.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from audiotui.model import MediaFacts

NAME_CHARACTERS = 50
"""An asset is called by the first so many characters of its text."""

DURATION_TOLERANCE_S = 0.1
"""A declared duration may differ from the measured one by so much, or by 1 %, before that is worth a flag."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes under a key of a bucket; what lies under a key never changes."""

    bucket: str
    key: str
    size_bytes: int
    sha256: str
    media: MediaFacts
    part_sha256: tuple[str, ...] = ()
    """One digest per 16 MiB for files above 16 MiB, else empty."""


@dataclass(frozen=True, slots=True)
class Generation:
    """With what an audio was generated; ``parameters`` is whatever else the speech server was told."""

    text: str = ""
    provider: str = ""
    model: str = ""
    voice: str = ""
    voice_name: str = ""
    language: str = ""
    speed: float = 1.0
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """One take of an asset; a later one does not remove it."""

    number: int
    user_id: str
    file: StoredFile
    generation: Generation
    fingerprint: str
    """Equal for equal requests: of the URL and the whole generation."""
    created_at: datetime
    source_url: str = ""
    """Where it came from, without credentials; '' for an upload."""
    declared_duration_s: float | None = None
    wanted_rendition: str = ""
    """The name of a rendition that was asked for together with it; '' if none was, or if it cannot be made."""

    @property
    def duration_differs(self) -> bool:
        """True if the speech server declared another duration than the audio has."""
        if self.declared_duration_s is None:
            return False
        return differ(self.declared_duration_s, self.file.media.duration_s)


@dataclass(frozen=True, slots=True)
class Rendition:
    """The same sound in another coding, made from a version's file, which stays."""

    name: str
    """Format and treatment, such as ``mp3`` or ``flac-loud``."""
    version: int
    file: StoredFile
    created_at: datetime


class Work(StrEnum):
    """What is being done to an asset."""

    SAVE = "save"
    """A file comes from a URL; anybody can begin again."""
    TAKE = "take"
    """A file comes from a caller, who alone has it; what he did not finish is undone."""
    RENDER = "render"
    """A rendition is made."""
    MEND = "mend"
    """A file that was lost is stored again; what is not finished changes nothing."""
    PURGE = "purge"
    """Everything is removed; always finished, never undone."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Work that somebody has begun: written down before its first effect, gone with its last."""

    token: str
    """Random; whoever wrote it may go on, nobody else."""
    work: Work
    owner: str
    """The process that works on it."""
    lease_until: datetime
    """When somebody else may take over, if the owner cannot be told dead or alive."""
    request: dict[str, Any] = field(default_factory=dict)
    """All that is needed to begin again."""
    file: StoredFile | None = None
    """What is about to be stored, unless its key follows from the request; known once it was downloaded and proven."""
    cleanup: tuple[str, ...] = ()
    """Names of temporary files that are to be removed once the work is done."""
    is_unsynced: bool = False
    """True if the catalog will have to hear of it."""
    deleted_since: bool = False
    """True if the asset was deleted while the work was under way, which then brings it back no more."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What a customer has under one asset id. It is visible once it has a version."""

    customer_id: str
    asset_id: str
    created_at: datetime
    updated_at: datetime
    revision: int = 1
    """Counts writes; one that expects another revision has no effect. Noting what is done is no new revision."""
    folder: str = ""
    tags: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    """Oldest first; the last one is current."""
    renditions: tuple[Rendition, ...] = ()
    is_deleted: bool = False
    pending: Pending | None = None
    cleanup: tuple[str, ...] = ()
    """Names of temporary files of the speech server that are to be removed."""
    is_unsynced: bool = False
    """True while the catalog has still to hear of the last change."""
    origin: str = ""
    """The token of the claim that its first version came from."""

    @property
    def current(self) -> Version:
        """The newest version; there must be one."""
        return self.versions[-1]

    @property
    def is_visible(self) -> bool:
        """False before its first version is stored, and while it is purged."""
        return bool(self.versions) and not self.is_purged

    @property
    def is_purged(self) -> bool:
        """True once it is on its way out for good."""
        return self.pending is not None and self.pending.work is Work.PURGE

    @property
    def has_save(self) -> bool:
        """True while a version is on its way, or was left to be finished."""
        return self.pending is not None and self.pending.work in {Work.SAVE, Work.TAKE}

    @property
    def has_work(self) -> bool:
        """True if something is left to do."""
        return self.pending is not None or bool(self.cleanup) or self.is_unsynced or bool(self.unrendered)

    @property
    def unrendered(self) -> tuple[Version, ...]:
        """The versions whose wanted rendition is not there yet."""
        wanting = [one for one in self.versions if one.wanted_rendition]
        made = {(one.version, one.name) for one in self.renditions} if wanting else ()
        return tuple(one for one in wanting if (one.number, one.wanted_rendition) not in made)

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """Every file that the document stands for."""
        return (*(one.file for one in self.versions), *(one.file for one in self.renditions))

    @property
    def name(self) -> str:
        """What lists call it: the beginning of its text, else its id."""
        text = self.current.generation.text if self.versions else ""
        return text[:NAME_CHARACTERS] or self.asset_id

    def with_deletion(self, *, is_deleted: bool) -> dict[str, Any]:
        """The fields of an asset that is deleted, or is so no more; the work that is under way leaves it so."""
        pending = None if self.pending is None else replace(self.pending, deleted_since=is_deleted)
        return {"is_deleted": is_deleted, "pending": pending}

    def changed(self, at: datetime, **fields: Any) -> Asset:
        """The next revision, with other values in some fields."""
        return replace(self, revision=self.revision + 1, updated_at=at, **fields)


def differ(told_s: float, measured_s: float) -> bool:
    """Whether a duration is worth a flag beside the one that was measured."""
    return abs(told_s - measured_s) > max(DURATION_TOLERANCE_S, measured_s / 100)
