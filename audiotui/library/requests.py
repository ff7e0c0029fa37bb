"""What a caller asks to be kept, checked once at the door: ids, texts, parameters."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from audiotui.core.catalog import fields
from audiotui.documents.asset import Generation
from audiotui.documents.encoding import RESPONSE_FORMAT, UPLOAD_DIGEST, canonical
from audiotui.errors import DatabaseFailed, InvalidInput
from audiotui.kinds import ASSET_ID
from audiotui.text import briefly

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

MAX_TEXT = 100_000
MAX_WORD = 200
MAX_URL = 2_000
MAX_FOLDER = 500
MAX_TAG, MAX_TAGS = fields.TAG_LIMIT, 100
MAX_SEARCH = 1_000
MAX_OFFSET = 10**15
LONGEST_S = 1e9
"""The longest duration that anything may declare: thirty years."""
LOUD = "-loud"
"""How the name of a rendition ends that was brought to the usual loudness."""
MAX_PARAMETERS = 256_000
"""Characters of all further parameters as JSON."""

_ID = re.compile(ASSET_ID)
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,8}")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """One asset that is to be kept. ``url`` is '' if the caller brings the bytes, or they have yet to be generated."""

    customer_id: str
    asset_id: str
    user_id: str
    generation: Generation
    url: str = ""
    duration_s: float | None = None
    """As the speech server declares it."""
    folder: str | None = None
    tags: tuple[str, ...] | None = None
    transcode: str = ""
    """A format that is wanted beside the original."""
    loudness: bool = False
    """Whether the rendition is brought to the usual loudness."""
    save_id: str = ""
    """Random, of one save: what it stores is known by it, where the storage keeps anything beside the bytes."""
    begun_s: float = 0.0
    """When the save was begun, in seconds since 1970; 0 for one that an earlier version of the program began."""

    @property
    def fingerprint(self) -> str:
        """Equal for requests that ask for the same: URL, text and all that it was generated with."""
        generation = {**_values(self.generation), "speed": float(self.generation.speed)}
        return sha256(canonical({"url": self.url, "generation": generation}).encode()).hexdigest()

    @property
    def expected_format(self) -> str:
        """The format that the request asks for, as an extension: that of its URL, or the one for generated speech."""
        if self.url:
            asked = PurePosixPath(self.url.partition("?")[0]).suffix[1:]
        else:
            asked = str(self.generation.parameters.get(RESPONSE_FORMAT, ""))
        return asked.lower() if _EXTENSION.fullmatch(asked) else ""

    @property
    def wanted_rendition(self) -> str:
        """The name of the rendition that is wanted beside the original; '' for none."""
        return rendition_name(self.transcode, loudness=self.loudness)

    def as_save(self, now: datetime) -> SaveRequest:
        """The same request as that of a save that begins now."""
        return replace(self, save_id=secrets.token_hex(8), begun_s=now.timestamp())

    def as_document(self) -> dict[str, Any]:
        """The request as plain values, for the journal."""
        tags = None if self.tags is None else list(self.tags)
        return {**_values(self), "generation": _values(self.generation), "tags": tags}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> SaveRequest:
        """The request that ``as_document`` wrote.

        Raises:
            DatabaseFailed: something else has written it.
        """
        try:
            generation, tags = Generation(**document["generation"]), document["tags"]
            return cls(**{**document, "generation": generation, "tags": None if tags is None else tuple(tags)})
        except (KeyError, TypeError) as error:
            raise DatabaseFailed(
                "A document holds a request in a form that is not known here.",
                "Let the other version of audiotui that has written it finish it: audiotui library resume.",
                retryable=False,
            ) from error


def _values(one: SaveRequest | Generation) -> dict[str, Any]:
    """The fields and their values; ``asdict`` would copy what never changes."""
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def checked(request: SaveRequest) -> SaveRequest:
    """The request in the form in which it is kept.

    Raises:
        InvalidInput: an id, a text or a number that cannot be taken.
    """
    for name in ("customer_id", "asset_id", "user_id"):
        identifier(name, getattr(request, name))
    return replace(
        request,
        generation=generation(request.generation),
        duration_s=_duration(request.duration_s),
        folder=None if request.folder is None else folder(request.folder),
        tags=None if request.tags is None else tags(request.tags),
    )


def identifier(name: str, value: Any) -> str:
    """An id: one segment of a key that no storage changes.

    Raises:
        InvalidInput: it is none.
    """
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise InvalidInput(
            f"Cannot take {name} {briefly(value)}: it is no id.", "Use 1 to 128 letters, digits, '_' and '-'."
        )
    return value


def new_asset_id() -> str:
    """An id for an asset whose caller has none."""
    return str(uuid.uuid4())


def text(name: str, value: Any, limit: int = MAX_WORD) -> str:
    """A text that every store can hold."""
    if not isinstance(value, str):
        raise InvalidInput(f"Cannot take {name} {briefly(value)}: it is no text.", "Give a text, '' for none.")
    if len(value) > limit:
        raise InvalidInput(
            f"Cannot take {name} {briefly(value)}: it has {len(value):,} characters.", f"At most {limit:,} fit."
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"Cannot take {name} {briefly(value)}: it is not valid Unicode.", "Mend its encoding."
        ) from error
    return value


def folder(value: Any) -> str:
    """A folder: ``/a//b/`` is ``a/b``."""
    return fields.folder("folder", text("folder", value, MAX_FOLDER))


