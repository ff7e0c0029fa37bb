"""The fields of recordings that a person edits: as texts in forms and files, and back to values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audiotui.tui.tag_line import join_tags, split_tags
from audiotui.tui.widgets.form import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audiotui.model import Recording

TEXT_FIELDS = ("title", "text", "folder", "language", "model", "session", "verdict", "notes")

ONE: tuple[Asked, ...] = (
    Asked("title", "Title", "lists show the text where there is none"),
    Asked("text", "Text", lines=4),
    Asked("tags", "Tags", 'demo "to redo"'),
    Asked("language", "Language", "en-GB"),
    Asked("folder", "Folder", "greetings/short"),
    Asked("session", "Session"),
    Asked("model", "Model"),
    Asked("verdict", "Verdict", "keep, reject, ..."),
    Asked("rating", "Rating", "0 to 5"),
    Asked("notes", "Notes", lines=3),
)

SEVERAL: tuple[Asked, ...] = tuple(one._replace(lines=1) for one in ONE if one.name not in ("title", "text"))
"""What it makes sense to give several recordings at once."""

STARS = {"0", "1", "2", "3", "4", "5"}


def as_texts(recording: Recording) -> dict[str, str]:
    """The fields of a recording as they stand in a form."""
    texts = {name: str(getattr(recording, name)) for name in TEXT_FIELDS}
    rating = "" if recording.rating is None else str(recording.rating)
    return {**texts, "rating": rating, "tags": join_tags(recording.tags)}


def common_texts(recordings: Sequence[Recording]) -> dict[str, str]:
    """What all have in common; '' where they differ."""
    every = [as_texts(recording) for recording in recordings]
    return {name: value if all(one[name] == value for one in every) else "" for name, value in every[0].items()}


def differing(recordings: Sequence[Recording]) -> set[str]:
    """The fields in which they differ."""
    every = [as_texts(recording) for recording in recordings]
    return {name for name in every[0] if len({one[name] for one in every}) > 1}


def problems(texts: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with texts, by field."""
    found = {}
    if texts.get("rating", "").strip() not in {"", *STARS}:
        found["rating"] = "a number of stars from 0 to 5, or nothing"
    try:
        split_tags(texts.get("tags", ""))
    except ValueError:
        found["tags"] = "a quote is not closed"
    return found


def as_values(texts: Mapping[str, str]) -> dict[str, Any]:
    """Texts without problems as the values that ``edit_recordings`` takes."""
    values: dict[str, Any] = dict(texts)
    if "rating" in values:
        values["rating"] = int(values["rating"]) if values["rating"].strip() else None
    if "tags" in values:
        values["tags"] = split_tags(values["tags"])
    return values
