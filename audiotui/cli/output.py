"""The only writer to standard output: lines, listings and JSON.

Text for people passes ``safe_text``, so nothing from data can steer a terminal. JSON keeps data exact and is pure
ASCII, so nothing in it can either.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from audiotui.errors import AudiotuiError
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audiotui.cli.listing import Listing, Row

BATCH_LINES = 500
"""So many lines of a listing are written at once."""


class OutputClosed(Exception):
    """Whoever read the output has left (``| head``); there is nothing more to do."""


def prepare() -> None:
    """Let no character stop the program: what the terminal's encoding lacks is written as an escape.

    A stream that the program was started without (``>&-``) takes everything and keeps nothing.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - it lives as long as the program
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def line(text: str) -> None:
    """One line of data."""
    _write(safe_text(text) + "\n")


def block(text: str) -> None:
    """Several lines of data, such as a YAML document."""
    _write("".join(safe_text(one) + "\n" for one in text.splitlines()))


def json_line(value: object) -> None:
    """One value as a line of JSON."""
    _write(next(_json_lines([value])) + "\n")


def listing(looks: Listing[Row], rows: Iterable[Row], *, as_json: bool) -> int:
    """Rows as they come: a table in a terminal, lines of tab-separated exact values elsewhere, or lines of JSON.

    Returns the number of rows.
    """
    header_lines = 0
    if as_json:
        lines = _json_lines(map(looks.record, rows))
    elif is_terminal(sys.stdout):
        from audiotui.cli.table import table_lines

        header_lines = 1
        lines = table_lines(looks, rows)
    else:
        lines = looks.tab_lines(rows)
    written = 0
    while batch := list(islice(lines, BATCH_LINES)):
        _write("\n".join(batch) + "\n")
        written += len(batch)
    return max(0, written - header_lines)


def details(pairs: Sequence[tuple[str, str]]) -> None:
    """Names and values, one a line, aligned; further lines of a value are indented under its first."""
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        first, *further = value.splitlines() or [""]
        _write(f"{safe_text(name):{width}}  {safe_text(first)}".rstrip() + "\n")
        _write("".join(f"{'':{width}}  {safe_text(one)}".rstrip() + "\n" for one in further))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads or writes this stream."""
    return stream is not None and not stream.closed and stream.isatty()


def flush() -> None:
    """Send what is still in the buffer.

    Raises:
        OutputClosed: nobody reads it any more.
        AudiotuiError: it cannot be written.
    """
    with _translated():
        sys.stdout.flush()


def drop() -> None:
    """Let what is still in the buffer, and the interpreter's own last flush, go nowhere instead of failing aloud."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _write(text: str) -> None:
    with _translated():
        sys.stdout.write(text)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise OutputClosed from error
    except OSError as error:
        drop()
        raise AudiotuiError(f"Cannot write the output: {error.strerror}.", "Look at where it is sent.") from error


def _json_lines(values: Iterable[object]) -> Iterator[str]:
    import json

    encode = json.JSONEncoder(ensure_ascii=True, separators=(", ", ": ")).encode
    return map(encode, values)
