"""Recordings as a text file for the user's own editor, and the changes made there.

One YAML document for each recording, its id first. What is not a field is refused; a recording whose document was
removed stays as it is.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from textual.app import SuspendNotSupported

from audiotui.errors import InvalidInput
from audiotui.text import safe_text
from audiotui.tui.recording_fields import STARS, TEXT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.app import App

    from audiotui.model import Recording

Outcome = TypeVar("Outcome")

HEAD = """\
# Change what you like, save, and leave the editor. Nothing happens where nothing was changed.
# The line 'recording' says which one it is; a recording that is removed here stays as it is.
"""


MOST_OPENINGS = 50
"""An editor that is a script may change the file each time, and never for the better."""


class FieldChange(NamedTuple):
    """One field of one recording, before and after."""

    label: str
    uid: str
    field: str
    before: Any
    after: Any


def as_text(recordings: Sequence[Recording]) -> str:
    """The file."""
    import yaml

    documents = [_document(recording) for recording in recordings]
    dumped = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=100, explicit_start=True)
    return HEAD + str(dumped)


def changes_in(text: str, recordings: Sequence[Recording]) -> list[FieldChange]:
    """What the edited file changes, in its order.

    Raises:
        InvalidInput: it cannot be read, or holds something that no recording has.
    """
    by_uid = {recording.uid: recording for recording in recordings}
    found: list[FieldChange] = []
    for document in documents_in(text):
        uid = document.get("recording") if isinstance(document, dict) else None
        if not isinstance(uid, str) or uid not in by_uid:
            raise InvalidInput(
                "A document of the file is none of the recordings.", "Leave the lines 'recording' alone."
            )
        found += _changes(document, by_uid[uid])
    return found


def documents_in(text: str) -> list[Any]:
    """The documents of an edited file that hold anything.

    Raises:
        InvalidInput: it cannot be read.
    """
    import yaml

    try:
        return [one for one in yaml.safe_load_all(text) if one is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where is not None else ""
        raise InvalidInput(f"The file is no valid YAML{line}.", "Mend it, or leave it as it is to give up.") from error


def edits_of(changes: Sequence[FieldChange]) -> dict[str, dict[str, Any]]:
    """The changes as ``edit_each`` takes them."""
    edits: dict[str, dict[str, Any]] = {}
    for change in changes:
        edits.setdefault(change.uid, {})[change.field] = change.after
    return edits


def edited(recordings: Sequence[Recording]) -> list[FieldChange]:
    """What the user's editor makes of recordings; waits for it, so the screen must be the terminal's own.

    Raises:
        InvalidInput: the editor could not be used, or what it left makes no sense.
    """
    return through_editor(as_text(recordings), "recordings.yaml", partial(changes_in, recordings=recordings))


def through_editor(text: str, name: str, read: Callable[[str], Outcome]) -> Outcome:
    """What ``read`` makes of what the user's editor leaves of a text, in a file that nobody else can read.

    What ``read`` refuses is opened again, the reason on top. Who leaves it like that, or whose editor fails, is told
    where what was written is kept.

    Raises:
        InvalidInput: the editor could not be used, or what it left makes no sense.
    """
    with TemporaryDirectory(prefix="audiotui-") as folder:
        path = Path(folder) / name
        offered = text
        for _ in range(MOST_OPENINGS):
            path.write_text(offered, encoding="utf-8", errors="replace")
            try:
                run_editor(path)
            except InvalidInput as error:
                raise _given_up(error, path, offered if offered != text else "") from error
            written = path.read_text(encoding="utf-8", errors="replace")
            try:
                return read(written)
            except InvalidInput as error:
                refusal = error
            if written == offered:
                break
            offered = _with_reason(written, refusal)
        raise _given_up(refusal, path, written) from refusal


def _given_up(error: InvalidInput, path: Path, written: str) -> InvalidInput:
    """The error, with the place of what was written."""
    if not written:
        return error
    with NamedTemporaryFile(
        "w", prefix=f"audiotui-{path.stem}-", suffix=path.suffix, encoding="utf-8", errors="replace", delete=False
    ) as file:
        file.write(written)
    return InvalidInput(error.message, f"What you wrote is in {file.name}.")


def _with_reason(text: str, refusal: InvalidInput) -> str:
    """The text with the reason as its first line, in the place of the comment there: other lines keep their numbers."""
    first, _, rest = text.partition("\n")
    reason = safe_text(f"# NOT TAKEN: {refusal.message} {refusal.hint}")
    return f"{reason}\n{rest if first.startswith('#') else text}"


def outside(app: App[Any], act: Callable[[], Outcome]) -> Outcome:
    """What an act gives that needs the terminal for itself; the app has it again afterwards, also if the act fails.

    Raises:
        InvalidInput: the app cannot give the terminal away.
        Whatever the act raises.
    """
    outcome: Outcome | None = None
    failure: BaseException | None = None
    try:
        with app.suspend():
            try:
                outcome = act()
            except BaseException as error:  # noqa: BLE001 - raised again: Textual's ``suspend`` never resumes after one
                failure = error
    except SuspendNotSupported as error:
        raise InvalidInput("There is no editor here.", "e edits without one.") from error
    if failure is not None:
        raise failure
    return cast("Outcome", outcome)


def run_editor(path: Path) -> None:
    """Open a file in ``$VISUAL`` or ``$EDITOR``, else vi, and wait for it.

    Raises:
        InvalidInput: it could not be started, or ended with a failure.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        subprocess.run([*shlex.split(command), str(path)], check=True)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise InvalidInput(f"The editor {command!r} could not be used.", "Set EDITOR to one that works.") from error


def _document(recording: Recording) -> dict[str, Any]:
    fields = {name: getattr(recording, name) for name in TEXT_FIELDS}
    return {
        "recording": recording.uid,
        **fields,
        "tags": list(recording.tags),
        "rating": recording.rating,
        "metadata": recording.metadata,
        "generation": recording.generation,
    }


def _changes(document: Mapping[str, Any], recording: Recording) -> list[FieldChange]:
    before = _document(recording)
    unknown = [str(name) for name in document if name not in before]
    if unknown:
        raise InvalidInput(f"Recordings have no field {', '.join(unknown)}.", f"They have: {', '.join(before)}.")
    found = []
    for name, value in document.items():
        after = _checked(name, value)
        if after != before[name]:
            found.append(FieldChange(recording.label, recording.uid, name, before[name], after))
    return found


def _checked(name: str, value: Any) -> Any:
    """The value, if the field can have it; numbers and dates that YAML saw in a text become texts again."""
    if name == "tags":
        if value is None:
            return []
        if not isinstance(value, list):
            raise InvalidInput("tags: is a list.", "Write [one, two], or one a line after '- '.")
        return [str(tag) for tag in value]
    if name in ("metadata", "generation"):
        if not isinstance(value or {}, dict):
            raise InvalidInput(f"{name}: holds names with values.", "Write them as 'name: value'.")
        return value or {}
    if name == "rating":
        if value is not None and str(value) not in STARS:
            raise InvalidInput("rating: is a number from 0 to 5, or nothing.")
        return value if value is None else int(value)
    return "" if value is None else str(value)
