"""What the fields of recordings, files and identities may hold, and the form in which they are stored.

Text is stored as it is, however strange; refused is only what has another type, is too big, or has no meaning in its
field. Every function takes the field's name, for the message, and the value, and returns what the column holds.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from audiotui.core.catalog.lookup import uid_prefix
from audiotui.core.encoding import stored_json, stored_text
from audiotui.errors import InvalidInput
from audiotui.text import briefly, normalise_name

TEXT_LIMIT = 16 * 1024 * 1024
"""Characters in one text; a book has a million."""

JSON_LIMIT = 1_000_000
"""Characters of a JSON object as it is stored."""

JSON_DEPTH = 100
"""Objects and lists inside each other; far below what Python's JSON reader survives anywhere."""

TAG_LIMIT = 100
VERDICT_LIMIT = 32

_UID_LENGTH = 36

_UID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLAIN_FOLDER = re.compile("[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_KIND = re.compile(r"[a-z0-9_-]{1,32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HEAVY_MARKS = re.compile(r"[^\w\x00-\x7f]{31}")
_BIGGEST = 2**63 - 1


def text(name: str, value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        _refuse(name, value, "it is no text", "Give a text, '' for none.")
    if len(value) > TEXT_LIMIT:
        _refuse(name, value, f"it has {len(value):,} characters", f"At most {TEXT_LIMIT:,} fit.")
    return stored_text(value)


def texts(**values: Any) -> tuple[str, ...]:
    """Several texts, each as ``text`` has it; ordinary ones are looked at all together, in a fifth of the time."""
    given = tuple(values.values())
    try:
        joined = "".join(given)
    except TypeError:
        joined = "\0"
    if len(joined) <= TEXT_LIMIT and stored_text(joined) is joined:
        return given
    return tuple(text(name.replace("_", " "), value) for name, value in values.items())


def name_text(name: str, value: Any) -> str:
    """A text that identifies something: in Unicode's composed form, without white space around it."""
    stripped = text(name, value).strip()
    # Normalising thousands of marks on one letter takes minutes; nobody types such a name in two forms.
    heavy = stripped.isascii() or _HEAVY_MARKS.search(stripped)
    return stripped if heavy else unicodedata.normalize("NFC", stripped)


def folder(name: str, value: Any) -> str:
    """A folder of the catalog: ``/a//b/`` is ``a/b``."""
    stored = text(name, value)
    if not stored or _PLAIN_FOLDER.fullmatch(stored):
        return stored
    parts = [part for part in stored.split("/") if part not in {"", "."}]
    if ".." in parts:
        _refuse(name, value, "it leaves its own folder", "Give a path without '..'.")
    return "/".join(parts)


def verdict(name: str, value: Any) -> str:
    """The outcome of a review, one word in lower case."""
    if value == "":
        return ""
    word = text(name, value).strip().lower()
    if len(word) > VERDICT_LIMIT or len(word.split()) > 1:
        _refuse(name, value, "it is not one short word", f"Give a word of up to {VERDICT_LIMIT} letters, such as keep.")
    return word


def rating(name: str, value: Any) -> int | None:
    """0 to 5, or None for none."""
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= 5:
        _refuse(name, value, "it is not a whole number from 0 to 5", "Give 0 to 5, or nothing to clear it.")
    return value


def flag(name: str, value: Any) -> int:
    """True or False."""
    if not isinstance(value, bool):
        _refuse(name, value, "it is neither true nor false", "Give true or false.")
    return int(value)


def json_object(name: str, value: Any) -> str:
    """A JSON object with text as keys."""
    if not value and isinstance(value, Mapping):
        return "{}"
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        _refuse(name, value, "it is no JSON object", "Give named values.")
    try:
        stored = stored_json(dict(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(
            f"Cannot take {name}: it holds what JSON cannot ({error}).",
            "Give texts, finite numbers, true, false, null, lists and objects.",
        ) from error
    if len(stored) > JSON_LIMIT:
        _refuse(name, "", f"it has {len(stored):,} characters", f"At most {JSON_LIMIT:,} fit.")
    if stored.count("[") + stored.count("{") > JSON_DEPTH and _depth(value) > JSON_DEPTH:
        _refuse(name, "", "its lists and objects lie too deep in each other", f"At most {JSON_DEPTH} levels fit.")
    return stored


def tags(name: str, value: Any) -> list[str]:
    """Tags, each once, in the given order."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        _refuse(name, value, "it is no list of texts", "Give each tag as a text of its own.")
    return list(dict.fromkeys(_tag(one) for one in value))


def recording_uid(value: Any) -> str:
    """A UUID as it is stored, from 32 hex digits with or without dashes; a new one for ''."""
    if value == "":
        return new_uid()
    if isinstance(value, str) and _UID.fullmatch(value):
        return value
    uid = uid_prefix(value) if isinstance(value, str) else None
    if uid is None or len(uid) != _UID_LENGTH:
        _refuse("id", value, "it is no UUID", "Leave it out to get a new one.")
    return uid


def new_uid() -> str:
    """A random UUID (RFC 9562, version 4)."""
    # uuid.uuid4 makes an object of it first, which takes three times as long.
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def kind(value: Any) -> str:
    """What a file is to its recording: ``audio``, ``transcript``, or a name of the user's own."""
    if not isinstance(value, str) or not _KIND.fullmatch(value):
        _refuse("kind", value, "it is no short name", "Use 1 to 32 of a-z, 0-9, '_' and '-', such as transcript.")
    return value


def sha256(value: Any) -> bytes:
    """A SHA-256 digest from its 64 hex digits."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        _refuse("sha256", value, "it is no SHA-256", "Give 64 hex digits in lower case.")
    return bytes.fromhex(value)


def count(name: str, value: Any) -> int:
    """A whole number that is not negative."""
    if type(value) is not int or not 0 <= value <= _BIGGEST:
        _refuse(name, value, "it is no whole number from 0", "Give a number of units.")
    return value


def seconds(name: str, value: Any) -> float:
    """A finite length of time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        _refuse(name, value, "it is no length of time", "Give seconds.")
    return float(value)


def unique_name(username: str, first_name: str, middle_name: str, last_name: str) -> str:
    """What makes a person the same person: the username, without one the normalised full name; '' if there is none."""
    if username:
        return f"@{username}"
    full_name = normalise_name(f"{first_name} {middle_name} {last_name}")
    return f"={full_name}" if full_name else ""


RECORDING_FIELDS: Mapping[str, Callable[[str, Any], Any]] = {
    "title": text,
    "text": text,
    "folder": folder,
    "verdict": verdict,
    "language": text,
    "model": text,
    "ai_generated": flag,
    "session": text,
    "rating": rating,
    "notes": text,
    "generation": json_object,
    "metadata": json_object,
}
"""The plain fields of a recording that people may change, each with its function; links and tags come on top."""

AI_IDENTITY_FIELDS: Mapping[str, Callable[[str, Any], Any]] = {
    "provider": name_text,
    "model": name_text,
    "voice": name_text,
    "name": text,
    "version": text,
    "language": text,
    "settings": json_object,
    "notes": text,
}
"""The fields of an AI identity that people may change."""

USER_IDENTITY_FIELDS: Mapping[str, Callable[[str, Any], Any]] = {
    "first_name": text,
    "middle_name": text,
    "last_name": text,
    "username": name_text,
    "affiliation": text,
    "email": text,
    "language": text,
    "settings": json_object,
    "notes": text,
}
"""The fields of a user identity that people may change."""


def clean(table: Mapping[str, Callable[[str, Any], Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Columns from fields, each through its function; an unknown field is refused with the known ones."""
    for name in values:
        if name not in table:
            raise InvalidInput(f"There is no field {briefly(name)} to set.", f"The fields are: {', '.join(table)}.")
    return {name: table[name](name, value) for name, value in values.items()}


def empty_recording(uid: str) -> InvalidInput:
    """The error for an edit that would leave a recording with neither a text nor a file."""
    return InvalidInput(
        f"Recording {uid} would be left with neither a text nor a file.",
        "Give it a text or a file first, or delete it: delete-recording.",
    )


def _tag(value: Any) -> str:
    tag = name_text("tag", value)
    if not tag or len(tag) > TAG_LIMIT:
        _refuse("tag", value, "it is empty or too long", f"Give 1 to {TAG_LIMIT} characters.")
    return tag


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        inner = (one.values() if isinstance(one, Mapping) else one for one in level if isinstance(one, Mapping | list))
        level = [one for values in inner for one in values if isinstance(one, Mapping | list | tuple)]
    return depth


def _refuse(name: str, value: Any, reason: str, hint: str) -> NoReturn:
    shown = f" {briefly(value)}" if value != "" else ""
    raise InvalidInput(f"Cannot take {name}{shown}: {reason}.", hint)
