"""What the routes take, as their documentation tells it.

Its patterns and bounds are for those who make clients from it. Refusing is the service's own part: it says the same in
the same words to every caller, whichever way they come.
"""

from typing import Annotated, Any

from fastapi import UploadFile
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, Json, WithJsonSchema

from audiotui.audio.transcode import CODINGS
from audiotui.kinds import ASSET_ID
from audiotui.library.requests import (
    LONGEST_S,
    MAX_FOLDER,
    MAX_SEARCH,
    MAX_TAG,
    MAX_TAGS,
    MAX_TEXT,
    MAX_URL,
    MAX_WORD,
    rendition_name,
)
from audiotui.library.shelf import LONGEST_LINK_S

BEARER = HTTPBearer(auto_error=False, description="One of `library: api_keys:`, if the server has any.")
"""How a key is sent; before any route is reached, the door has looked at it."""

Id = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{ASSET_ID}$"})]
Word = Annotated[str, Field(json_schema_extra={"maxLength": MAX_WORD})]
Tag = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": MAX_TAG})]
Tags = Annotated[list[Tag], Field(json_schema_extra={"maxItems": MAX_TAGS})]
Folder = Annotated[str, Field(json_schema_extra={"maxLength": MAX_FOLDER})]
Search = Annotated[str, Field(json_schema_extra={"maxLength": MAX_SEARCH})]
Text = Annotated[str, Field(json_schema_extra={"maxLength": MAX_TEXT})]
Url = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": MAX_URL})]
Speed = Annotated[float, Field(json_schema_extra={"exclusiveMinimum": 0, "maximum": 100})]
Seconds = Annotated[float, WithJsonSchema({"type": "number", "minimum": 0, "maximum": LONGEST_S})]
VersionNumber = Annotated[int, Field(json_schema_extra={"minimum": 1})]
LinkSeconds = Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": LONGEST_LINK_S})]
Format = Annotated[str, Field(json_schema_extra={"enum": ["", *CODINGS]})]
RenditionName = Annotated[
    str,
    Field(
        json_schema_extra={
            "enum": ["", *(rendition_name(form, loudness=loud) for form in CODINGS for loud in (False, True))]
        }
    ),
]


class Described(BaseModel):
    """What can be said of any audio that is to be kept."""

    model_config = ConfigDict(extra="forbid")

    asset_id: Id | None = None
    text: Text = ""
    voice: Word = ""
    voice_name: Word = ""
    language: Word = ""
    speed: Speed = 1.0
    model: Word = ""
    provider: Word = ""
    folder: Folder | None = None
    tags: Tags | None = None
    transcode: Format = ""
    loudness: bool = False


class SaveBody(Described):
    """What ``POST /library`` takes: the arguments of ``save_audio_to_library``."""

    audio_url: Url
    duration: Seconds | None = None
    parameters: dict[str, Any] | None = None


class UploadBody(Described):
    """What ``POST /library/upload`` takes: a file as a part of a form, and the arguments of ``save_file``."""

    file: UploadFile
    parameters: Json[dict[str, Any]] | None = None
    """As the text of a JSON object."""
