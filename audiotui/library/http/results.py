"""What the routes answer, as their documentation tells it.

Answers are made of what the service returns, and not of these: a test holds the two together.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel


class Problem(BaseModel):
    """What every answer says that is none."""

    error: str
    message: str
    hint: str
    retryable: bool


class Health(BaseModel):
    """Whether the service can be used; if it cannot, the class of what is wrong."""

    status: str
    error: str = ""


class Place(BaseModel):
    """Where a file lies."""

    bucket: str
    key: str


class Stored(Place):
    """Where a file lies, how many bytes it has, and how it can be had for a while."""

    size: int
    url: str


class Saved(BaseModel):
    """An asset that is kept."""

    asset_id: str
    storage: Stored


class Link(BaseModel):
    """A link, and how many seconds it is valid for."""

    url: str
    expires: int


class SoundRecord(BaseModel):
    """A file, and what was measured of its sound."""

    storage: Place
    size: int
    sha256: str
    format: str
    codec: str
    duration: float
    sample_rate: int
    channels: int


class GenerationRecord(BaseModel):
    """With what a sound was generated."""

    provider: str
    model: str
    voice: str
    voice_name: str
    language: str
    text: str
    speed: float
    parameters: dict[str, Any]


class VersionRecord(SoundRecord):
    """One version of an asset."""

    version: int
    user_id: str
    declared_duration: float | None
    duration_differs: bool
    generation: GenerationRecord
    version_created_at: datetime
    wanted_rendition: str


class RenditionRecord(SoundRecord):
    """The sound of a version in another coding."""

    name: str
    version: int
    created_at: datetime


class AssetRecord(VersionRecord):
    """An asset, with its current version at the top."""

    customer_id: str
    asset_id: str
    type: Literal["audio"]
    source: Literal["generated", "uploaded"]
    name: str
    folder: str
    tags: list[str]
    versions: list[VersionRecord]
    """The earlier ones, the oldest first."""
    renditions: list[RenditionRecord]
    total_size: int
    is_deleted: bool
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    """A part of a list, and how many fit altogether."""

    items: list[AssetRecord]
    page: int
    page_size: int
    total: int
    total_size: int


Responses = dict[int | str, dict[str, Any]]

PROBLEMS: Responses = {
    "4XX": {"model": Problem, "description": "Refused; the hint says what to do."},
    "5XX": {"model": Problem, "description": "A server failed; the same may work later if it is retryable."},
}
"""What any route may answer."""

_AUDIO = {"content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}}}

STREAMS: Responses = {
    200: {"description": "All of the audio.", **_AUDIO},
    206: {"description": "The range that was asked for.", **_AUDIO},
    304: {"description": "The client has it already."},
    416: {"model": Problem, "description": "The range lies outside the audio."},
}
"""What the route for audio may answer beside problems."""

COUNTERS: Responses = {200: {"description": "All counters.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
