"""How an option of a location describes itself: its shape, its help, whether it must be given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Shape(StrEnum):
    """What kind of value an option takes; the class annotation has the Python type."""

    TEXT = "text"
    PATH = "path"
    """A path on this machine, as ``pathlib.Path``."""
    PORT = "port"
    FLAG = "flag"
    SECRET = "secret"  # noqa: S105 - a word, no password
    """Text that is never shown, as ``SecretStr``."""


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """One option of a kind of location, as the configuration knows it."""

    name: str
    shape: Shape
    help: str
    required: bool
    default: Any = None


def about(shape: Shape, text: str) -> dict[str, Any]:
    """The metadata of a dataclass field that is an option."""
    return {"shape": shape, "help": text}
