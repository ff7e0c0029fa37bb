"""What the routes take and answer, as their documentation tells it.

Its patterns and bounds are for those who make clients from it. Refusing is the service's own part: it says the same in
the same words to every caller, whichever way they come.
"""

from typing import Annotated, Any

from fastapi import UploadFile
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, Json, WithJsonSchema

from audiotui.audio.transcode import CODINGS
from audiotui.library.requests import ID, LONGEST_S, MAX_TEXT, MAX_URL, MAX_WORD

BEARER = HTTPBearer(auto_error=False, description="One of `library: api_keys:`, if the server has any.")
"""How a key is sent; before any route is reached, the door has looked at it."""

Id = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{ID}$"})]
Word = Annotated[str, Field(json_schema_extra={"maxLength": MAX_WORD})]
Text = Annotated[str, Field(json_schema_extra={"maxLength": MAX_TEXT})]
Url = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": MAX_URL})]
Speed = Annotated[float, Field(json_schema_extra={"exclusiveMinimum": 0, "maximum": 100})]
Seconds = Annotated[float, WithJsonSchema({"type": "number", "minimum": 0, "maximum": LONGEST_S})]
Format = Annotated[str, Field(json_schema_extra={"enum": ["", *CODINGS]})]


class Who(BaseModel):
    """For whom a request is made."""

    customer_id: str
    user_id: str


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
    folder: str | None = None
    tags: list[Word] | None = None
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
