"""``${NAME}`` in values: replaced once by the environment's value; ``$${`` stands for a literal ``${``.

What a variable holds is never looked through again, no command is run, and an unset variable is a mistake rather than
an empty string.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

# Patterns stay strings, because a configuration without references needs none of them compiled.
_REFERENCE = r"\$\$\{|\$\{([^}]*)(\}?)"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_MALFORMED = (
    "only ${NAME} is understood as a reference to the environment, with letters, digits and '_'. "
    "Write $${ where ${ itself is meant."
)


class Expanded(NamedTuple):
    """A value after its references were replaced."""

    text: str
    variables: tuple[str, ...]
    """Names of the variables that it used, in order."""
    mistakes: tuple[str, ...]
    """What is wrong with the references; ``text`` is of no use then."""
    inline: bool
    """True if any of the text stands in the file itself."""


def expand(text: str, environ: Mapping[str, str]) -> Expanded:
    """Replace every ``${NAME}`` of ``text`` by ``environ[NAME]``."""
    if "${" not in text:
        return Expanded(text, (), (), inline=bool(text))
    variables: list[str] = []
    mistakes: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "${"
        if not match[2] or not re.fullmatch(_NAME, name):
            mistakes.append(_MALFORMED)
        elif name not in environ:
            mistakes.append(
                f"the environment variable {name} is not set. "
                f"Set it, or write $${{{name}}} if the text itself is meant."
            )
        else:
            variables.append(name)
            return environ[name]
        return ""

    result = re.sub(_REFERENCE, value_of, text)
    inline = any(match[1] is None for match in re.finditer(_REFERENCE, text)) or bool(re.sub(_REFERENCE, "", text))
    return Expanded(result, tuple(variables), tuple(mistakes), inline)


def escape(text: str) -> str:
    """The text that ``expand`` turns back into ``text``."""
    return text.replace("${", "$${")
