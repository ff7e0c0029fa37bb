"""What the import asks for, what its check found, and what it did, in lines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from audiotui.model import AIIdentity, NewRecording, UserIdentity
from audiotui.text import format_bytes, format_count, safe_text
from audiotui.tui.widgets.bar import bar
from audiotui.tui.widgets.form import Asked
from audiotui.tui.words import things

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audiotui.manager import AudioManager, ImportReport
    from audiotui.tui.widgets.text_pane import Part

SOURCE = (
    Asked("path", "Folder or file", "also what an export wrote; ~ is your home folder", required=True),
    Asked("recursive", "Folders inside", "look into them too", flag=True, default="true"),
    Asked("keep_transcripts", "Transcripts", "keep the .txt files too, as files", flag=True, default="false"),
    Asked("in_place", "In place", "leave files where they are, if they lie under local", flag=True, default="false"),
    Asked("move", "Move", "remove the sources once the library has them", flag=True, default="false"),
)  # fmt: skip

WHO = (
    Asked("voice", "AI voice", "its name, if a voice of the library speaks"),
    Asked("person", "Person", "the name, if somebody of the library speaks"),
    Asked("ai_generated", "Generated", "speech of a model, with or without a voice", flag=True, default="false"),
    Asked("session", "Session", "a recording session or a batch"),
    Asked("folder", "Folder", "a place in the catalog, such as greetings/short"),
    Asked("language", "Language", "such as en-GB"),
    Asked("tags", "Tags", "with commas between them"),
)  # fmt: skip

BAR_CELLS = 24

SHOWN_FAILURES = 100

TRANSCRIPT_SUFFIX = ".txt"
"""Transcripts come with their audio, and are no lines of their own."""

NAMED = 5
"""Identities that are named where a name fits several."""


class ImportLine(NamedTuple):
    """What would come of one file."""

    path: Path
    outcome: Literal["new", "lost", "duplicate", "failed", "skipped"]
    """``lost`` is a file that a recording of the library has lost."""
    why: str

    @property
    def key(self) -> str:
        """What the line is known by."""
        return str(self.path)

    @property
    def is_wanted(self) -> bool:
        """Whether an import does something with it: adds it, or gives it back."""
        return self.outcome in {"new", "lost"}


def lines_of(report: ImportReport) -> list[ImportLine]:
    """What a check found: what cannot be used first, so that nobody overlooks it."""
    lines = [ImportLine(one.path, "failed", _without_path(str(one.error), one.path)) for one in report.failed]
    lines += [ImportLine(one.path, "new", "") for one in report.added]
    lost = (one.path for one in report.given_back if one.path.suffix != TRANSCRIPT_SUFFIX)
    lines += [ImportLine(path, "lost", "given back to its recording") for path in lost]
    for one in report.duplicates:
        why = f"the same as {one.same_as.name}" if one.same_as else "in the library already"
        lines.append(ImportLine(one.path, "duplicate", why))
    return lines + [ImportLine(one.path, "skipped", one.reason) for one in report.skipped]


def _without_path(why: str, path: Path) -> str:
    """A reason beside its file needs not begin with it."""
    return why.removeprefix(str(path)).lstrip(": ")


def summary_parts(report: ImportReport) -> list[Part]:
    """The numbers of a check, each with a bar of its share."""
    counts = (
        (len(report.added), "new", format_bytes(report.size_bytes), "$text-success"),
        (len(report.given_back), "lost by the library", "given back", "$text-success"),
        (len(report.duplicates), "in the library already", "skipped", "dim"),
        (len(report.failed), "cannot be used", "see the list", "$text-error"),
        (len(report.skipped), "left alone", "", "dim"),
    )
    total = sum(count for count, *_ in counts) or 1
    parts: list[Part] = []
    for count, what, note, style in counts:
        if count:
            parts.append((f"{format_count(count):>9} {what:24}{bar(count / total, BAR_CELLS)}  {note}\n", style))
    if report.other_files:
        parts.append((f"{format_count(report.other_files):>9} files of other kinds\n", "dim"))
    return parts or [("There is no audio file here.\n", "$text-warning")]


def outcome_parts(report: ImportReport) -> list[Part]:
    """What an import did."""
    parts: list[Part] = [
        (f"{things(len(report.added))} added, {format_bytes(report.size_bytes)}.", "bold $text-success"),
        (" u undoes all of it.\n" if report.added else "\n", "dim"),
    ]
    if report.given_back:
        files = things(len(report.given_back), "file")
        parts.append((f"{files} given back to recordings that had lost them\n", "$text-success"))
    if report.duplicates:
        parts.append((f"{things(len(report.duplicates), 'file')} in the library already\n", "dim"))
    if report.cancelled:
        parts.append(("Stopped before the end; what was added stays, and the same import goes on.\n", "$text-warning"))
    if report.stopped_by is not None:
        parts.append((f"✗ Stopped: {safe_text(str(report.stopped_by), limit=500)}\n", "$text-error"))
    parts += [(f"{safe_text(note, limit=300)}\n", "$text-warning") for note in report.notes]
    for failed in report.failed[:SHOWN_FAILURES]:
        parts.append(
            (
                f"✗ {safe_text(failed.path.name, limit=200)}\n  {safe_text(str(failed.error), limit=300)}\n",
                "$text-error",
            )
        )
    return parts


def source_problems(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the source; looks at the disk."""
    text = values["path"].strip()
    if not text:
        return {"path": "Give a folder or a file."}
    try:
        is_there = os.path.lexists(Path(text).expanduser())
    except (OSError, RuntimeError, ValueError):
        is_there = False
    if not is_there:
        return {"path": "There is nothing of this name."}
    if values["in_place"] == values["move"] == "true":
        return {"move": "A file cannot both stay in place and be moved."}
    return {}


def template_of(manager: AudioManager, values: Mapping[str, str]) -> tuple[NewRecording | None, dict[str, str]]:
    """What all new recordings have in common; None with what is wrong, by field."""
    problems: dict[str, str] = {}
    fields: dict[str, Any] = {"ai_generated": values["ai_generated"] == "true"}
    for name, kind in (("voice", "ai"), ("person", "human")):
        if text := values[name].strip():
            identity, problem = identity_named(manager, kind, text)  # type: ignore[arg-type]  # two of two kinds
            if problem:
                problems[name] = problem
            elif isinstance(identity, AIIdentity):
                fields |= {"ai_identity_uid": identity.uid, "ai_generated": True, "model": identity.model}
            elif identity is not None:
                fields["user_identity_uid"] = identity.uid
    tags = tuple(tag.strip() for tag in values["tags"].split(",") if tag.strip())
    fields |= {name: values[name].strip() for name in ("session", "folder", "language")}
    return (None if problems else NewRecording(tags=tags, **fields)), problems


def identity_named(
    manager: AudioManager, kind: Literal["ai", "human"], text: str
) -> tuple[AIIdentity | UserIdentity | None, str]:
    """The identity that is meant by a name, else why it is not clear which."""
    found = manager.list_identities(kind, text, limit=NAMED + 1)
    exact = [one for one in found if one.label.casefold() == text.casefold()]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0], ""
    if not found:
        return None, "Nobody of this name is registered; mode 2 registers somebody."
    names = ", ".join(safe_text(one.label, limit=30) for one in found[:NAMED])
    return None, f"Several fit: {names}{' …' if len(found) > NAMED else ''}. Go on typing."