def tags(value: Iterable[str]) -> tuple[str, ...]:
    """Tags, each once, in order."""
    given = tuple(fields.tags("tags", value))
    if len(given) > MAX_TAGS:
        raise InvalidInput(f"Cannot take {len(given)} tags.", f"At most {MAX_TAGS} fit.")
    return tuple(text("tag", tag, MAX_TAG) for tag in given)


def parameters(value: Any) -> dict[str, Any]:
    """Further parameters of a generation, as a caller gives them; None is none."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"Cannot take parameters {briefly(value)}: it is no JSON object.", "Give named values.")
    if UPLOAD_DIGEST in value:
        raise InvalidInput(
            f"Cannot take a parameter called {UPLOAD_DIGEST!r}: it marks files that were uploaded.",
            "Leave it out, or give it another name.",
        )
    return dict(value)


def whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInput(f"Cannot take {name} {briefly(value)}.", f"Give a whole number from {least:,} to {most:,}.")
    return value


def source_url(value: Any) -> str:
    """The URL of a file that is to be kept."""
    url = text("audio_url", value, MAX_URL)
    if not url.strip():
        raise InvalidInput("Cannot take audio_url '': it names no file.", "Give a path such as /temp/x.wav, or a URL.")
    return url


def rendition_name(form: str, *, loudness: bool) -> str:
    """What a rendition is called: its format, and how it was treated."""
    return f"{form}{LOUD}" if loudness else form


def rendition(form: str, *, loudness: bool) -> None:
    """Check that a rendition can be made; '' is none.

    Raises:
        InvalidInput: there is no such format, none is named for the loudness, or that is neither true nor false.
    """
    from audiotui.audio.transcode import coding  # brings the decoders

    fields.flag("loudness", loudness)
    if text("transcode", form):
        coding(form)
    elif loudness:
        raise InvalidInput("There is nothing to bring to the usual loudness.", "Name a format with transcode.")


def generation(given: Generation) -> Generation:
    """A generation in the form in which it is kept."""
    speed: Any = given.speed
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed <= 100:
        raise InvalidInput(f"Cannot take the speed {briefly(speed)}.", "Give a number above 0; 1.0 is normal.")
    words = ("provider", "model", "voice", "voice_name", "language")
    return replace(
        given,
        text=text("text", given.text, MAX_TEXT),
        **{name: text(name, getattr(given, name)) for name in words},
        speed=float(speed),
        parameters=_parameters(given.parameters),
    )


def _parameters(given: Any) -> dict[str, Any]:
    """Further parameters; names are such that no database takes them for anything else."""
    stored = fields.json_object("parameters", given)
    if len(stored) > MAX_PARAMETERS:
        raise InvalidInput(f"Cannot take parameters of {len(stored):,} characters.", f"At most {MAX_PARAMETERS:,} fit.")
    _check_names(given)
    return dict(given)


def _check_names(value: Any) -> None:
    if isinstance(value, dict):
        for name in value:
            if not isinstance(name, str) or not _PARAMETER.fullmatch(name):
                raise InvalidInput(
                    f"Cannot take a parameter called {briefly(name)}.", "Use letters, digits, '_' and '-' in names."
                )
            _check_names(value[name])
    elif isinstance(value, list | tuple):
        for one in value:
            _check_names(one)
    elif isinstance(value, str):
        text("parameter", value, MAX_PARAMETERS)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InvalidInput(
            f"Cannot take the parameter value {briefly(value, 40)}: it is too big.", "Give it as a text."
        )


def _duration(given: Any) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= LONGEST_S:
        raise InvalidInput(f"Cannot take the duration {briefly(given)}.", "Give seconds, or leave it out.")
    return float(given)
