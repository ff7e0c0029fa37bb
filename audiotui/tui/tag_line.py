"""A line of tags as people type it: to add, with a minus before them to take off, quotes around what has blanks."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_TAGS = 40
"""Known tags that are offered at most."""


def join_tags(tags: Sequence[str]) -> str:
    """Tags in one line; quotes hold together what has blanks in it."""
    return " ".join(map(_quoted, tags))


def split_tags(line: str) -> list[str]:
    """The tags of a line, with or without commas and ``#``.

    Raises:
        ValueError: a quote is not closed.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.whitespace += ","
    lexer.commenters = ""
    lexer.escape = ""
    return list(dict.fromkeys(tag.removeprefix("#") for tag in lexer if tag.removeprefix("#")))


def read_tags(line: str) -> tuple[list[str], list[str]]:
    """Tags to add, and tags to take off, of a line without mistakes."""
    words = split_tags(line)
    add = [word.removeprefix("+") for word in words if not word.startswith("-")]
    remove = [word[1:] for word in words if word.startswith("-")]
    return [tag for tag in add if tag], [tag for tag in remove if tag]


def refuse_tags(line: str) -> str:
    """What is wrong with a line of tags."""
    try:
        split_tags(line)
    except ValueError:
        return "A quote is not closed."
    return ""


def fitting_tags(known: Sequence[str], typed: str) -> list[str]:
    """Known tags that go on as what was typed last, as they are written in such a line."""
    last = typed.rpartition(" ")[2].lstrip('+-"').casefold()
    return [join_tags([tag]) for tag in known if tag.casefold().startswith(last)][:SHOWN_TAGS]


def _quoted(tag: str) -> str:
    if not any(character in "\"'," or character.isspace() for character in tag):
        return tag
    for quote in "\"'":
        if quote not in tag:
            return f"{quote}{tag}{quote}"
    return shlex.quote(tag)
