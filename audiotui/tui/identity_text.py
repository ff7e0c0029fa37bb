"""An identity as a text file for the user's own editor, and what was changed there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from audiotui.errors import InvalidInput
from audiotui.tui.editor_text import documents_in, through_editor
from audiotui.tui.identity_words import ASKED, form_values, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audiotui.model import AIIdentity, UserIdentity

HEAD = "# Change what you like, save, and leave the editor. Nothing happens where nothing was changed.\n"

SETTINGS = "settings"


def changed_outside(
    identity: AIIdentity | UserIdentity, check: Callable[[Mapping[str, str]], Mapping[str, str]]
) -> dict[str, str]:
    """The fields that the user's editor changed, as a form would have them; waits for the editor.

    ``check`` tells by field what is wrong with them.

    Raises:
        InvalidInput: the editor could not be used, or what it left makes no sense.
    """

    def read(text: str) -> dict[str, str]:
        changed = changes_in(text, identity)
        problems = check(changed)
        if problems:
            words = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
            raise InvalidInput(f"Not saved. {words}", "Mend it, or leave it as it is to give up.")
        return changed

    return through_editor(as_text(identity), "identity.yaml", read)


def as_text(identity: AIIdentity | UserIdentity) -> str:
    """The file."""
    import yaml

    return HEAD + str(yaml.safe_dump(_document(identity), sort_keys=False, allow_unicode=True, width=100))


def changes_in(text: str, identity: AIIdentity | UserIdentity) -> dict[str, str]:
    """The fields of an edited file that differ, as a form would have them.

    Raises:
        InvalidInput: it cannot be read, or holds something that no identity has.
    """
    documents = documents_in(text)
    before = _document(identity)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise InvalidInput(
            "The file holds something else than one identity.", "Mend it, or leave it as it is to give up."
        )
    unknown = [str(name) for name in documents[0] if name not in before]
    if unknown:
        raise InvalidInput(f"It has no field {', '.join(unknown)}.", f"It has: {', '.join(before)}.")
    return {name: _as_typed(name, value) for name, value in documents[0].items() if value != before[name]}


def _document(identity: AIIdentity | UserIdentity) -> dict[str, Any]:
    names = [one.name for one in ASKED[kind_of(identity)]]
    return {**{name: form_values(identity)[name] for name in names}, SETTINGS: identity.settings}


def _as_typed(name: str, value: Any) -> str:
    if name != SETTINGS:
        return "" if value is None else str(value)
    try:
        return json.dumps(value or {}, ensure_ascii=False)
    except TypeError as error:  # dates, which YAML reads and JSON cannot have
        raise InvalidInput("settings: holds something that JSON cannot.", "Write dates in quotes.") from error
