"""One value of the file at a time: its text, its references to the environment, its type.

A mistake is noted and ``None`` comes back, so that one run finds them all. Messages quote what the
file says, never what a variable or a secret holds.
"""

from __future__ import annotations

import os.path
import re
from typing import TYPE_CHECKING, Any

from audiotui.backends.options import Shape
from audiotui.config.environment import expand
from audiotui.config.problems import Problems, did_you_mean, nearest, quoted
from audiotui.config.tree import Mapping, Node, Scalar, Sequence, guessed_type
from audiotui.model import SecretStr

if TYPE_CHECKING:
    import collections.abc
    from pathlib import Path

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_FLAGS = {"true": True, "false": False}
_TYPE_WORDS = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
    "null": "nothing",
}


class Reader:
    """Turns scalars into Python values by their shape, and remembers where they came from."""

    def __init__(self, folder: Path, environ: collections.abc.Mapping[str, str], problems: Problems) -> None:
        self._folder = folder
        self.environ = environ
        self.problems = problems
        self.origins: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.inline_secrets: list[str] = []
        """Options whose secret stands in the file itself."""

    def read(self, node: Node, shape: Shape, where: tuple[str, ...], *, may_be_empty: bool = False) -> Any:
        """The value of the option ``where``, of the type that its shape asks for; None after a mistake.

        ``where`` is ``(option,)`` or ``(location, option)``. With ``may_be_empty`` an empty string is a value too.
        """
        label = option_label(where)
        if not isinstance(node, Scalar):
            self.problems.add(node.line, f"{label} must be one value, not a list or a block. Write it after the ': '.")
            return None
        text = self._text(node, shape, where)
        if text is None:
            return None
        if not text and not may_be_empty:
            from_where = f", because {_names(self.origins[where])} is empty" if where in self.origins else ""
            self.problems.add(node.line, f"{label} is empty{from_where}. Give it a value.")
            return None
        return self._typed(text, node, shape, label)

    def texts(self, node: Node, name: str) -> tuple[str, ...]:
        """The texts of a list that have no mistake; a single one may stand without brackets."""
        items = node.items if isinstance(node, Sequence) else (node,)
        read = [self.read(item, Shape.TEXT, (name,)) for item in items]
        return tuple(text for text in read if text is not None)

    def refuse_unknown_keys(self, node: Mapping, known: collections.abc.Sequence[str], owner: str) -> set[str]:
        """Note every key of a block that is not known; returns the known ones that were probably meant."""
        meant = set()
        for key, entry in node.entries.items():
            if key not in known:
                self.problems.add(entry.line, f"{owner} has the unknown key {quoted(key)}. {did_you_mean(key, known)}")
                meant.add(nearest(key, known))
        return meant

    def _text(self, node: Scalar, shape: Shape, where: tuple[str, ...]) -> str | None:
        """The text of a value after its references were replaced, or None after a mistake."""
        label = option_label(where)
        if shape in {Shape.TEXT, Shape.PATH, Shape.SECRET} and not self._is_text(node, shape, label):
            return None
        expanded = expand(node.text, self.environ)
        for mistake in expanded.mistakes:
            self.problems.add(node.line, f"{label}: {mistake}")
        if expanded.mistakes:
            return None
        if expanded.variables:
            self.origins[where] = expanded.variables
        if shape is Shape.SECRET and expanded.inline:
            self.inline_secrets.append(label)
        if unusable := _unusable_character(expanded.text, shape):
            source = f" (from {_names(expanded.variables)})" if expanded.variables else ""
            self.problems.add(node.line, f"{label}{source} has {unusable}. Remove it.")
            return None
        return expanded.text

    def _is_text(self, node: Scalar, shape: Shape, label: str) -> bool:
        guess = guessed_type(node)
        if guess == "str":
            return True
        if not node.text:
            self.problems.add(node.line, f"{label} is empty. Give it a value, or remove the line.")
            return False
        value = "the value" if shape is Shape.SECRET else node.text
        meaning = _TYPE_WORDS.get(guess, "something else")
        way_out = "it" if shape is Shape.SECRET else f'"{node.text}"'
        self.problems.add(node.line, f"{label}: YAML takes {value} for {meaning}. Put {way_out} into quotes.")
        return False

    def _typed(self, text: str, node: Scalar, shape: Shape, label: str) -> Any:
        if shape is Shape.PATH:
            return self._path(text, node, label)
        if shape is Shape.PORT:
            return self._port(text, node, label)
        if shape is Shape.FLAG:
            return self._flag(text, node, label)
        return SecretStr(text) if shape is Shape.SECRET else text

    def _path(self, text: str, node: Scalar, label: str) -> Path | None:
        expanded = os.path.expanduser(text)  # noqa: PTH111 - Path.expanduser raises where this leaves the text alone
        if not expanded.startswith("~"):
            return self._folder / expanded
        self.problems.add(
            node.line,
            f"{label}: {quoted(node.text)} begins with a user who has no home folder here. "
            "Write the path out, or begin it with ./ if the name is meant.",
        )
        return None

    def _port(self, text: str, node: Scalar, label: str) -> int | None:
        if _WHOLE_NUMBER.fullmatch(text):
            return int(text)
        self.problems.add(
            node.line, f"{label}: {quoted(node.text)} is no whole number. Write digits alone, such as 22."
        )
        return None

    def _flag(self, text: str, node: Scalar, label: str) -> bool | None:
        if text.lower() in _FLAGS:
            return _FLAGS[text.lower()]
        self.problems.add(node.line, f"{label}: {quoted(node.text)} is neither true nor false. Write one of them.")
        return None


def option_label(where: tuple[str, ...]) -> str:
    """What messages call an option: ``db_path``, or ``port of location 'nas'``."""
    *location, option = where
    return f"{option} of location {location[0]!r}" if location else option


def _unusable_character(text: str, shape: Shape) -> str:
    """Words for the first character that the value cannot have; '' if all are fine."""
    if control := _CONTROL.search(text):
        return f"the control character U+{ord(control[0]):04X}"
    if shape is not Shape.PATH and any("\ud800" <= character <= "\udfff" for character in text):
        return "bytes that are not valid UTF-8"
    return ""


def _names(variables: tuple[str, ...]) -> str:
    return " and ".join(f"${{{name}}}" for name in variables)
