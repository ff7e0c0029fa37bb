"""Reading a manifest back. It comes from outside: nothing in it is taken on trust, and each line fails for itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

from audiotui.backends.keys import key_problem
from audiotui.errors import InvalidInput
from audiotui.model import AIIdentity, NewRecording, UserIdentity
from audiotui.transfer.manifest import PLAIN_FIELDS, VERSION, VERSION_FIELD

MAX_LINE_BYTES = 256 * 1024 * 1024
"""Room for the longest texts that the catalog takes; a bigger file without line ends is not read into memory."""

_KIND = re.compile(r"[a-z0-9_-]{1,32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BIGGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file of a line. ``path`` passed the name gate; it is None if the export has no bytes."""

    kind: str
    version: int
    original_name: str
    size_bytes: int
    sha256: str
    path: str | None


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One recording of a manifest; its identities are described, not yet found or made in a catalog."""

    recording: NewRecording
    ai_identity: AIIdentity | None
    user_identity: UserIdentity | None
    files: tuple[ManifestFile, ...]
    """In the order of kinds and versions."""
    data: dict[str, Any]
    """The line as it was read."""


def is_manifest(first_bytes: bytes) -> bool:
    """Whether a file that begins so is a manifest, of whatever version; that of an empty export says nothing."""
    return re.match(rb'\s*\{\s*"%s"\s*:' % VERSION_FIELD.encode(), first_bytes) is not None


def read_lines(
    manifest: IO[bytes], *, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, ManifestLine | InvalidInput]]:
    """Every line with its number from 1: a recording, or why it is none. Empty lines are passed over."""
    number = 0
    while line := manifest.readline(max_line_bytes + 1):
        number += 1
        is_too_long = len(line) > max_line_bytes
        while is_too_long and line and not line.endswith(b"\n"):
            line = manifest.readline(max_line_bytes)
        if is_too_long:
            yield number, InvalidInput(f"it is longer than {max_line_bytes} bytes")
        elif line.strip():
            try:
                yield number, parse_line(line)
            except InvalidInput as error:
                yield number, error


def parse_line(line: bytes) -> ManifestLine:
    """The recording in a line.

    Raises:
        InvalidInput: the line is no JSON object of this version, or one of its values is not what it should be. The
            message is the end of a sentence that begins with the line's number.
    """
    data = _json_object(line)
    if data.get(VERSION_FIELD) != VERSION:
        raise InvalidInput(f"it is not of version {VERSION} of audiotui's manifests", "Export again with this version.")
    _check(data, _RECORDING, "")
    for name, rules in (("ai_identity", _AI_IDENTITY), ("user_identity", _USER_IDENTITY)):
        if data[name] is not None:
            _check(data[name], rules, f"{name}.")
    for number, file in enumerate(data["files"], start=1):
        _check(file, _FILE, f"file {number}: ")
    files = sorted((_file(file) for file in data["files"]), key=lambda file: (file.kind, file.version))
    if len({(file.kind, file.version) for file in files}) < len(files):
        raise InvalidInput("two of its files have the same kind and version")
    return ManifestLine(
        recording=_new_recording(data),
        ai_identity=data["ai_identity"] and AIIdentity(**_identity(data["ai_identity"])),
        user_identity=data["user_identity"] and UserIdentity(**_identity(data["user_identity"])),
        files=tuple(files),
        data=data,
    )


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line.decode(), object_pairs_hook=_unique_names, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise InvalidInput("it is not UTF-8") from error
    except RecursionError as error:
        raise InvalidInput("its values are nested too deeply") from error
    except ValueError as error:
        raise InvalidInput(f"it is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise InvalidInput("it is no JSON object")
    return data


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return data


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _new_recording(data: dict[str, Any]) -> NewRecording:
    return NewRecording(
        **{name: data[name] for name in PLAIN_FIELDS},
        tags=tuple(data["tags"]),
        **_times(data),
    )


def _identity(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, **_times(data), "id": 0}


def _times(data: dict[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(data[name]).astimezone(UTC) for name in ("created_at", "updated_at")}


def _file(data: dict[str, Any]) -> ManifestFile:
    return ManifestFile(**{name: data[name] for name in ManifestFile.__slots__})


_Rules = Mapping[str, tuple[Callable[[Any], bool], str]]
"""By the name of a field: whether a value is right, and what a right one is."""


def _check(data: Any, rules: _Rules, where: str) -> None:
    if not isinstance(data, dict):
        raise InvalidInput(f"{where}it is no JSON object")
    for name, (is_right, wanted) in rules.items():
        if name not in data:
            raise InvalidInput(f"{where}{name} is missing")
        if not is_right(data[name]):
            raise InvalidInput(f"{where}{name} is not {wanted}")
    unknown = data.keys() - rules.keys() - {VERSION_FIELD}
    if unknown:
        raise InvalidInput(f"{where}{min(unknown)} is no field of version {VERSION}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_integer(value: Any, *, least: int, most: int = _BIGGEST_INTEGER) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_uid(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def _is_time(value: Any) -> bool:
    try:
        moment = datetime.fromisoformat(value)
        moment.astimezone(UTC)  # the last hours of the year 9999 in the west are none of ours
    except (TypeError, ValueError, OverflowError):
        return False
    return moment.tzinfo is not None


def _is_inner_path(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not key_problem(value))


def _texts(*names: str) -> dict[str, tuple[Callable[[Any], bool], str]]:
    return dict.fromkeys(names, (_is_text, "a text"))


_UID = {"uid": (_is_uid, "a UUID in its usual form")}
_TIMES = dict.fromkeys(("created_at", "updated_at"), (_is_time, "a time with its zone"))

_RECORDING: _Rules = {
    **_UID,
    **_texts("title", "text", "folder", "verdict", "language", "model", "session", "notes"),
    "ai_generated": (lambda value: isinstance(value, bool), "true or false"),
    "rating": (lambda value: value is None or _is_integer(value, least=0, most=5), "null or 0 to 5"),
    "generation": (_is_object, "an object"),
    "metadata": (_is_object, "an object"),
    "tags": (lambda value: isinstance(value, list) and all(map(_is_text, value)), "a list of texts"),
    **_TIMES,
    "ai_identity": (lambda value: value is None or _is_object(value), "null or an object"),
    "user_identity": (lambda value: value is None or _is_object(value), "null or an object"),
    "files": (lambda value: isinstance(value, list), "a list"),
}

_IDENTITY: _Rules = {**_UID, **_texts("language", "notes"), "settings": (_is_object, "an object"), **_TIMES}
_AI_IDENTITY: _Rules = {**_IDENTITY, **_texts("provider", "model", "voice", "name", "version")}
_USER_IDENTITY: _Rules = {
    **_IDENTITY,
    **_texts("first_name", "middle_name", "last_name", "username", "affiliation", "email"),
}

_FILE: _Rules = {
    "kind": (lambda value: _is_text(value) and _KIND.fullmatch(value) is not None, "a kind of file"),
    "version": (lambda value: _is_integer(value, least=1), "a number from 1"),
    "path": (_is_inner_path, "a path inside the exported folder"),
    "original_name": (_is_text, "a text"),
    "size_bytes": (lambda value: _is_integer(value, least=0), "a number of bytes"),
    "sha256": (lambda value: _is_text(value) and _SHA256.fullmatch(value) is not None, "a SHA-256 in hex"),
    "media": (lambda value: value is None or _is_object(value), "null or an object"),
}
