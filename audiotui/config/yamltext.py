"""Strings as YAML that any parser reads back as the same string, and that a terminal shows harmlessly."""

from __future__ import annotations

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}

_WORDS = {"y", "yes", "n", "no", "on", "off", "true", "false", "null"}


def yaml_key(name: str) -> str:
    """A location's name as a key. ``7`` and ``no`` are fine names; in quotes all readers take them for names."""
    return name if name[0].isalpha() and name not in _WORDS else yaml_string(name)


def yaml_string(text: str) -> str:
    """The text in double quotes, everything that cannot be seen escaped."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
