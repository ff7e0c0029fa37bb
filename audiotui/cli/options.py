"""Options that several commands share, and how their values are read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from audiotui.errors import InvalidInput
from audiotui.model import AUDIO

TRANSCRIPT = "transcript"
"""The kind of the file that ``--transcript-file`` gives."""

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]
Limit = Annotated[int | None, typer.Option("--limit", min=0, help="At most so many.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without a question.")]
InPlace = Annotated[bool, typer.Option("--in-place", help="Keep files where they are, under the local path already.")]
Move = Annotated[bool, typer.Option("--move", help="Remove the given files once the library has them.")]
AllowDuplicate = Annotated[bool, typer.Option("--allow-duplicate", help="Also if the library has these bytes already.")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="Only files of this kind; may be given again.")]

Meta = Annotated[
    list[str] | None,
    typer.Option("--meta", metavar="KEY=VALUE", help="Metadata; the value is JSON if it can be. May be given again."),
]
Generation = Annotated[
    list[str] | None,
    typer.Option("--generation", metavar="KEY=VALUE", help="A parameter of the generation, as --meta."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--setting", metavar="KEY=VALUE", help="A setting; the value is JSON if it can be. May be given again."
    ),
]
AudioFile = Annotated[
    Path | None, typer.Option("--audio-file", metavar="PATH", help="The file that carries the sound.")
]
TranscriptFile = Annotated[Path | None, typer.Option("--transcript-file", metavar="PATH", help="A file with its text.")]
Files = Annotated[
    list[str] | None,
    typer.Option("--file", metavar="KIND=PATH", help="A file of any other kind; may be given again."),
]


def pairs(option: str, given: list[str] | None) -> dict[str, Any]:
    """``KEY=VALUE`` options as a JSON object: a value that is JSON is read as such, any other is text.

    Raises:
        InvalidInput: no ``=``, no key, or a key twice.
    """
    read: dict[str, Any] = {}
    for one in given or []:
        key, value = _split(option, one, "KEY=VALUE")
        if key in read:
            raise InvalidInput(f"{option} gives {key!r} twice.", "Give each key once.")
        read[key] = _value(value)
    return read


def seconds(option: str, given: str) -> float:
    """A time to wait: ``90``, ``90s``, ``20m``, ``1.5h``, ``2d``.

    Raises:
        InvalidInput: it is no such time.
    """
    number, unit = (given[:-1], given[-1]) if given[-1:] in _UNIT_SECONDS else (given, "s")
    try:
        value = float(number) * _UNIT_SECONDS[unit]
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise InvalidInput(f"{option} takes a time, not {given!r}.", f"For example {option} 90s, 20m, 12h or 2d.")
    return value


def file_paths(audio: Path | None, transcript: Path | None, given: list[str] | None) -> dict[str, Path]:
    """Files by kind.

    Raises:
        InvalidInput: a kind is given twice, or an option is no ``KIND=PATH``.
    """
    named = [(kind, Path(path)) for kind, path in (_split("--file", one, "KIND=PATH") for one in given or [])]
    dedicated = [(kind, path) for kind, path in ((AUDIO, audio), (TRANSCRIPT, transcript)) if path is not None]
    paths: dict[str, Path] = {}
    for kind, path in dedicated + named:
        if kind in paths:
            raise InvalidInput(f"Two files are given as {kind!r}: {paths[kind]} and {path}.", "Give one file per kind.")
        paths[kind] = path
    return paths


def _split(option: str, given: str, form: str) -> tuple[str, str]:
    key, equals, value = given.partition("=")
    if not equals or not key.strip() or (form == "KIND=PATH" and not value):
        raise InvalidInput(f"{option} takes {form}, not {given!r}.", f"For example {option} {_EXAMPLES[form]}.")
    return key.strip(), value


_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

_EXAMPLES = {"KEY=VALUE": "take=3", "KIND=PATH": "notes=notes.txt"}


def _value(text: str) -> Any:
    import json

    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(name: str) -> Any:
    """NaN and Infinity are no JSON: they stay text."""
    raise ValueError(name)


def given(**fields: Any) -> dict[str, Any]:
    """The fields that the command line gives: those that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def cleared(
    clear: list[str] | None, clearable: Mapping[str, Any], fields: Mapping[str, Any], *, also: bool = False
) -> dict[str, Any]:
    """The fields to change, with those of ``--clear`` emptied; ``clearable`` has what each is then.

    ``also`` says that something besides fields is changed.

    Raises:
        InvalidInput: nothing is changed, a field is unknown, or it is both set and emptied.
    """
    changes = dict(fields)
    for one in clear or []:
        name = one.replace("-", "_")
        if name not in clearable:
            raise InvalidInput(f"--clear knows no field {one!r}.", f"It empties: {', '.join(clearable)}.")
        if name in fields:
            raise InvalidInput(f"{one!r} is both set and emptied.", "Leave one of the two out.")
        changes[name] = clearable[name]
    if not changes and not also:
        raise InvalidInput("No change is given.", "Name at least one field, or --clear FIELD.")
    return changes
