"""The frozen values that all layers exchange: recordings, identities, files, copies, and secrets.

Ids that people see and type are UUID strings (``uid``). Integer ``id`` values are catalog row numbers: they rise with
arrival, are never used again, and stay inside one library. Times are aware UTC, sizes bytes, durations seconds,
digests lower-case hex.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from audiotui.kinds import AUDIO as AUDIO
from audiotui.kinds import DEFAULT_KEY_LAYOUT as DEFAULT_KEY_LAYOUT
from audiotui.kinds import LOCAL as LOCAL
from audiotui.kinds import PART_BYTES as PART_BYTES
from audiotui.kinds import CopyState as CopyState
from audiotui.kinds import VerifyLevel as VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


class SecretStr:
    """A string that never shows itself: not in repr, str, format, comparison errors or pickles.

    Call ``reveal()`` only in the call that needs the value.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "SecretStr('***')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretStr) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret cannot be pickled or copied to another process")


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What decoding the headers of an audio file tells. ``format`` is a short lower-case name such as ``wav``."""

    format: str
    duration_s: float
    sample_rate_hz: int
    channels: int
    codec: str = ""
    """The coding inside the container, such as ``PCM_16`` or ``aac``."""


@dataclass(frozen=True, slots=True)
class AIIdentity:
    """A model and a voice that generated recordings; unique on (provider, model, voice)."""

    id: int
    uid: str
    model: str
    voice: str
    provider: str = ""
    name: str = ""
    """A name for people; '' shows the voice."""
    version: str = ""
    language: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    notes: str = ""
    recording_count: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def label(self) -> str:
        """What lists show: the name, else the voice, else the model."""
        return self.name or self.voice or self.model


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """A person who spoke recordings; unique on the username, without one on the normalised full name."""

    id: int
    uid: str
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    username: str = ""
    affiliation: str = ""
    email: str = ""
    language: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    notes: str = ""
    recording_count: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def label(self) -> str:
        """What lists show: the full name, else the username."""
        return " ".join(part for part in (self.first_name, self.middle_name, self.last_name) if part) or self.username


@dataclass(frozen=True, slots=True)
class Copy:
    """The fact that a file's bytes lie (or lay) at a location under a key."""

    id: int
    file_id: int
    location: str
    key: str
    managed: bool
    """True if the key follows the library's layout, so its bytes never change."""
    size_bytes: int
    state: CopyState
    verify_level: VerifyLevel
    verified_at: datetime | None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """One file of a recording; its bytes never change (a changed file is a new version)."""

    id: int
    kind: str
    version: int
    original_name: str
    size_bytes: int
    sha256: str
    part_sha256: tuple[str, ...]
    """One digest per 16 MiB for files above 16 MiB, else empty."""
    media: MediaFacts | None
    copies: tuple[Copy, ...] = ()
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One utterance or take, whole: its text, metadata, identities, tags and files."""

    id: int
    uid: str
    title: str
    text: str
    folder: str
    verdict: str
    language: str
    model: str
    ai_generated: bool
    ai_identity: AIIdentity | None
    user_identity: UserIdentity | None
    session: str
    duration_s: float | None
    sample_rate_hz: int | None
    channels: int | None
    format: str
    size_bytes: int | None
    rating: int | None
    notes: str
    generation: dict[str, Any]
    metadata: dict[str, Any]
    tags: tuple[str, ...]
    files: tuple[RecordingFile, ...]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None

    @property
    def label(self) -> str:
        """What lists show: the title, else the text."""
        return self.title or self.text

    @property
    def current_files(self) -> tuple[RecordingFile, ...]:
        """The newest file of each kind that was not removed, in the order of ``files``."""
        newest: dict[str, RecordingFile] = {}
        for file in self.files:
            if file.deleted_at is None and (file.kind not in newest or file.version > newest[file.kind].version):
                newest[file.kind] = file
        return tuple(newest.values())


class RecordingRow(NamedTuple):
    """One line of a list of recordings: cheap to make by the million, and enough to draw a table."""

    id: int
    uid: str
    title: str
    text: str
    """At most the first 200 characters."""
    identity: str
    """Label of the AI identity, else of the person, else ''."""
    ai_generated: bool
    duration_s: float | None
    format: str
    size_bytes: int | None
    language: str
    model: str
    folder: str
    session: str
    verdict: str
    rating: int | None
    created_at_ms: int
    """Milliseconds since 1970 UTC; ``text.age`` and ``text.timestamp`` format it."""
    deleted_at_ms: int | None

    @property
    def label(self) -> str:
        """What lists show: the title, else the text."""
        return self.title or self.text


@dataclass(frozen=True, slots=True)
class LocationInfo:
    """A location as lists show it; ``ready`` is False if this version has no backend for its kind."""

    name: str
    kind: str
    address: str
    """Where it is, without any secret: a path, a bucket, user@host:path."""
    ready: bool
    default: bool = False


@dataclass(frozen=True, slots=True)
class NewRecording:
    """What a new recording is made of; identities are uids that exist already."""

    text: str = ""
    title: str = ""
    folder: str = ""
    verdict: str = ""
    language: str = ""
    model: str = ""
    ai_generated: bool = False
    ai_identity_uid: str | None = None
    user_identity_uid: str | None = None
    session: str = ""
    rating: int | None = None
    notes: str = ""
    generation: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    uid: str = ""
    """'' makes a new one; an import of an export keeps the old one."""
    uid_is_new: bool = False
    """``uid`` was drawn at random for this recording just now, so nobody needs to ask whether another one has it."""
    created_at: datetime | None = None
    """None means now."""
    updated_at: datetime | None = None
    """None means now."""


@dataclass(frozen=True, slots=True)
class NewCopy:
    """Where the bytes of a new file lie."""

    location: str
    key: str
    managed: bool = True
    verify_level: VerifyLevel = VerifyLevel.READ_BACK
    etag: str = ""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file whose bytes are hashed, probed and safe in a location before the catalog hears of it."""

    kind: str
    original_name: str
    size_bytes: int
    sha256: str
    part_sha256: tuple[str, ...] = ()
    media: MediaFacts | None = None
    copies: tuple[NewCopy, ...] = ()
    version: int = 0
    """0 takes the next; an import of an export keeps the old ones, which may have gaps."""


@dataclass(frozen=True, slots=True)
class CopyUpdate:
    """What became known of one copy; the catalog has one row for each (location, key)."""

    file_id: int
    location: str
    key: str
    size_bytes: int
    state: CopyState = CopyState.PRESENT
    verify_level: VerifyLevel = VerifyLevel.NONE
    verified_at: datetime | None = None
    """None means now, if ``verify_level`` is above ``NONE``."""
    managed: bool = True
    etag: str = ""
    version_id: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One user action in the history: all rows it changed share the group id."""

    group_id: int
    verb: str
    actor: str
    at: datetime
    summary: str
    """One line for people: what was done to what."""
    subjects: int
    """How many rows it changed."""
    undone_at: datetime | None = None


def copy_at(copies: Iterable[Copy], location: str) -> Copy | None:
    """The copy of a file that speaks for a location: the present one if there are several; None if it has none."""
    there = (copy for copy in copies if copy.location == location)
    return min(there, key=lambda copy: _GOODNESS[copy.state], default=None)


_GOODNESS = {CopyState.PRESENT: 0, CopyState.DAMAGED: 1, CopyState.MISSING: 2, CopyState.TRASHED: 3}
